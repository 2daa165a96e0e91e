// SPDX-License-Identifier: Apache-2.0
//
// A log as the specification defines it, slow and plain (RFC 6962 §2.1 word for word), behind canned audit.* methods.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/ipc/ctl/stage.hpp"

namespace valhalla::ctl::test {

[[nodiscard]] std::string to_base64(std::string_view bytes);

class fake_log {
  public:
    explicit fake_log(std::string origin = "example.com/valhalla") : origin_{std::move(origin)} {}

    /// Appends records of one shape until there are `size`; every third belongs to session 7.
    void grow_to(std::size_t size);
    void append(std::string record) { records_.push_back(std::move(record)); }
    /// Another past. The cached hashes go.
    void rewrite(std::size_t index, std::string record);

    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] const std::string& record(std::size_t index) const { return records_.at(index); }
    [[nodiscard]] std::string root(std::size_t size);
    [[nodiscard]] std::vector<std::string> inclusion(std::size_t index, std::size_t size);
    [[nodiscard]] std::vector<std::string> consistency(std::size_t old_size, std::size_t size);
    /// Hashes of a tile, one after the other.
    [[nodiscard]] std::string tile(std::size_t level, std::size_t index, std::size_t width);
    [[nodiscard]] std::string note(std::size_t size);
    [[nodiscard]] std::string note() { return note(size()); }
    [[nodiscard]] std::string key() const { return origin_ + "+01020304+AQID"; }

    /// Answers audit.checkpoint, key, list, inclusion, consistency and tile of `daemon`. Both live as long.
    void serve(fake_daemon& daemon);
    std::size_t largest_page = 1000;
    /// Tiles that were asked for, `level/index/width`.
    std::vector<std::string> tiles_asked;
    /// Seqs that a page of audit.list began behind.
    std::vector<std::int64_t> pages_asked;

  private:
    [[nodiscard]] std::string subtree(std::size_t begin, std::size_t end);
    void path(std::size_t index, std::size_t begin, std::size_t end, std::vector<std::string>& proof);
    void subproof(std::size_t old_size, std::size_t begin, std::size_t end, bool whole,
                  std::vector<std::string>& proof);
    [[nodiscard]] std::string page(const boost::json::value& params);
    [[nodiscard]] std::string answer_inclusion(const boost::json::value& params);

    std::string origin_;
    std::vector<std::string> records_;
    std::map<std::pair<std::size_t, std::size_t>, std::string> known_;
};

}  // namespace valhalla::ctl::test
