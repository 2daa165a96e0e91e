// SPDX-License-Identifier: Apache-2.0
//
// Every limit of data at rest, with its unit and its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace valhalla::schema::limits {

/// Records that one page of an audit query may look at (not: return). Bounds the read transaction to some 10 ms, so
/// that a filter that matches nothing can neither hold the write-ahead log nor the query thread.
inline constexpr std::size_t audit_rows_scanned = 10'000;
/// Bytes of records in one page of an audit query: what a reply can carry without filling a peer's output buffer.
inline constexpr std::size_t audit_page_bytes = std::size_t{512} * 1024;
/// Rows that one page of a session query may look at.
inline constexpr std::size_t session_rows_scanned = 10'000;
/// Rows of any page, whatever the caller asks for.
inline constexpr std::size_t page_rows = 1'000;
/// Bytes of the texts in one page of sessions or cones, and in the notes of one session: with each byte escaped they
/// still fit into one answer. The first row always fits.
inline constexpr std::size_t page_text_bytes = std::size_t{256} * 1024;
/// Notes of one session that its story shows, and step records that it reads.
inline constexpr std::size_t story_rows = 1'000;
/// Records per read transaction when many are read in order: a transaction of a few milliseconds.
inline constexpr std::int64_t records_per_transaction = 2'000;

/// Records per read transaction where their writing may take long: they are all in memory before the first is written,
/// 4 MiB at the most.
inline constexpr std::int64_t records_in_memory = 64;
/// Documents of an export that are kept in memory while a slow disk takes them; what is more goes to a file beside the
/// database.
inline constexpr std::size_t spool_memory_bytes = std::size_t{1024} * 1024;
/// What such a file leaves free for the database, bytes.
inline constexpr std::uint64_t spool_spared_bytes = std::uint64_t{64} * 1024 * 1024;

/// Names that a dictionary keeps in memory. Operators choose the names of X_ events, so they could be many.
inline constexpr std::size_t cached_names = 4'096;

/// Largest string or blob that SQLite may handle, bytes. A record has at most 65,535; a session row holds two notes
/// and a snapshot; an imported one may be larger.
inline constexpr int sqlite_value_bytes = 4 * 1024 * 1024;
/// Largest SQL text, bytes. Ours are all known.
inline constexpr int sqlite_sql_bytes = 16 * 1024;
/// Pages of the writer's and of each reader's cache, KiB. The writer works at the right edge of few trees.
inline constexpr int writer_cache_kib = 8 * 1024;
inline constexpr int reader_cache_kib = 4 * 1024;
/// How long to wait for a lock that only a foreign program could hold, ms.
inline constexpr int busy_timeout_ms = 2'000;
/// Bytes per page of a new database; one that was made with another size keeps it. Each page has its own writes, so
/// that many records at once want them large; a single one writes one of them whole, and wants them small.
inline constexpr int page_bytes = 16'384;
/// Bytes of records and leaves in one row of the audit trail, unless a single record has more: four rows fill a page.
/// Larger rows would leave larger gaps, smaller ones cost an insertion for fewer records.
inline constexpr std::size_t audit_row_bytes = 4'064;
/// Bytes in the write-ahead log from which on they are moved into the database: few enough that it is done between two
/// commits without being noticed, and the log, written over and over, need not grow.
inline constexpr std::int64_t wal_checkpoint_bytes = std::int64_t{2} * 1024 * 1024;
/// From so many on they are moved on a thread of its own, for it takes longer than anybody should wait.
inline constexpr std::int64_t wal_aside_bytes = std::int64_t{32} * 1024 * 1024;

/// Bytes of an imported document, but for the history of sessions: those of one state are a few KiB.
inline constexpr std::size_t import_document_bytes = std::size_t{4} * 1024 * 1024;
/// Bytes of all documents of an import together, unless the configuration says otherwise: they are in memory at once,
/// several times. A history of 25,000 sessions is some 16 MiB.
inline constexpr std::size_t import_documents_bytes = std::size_t{16} * 1024 * 1024;
/// Bytes of an imported log, which is read a piece at a time: a million lines are some 250 MiB.
inline constexpr std::size_t import_log_bytes = std::size_t{1024} * 1024 * 1024;
/// Bytes of the file in such a piece: some milliseconds of work.
inline constexpr std::size_t import_piece_bytes = std::size_t{128} * 1024;
/// Bytes of one line: more than a record has, for white space is not kept.
inline constexpr std::size_t import_line_bytes = std::size_t{1024} * 1024;
/// Nesting of a cone's metrics in an imported file: what a request can carry.
inline constexpr unsigned import_metrics_depth = 14;
/// Nesting of one line of an imported log. A log that was imported and exported again is nested deeper each time.
inline constexpr unsigned import_line_depth = 32;
/// Names in imported files (operators, steps, events), bytes.
inline constexpr std::size_t import_name_bytes = 256;

}  // namespace valhalla::schema::limits
