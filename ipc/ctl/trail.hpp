// SPDX-License-Identifier: Apache-2.0
//
// What the daemon says about its trail, taken apart and checked: checkpoints, records in pages, proofs. An answer that
// cannot be right is a `fault` (verification failed), so what the commands write is what its checkpoint stands for.
// Signatures are not checked here: that is the work of valhalla-verify, which needs no daemon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/ctl/context.hpp"
#include "ipc/ctl/merkle.hpp"

namespace valhalla::ctl {

/// What came contradicts itself or what was asked for.
[[nodiscard]] fault contradiction(const std::string& what);

struct checkpoint {
    std::string origin;
    std::int64_t size = 0;
    tree_hash root{};
    std::string note;  ///< signed, verbatim
};
/// Takes a signed note apart (C2SP tlog-checkpoint). `where` names it in the sentence of the `fault`.
[[nodiscard]] checkpoint read_checkpoint(std::string note, std::string_view where);
/// The daemon's newest.
[[nodiscard]] checkpoint fetch_checkpoint(context& io);

/// The members of a result of `audit.key`.
struct log_key {
    std::string origin;
    std::string key;
};
[[nodiscard]] log_key fetch_key(context& io);

/// A record of a page that is kept elsewhere.
struct record_view {
    std::string_view text;  ///< the bytes that were hashed
    std::int64_t seq = 0;
    const boost::json::value* value = nullptr;
};

/// A result of `audit.list`.
class record_page {
  public:
    explicit record_page(answer result);
    [[nodiscard]] const answer& result() const noexcept { return result_; }
    [[nodiscard]] const std::vector<record_view>& records() const noexcept { return records_; }
    /// Where the next page begins; nothing when this is the last one.
    [[nodiscard]] std::optional<std::int64_t> next() const noexcept { return next_; }

  private:
    answer result_;
    std::vector<record_view> records_;
    std::optional<std::int64_t> next_;
};

/// What `audit.list` may be asked for, times on the wire.
struct record_filter {
    std::optional<std::string> event;
    std::optional<std::uint64_t> session;
    std::optional<std::string> actor;
    std::optional<std::string> since;
    std::optional<std::string> until;
    std::optional<std::uint64_t> after;
    std::optional<std::uint64_t> before;
};
[[nodiscard]] params params_of(const record_filter& filter);

/// Page after page of what a filter lets through: newest first, or oldest first when the filter has an `after`.
/// Each record comes once and in order, or there is a `fault`.
class record_pages {
  public:
    record_pages(context& io, record_filter filter);
    /// At most `most` records, perhaps none; nothing behind the last page.
    [[nodiscard]] std::optional<record_page> next(std::int64_t most);

  private:
    void advance(const record_page& page);

    context& io_;
    record_filter filter_;
    bool ascending_;
    std::optional<std::int64_t> last_;  ///< everything up to it has come
    bool done_ = false;
};

/// Records by number, 1 to `size`, each asked for once and in ascending order; fetched in pages.
class record_reader {
  public:
    record_reader(context& io, std::int64_t size) : io_{io}, size_{size} {}
    /// The exact bytes, until the next call.
    [[nodiscard]] std::string_view read(std::int64_t seq);

  private:
    context& io_;
    std::int64_t size_;
    std::optional<record_page> page_;
    std::size_t at_ = 0;
};

struct inclusion {
    std::int64_t seq = 0;
    std::string record;  ///< the bytes that were hashed
    std::vector<tree_hash> proof;
};
/// `result` is what `audit.inclusion` answered about record `seq`; it must lead to the root of `signed_tree`.
[[nodiscard]] inclusion read_inclusion(const answer& result, std::int64_t seq, const checkpoint& signed_tree);
/// A file of C2SP tlog-proof, the record's bytes as its extra data.
[[nodiscard]] std::string proof_file(const inclusion& proven, const checkpoint& signed_tree);

/// Hashes of a proof, which travel in base64. At most 63 can be needed.
[[nodiscard]] std::vector<tree_hash> read_hashes(const boost::json::value& result);

}  // namespace valhalla::ctl
