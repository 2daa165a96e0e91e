// SPDX-License-Identifier: Apache-2.0
//
// A backup put in the place of the database, with no daemon running. What was there is moved aside, never deleted.
//
//   STATE/.restore/    being prepared: a copy of the backup, brought to this version, verified, synced
//   STATE/restore/     the same under the name that decides: from here on every start goes on until it is done
//   STATE/replaced-…/  the database that was in place, its write-ahead log unless empty, the anchor of that time
//
// The rename to `restore` is the moment of the restore. What a crash cut short before it never happened; after it, the
// next start finishes. There the trail begins a new epoch, whose record says what was restored, why, and which anchor
// was not continued; then `restore` goes away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "schema/proof/signed_note.hpp"
#include "schema/state_dir.hpp"

namespace valhalla {

struct restored {
    std::uint64_t records = 0;
    std::string no_signature;     ///< why none was checked; empty: the backup is signed with this state's own key
    std::filesystem::path aside;  ///< where that lies which was in place; empty: there was nothing
};

/// Throws `start_failure` (`state_unusable`) for a backup that is damaged, newer than this program or of another
/// instance, and when there is no room; nothing was changed then.
/// `own` is the public half of the state's signing key.
[[nodiscard]] restored restore_backup(const schema::state_dir& state, const std::filesystem::path& backup,
                                      const std::string& reason, const std::optional<schema::ed25519_key>& own);

/// Before the database is opened: clears away what was not decided, finishes what was. Only directories with this
/// program's own marker in them are a restore's; others of these names are refused and left alone. Gives the sentence
/// for the record of the new epoch when one is due. Throws `storage_error`.
[[nodiscard]] std::optional<std::string> finish_restore(const schema::state_dir& state);

/// After that record is on the disk, and the anchor over it.
void forget_restore(const schema::state_dir& state);

}  // namespace valhalla
