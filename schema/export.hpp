// SPDX-License-Identifier: Apache-2.0
//
// The export: the set of JSON files that the frontend reads, from one read snapshot. Same data, same bytes.
//   go_session.json go_progress.json cone_state.json thresholds.json   the shapes of the program before
//   sessions.json audit.log checkpoint manifest.json                   history, the trail, its signature, digests
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/reader.hpp"

namespace valhalla::schema {

inline constexpr int export_format_version = 1;

/// The names in the set, in the order in which they are written; `manifest.json` is last.
[[nodiscard]] const std::vector<std::string_view>& export_documents();

struct export_summary {
    std::uint64_t tree_size = 0;
    std::vector<std::string> files;
    std::uint64_t bytes = 0;
};

/// Writes the whole set, which takes the place of the one in `directory` (created 0700 where missing) all at once, when
/// it is on the disk (schema/directory_draft.hpp). A reader that finds a manifest whose digests match has one snapshot.
/// Throws `storage_error` (`full`, `unusable`); then the old set stays.
/// `sign` gives the signed checkpoint of the tree over exactly the exported records; without it there is no such file.
using checkpoint_signer = std::function<std::string(const tree_head& head)>;
export_summary write_export(reader& from, const std::filesystem::path& directory, const checkpoint_signer& sign = {});

/// Removes what a crash left of an export under way.
void clear_export_draft(const std::filesystem::path& directory);

/// What the manifest says of a file.
struct exported_file {
    std::string name;
    std::uint64_t bytes = 0;
    std::string sha256;  ///< in hexadecimal digits
};
[[nodiscard]] std::string render_manifest(const tree_head& head, const std::vector<exported_file>& files);

/// The documents that are made of tables, each in pieces that follow each other, in the order of `export_documents`.
/// Throws `storage_error` (`unusable`) when there is no record yet.
void render_documents(reader& from, const std::function<void(std::string_view name, std::string_view piece)>& emit);

/// Pure renderings, each with a final newline.
[[nodiscard]] std::string render_go_session(const std::optional<session>& latest);
[[nodiscard]] std::string render_go_progress(const progress_map& progress);
[[nodiscard]] std::string render_cone_state(const cone& c);
[[nodiscard]] std::string render_thresholds(const thresholds& t);

}  // namespace valhalla::schema
