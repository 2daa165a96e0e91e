// SPDX-License-Identifier: Apache-2.0
//
// Proof that the trail and the tables tell the same story: all records are read, checked and folded into an empty
// database, the tree is built anew, and both are compared with what is stored. Signatures are not looked at. One long
// read transaction: for a database that no daemon is writing, or for a copy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "schema/errors.hpp"
#include "schema/model/ids.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

struct replay_problem {
    std::optional<audit_seq> record;  ///< the first bad one, when a record is to blame
    std::string table;                ///< else the table whose rows differ
    std::string message;              ///< a sentence
};

struct replay_result {
    tree_head head;                         ///< over the records that were good
    std::optional<replay_problem> problem;  ///< nothing: all is as it must be
};

/// `progress` is called now and then with the number of records done and of all. Throws `storage_error` when the
/// database cannot be read.
[[nodiscard]] replay_result replay_and_compare(
    const std::filesystem::path& database,
    const std::function<void(std::uint64_t done, std::uint64_t all)>& progress = {});

}  // namespace valhalla::schema
