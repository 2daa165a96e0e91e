// SPDX-License-Identifier: Apache-2.0
//
// Trails that are no databases: an export's directory, a log of lines, a directory of tiles. Each throws `bad_evidence`
// or `unreadable`, and tells the report as much as was found out, also when it throws.
#pragma once

#include <filesystem>
#include <string>

#include "schema/verify/evidence_file.hpp"
#include "schema/verify/record_chain.hpp"

namespace valhalla::verify {

/// Largest signed checkpoint that is read, bytes: a note has at most 64 signatures.
inline constexpr std::size_t checkpoint_bytes = std::size_t{64} * 1024;

/// Lines into the chain, to the end of `source`; `file` is its name in messages.
void walk_lines(byte_source& source, const std::string& file, record_chain& chain, const progress_sink& progress,
                std::uint64_t all);

/// `audit.log` with the documents made of it, `manifest.json`, and its `checkpoint` where there is one.
void verify_export(const std::filesystem::path& directory, checkpoint_book& checkpoints, const progress_sink& progress,
                   report& r);

/// JSON lines, `-` for the standard input, held against the one checkpoint of `size` records that the book has.
void verify_log(const std::string& path, std::uint64_t size, checkpoint_book& checkpoints,
                const progress_sink& progress, report& r);

/// C2SP tlog-tiles: `checkpoint`, entry bundles, and tiles.
void verify_tiles(const std::filesystem::path& directory, checkpoint_book& checkpoints, const progress_sink& progress,
                  report& r);

}  // namespace valhalla::verify
