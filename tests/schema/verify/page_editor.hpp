// SPDX-License-Identifier: Apache-2.0
//
// Changes the pages of a database file by hand, as somebody would who has the file and knows SQLite's format
// (sqlite.org/fileformat2.html, whose sections 1.3, 1.5 and 1.6 the comments name).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace valhalla::tests {

class page_editor {
  public:
    /// `database` has no write-ahead log.
    explicit page_editor(std::filesystem::path database);

    struct separator {
        std::size_t at;       ///< of the key, in the file
        std::size_t bytes;    ///< of the key
        std::uint32_t child;  ///< the page to its left
        std::int64_t key;
    };

    [[nodiscard]] std::uint32_t root_of(const std::string& tree) const { return roots_.at(tree); }
    /// Of an inner page of a table; the last child is not among them.
    [[nodiscard]] std::vector<separator> separators(std::uint32_t page) const;
    /// Keys of the rows of a leaf of a table.
    [[nodiscard]] std::vector<std::int64_t> row_keys(std::uint32_t page) const;
    /// Where the cells of a page begin, in the file. Only those that lie inside it.
    [[nodiscard]] std::vector<std::size_t> cells(std::uint32_t page) const;

    /// The key must fit into as many bytes as there are.
    void set_key(const separator& which, std::int64_t key);
    void put16(std::size_t at, std::uint32_t value);
    void put32(std::size_t at, std::uint32_t value);
    [[nodiscard]] std::uint32_t get16(std::size_t at) const;
    [[nodiscard]] std::uint32_t get32(std::size_t at) const;

    /// An empty page at the end of the file, and its number.
    std::uint32_t add_page();
    [[nodiscard]] std::size_t start_of(std::uint32_t page) const { return (page - 1) * page_bytes_; }
    /// Of the header of its tree, which on the first page comes after the file's.
    [[nodiscard]] std::size_t header_of(std::uint32_t page) const { return start_of(page) + (page == 1 ? 100 : 0); }
    [[nodiscard]] std::uint32_t page_count() const { return static_cast<std::uint32_t>(content.size() / page_bytes_); }
    [[nodiscard]] std::size_t page_bytes() const noexcept { return page_bytes_; }

    void save() const;

    std::string content;

  private:
    [[nodiscard]] std::uint64_t varint(std::size_t at, std::size_t& bytes) const;

    std::filesystem::path file_;
    std::size_t page_bytes_;
    std::map<std::string, std::uint32_t> roots_;
};

}  // namespace valhalla::tests
