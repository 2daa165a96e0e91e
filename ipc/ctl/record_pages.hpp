// SPDX-License-Identifier: Apache-2.0
//
// Records of the trail as audit.list gives them: in pages, each record once and in order. What cannot be right is a
// `fault` (verification failed). Memory holds one page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/ctl/context.hpp"

namespace valhalla::ctl {

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

}  // namespace valhalla::ctl
