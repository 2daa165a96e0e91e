// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/replay.hpp"

#include "schema/verify/database.hpp"

namespace valhalla::schema {

replay_result replay_and_compare(const std::filesystem::path& database,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const verify::trust nobody;
    verify::checkpoint_book no_checkpoints{nobody};
    verify::report r;
    replay_result result;
    try {
        verify::verify_database(database, no_checkpoints, progress, r);
    } catch (const verify::bad_evidence& bad) {
        const auto table = bad.what.record ? std::string{"audit"} : bad.what.table;
        result.problem = {bad.what.record, table, bad.what.message};
    } catch (const verify::unreadable& error) {
        throw storage_error{storage_fault::unusable, error.message};
    }
    result.head = r.head;
    return result;
}

}  // namespace valhalla::schema
