// SPDX-License-Identifier: Apache-2.0
#include "tests/schema/verify/page_editor.hpp"

#include <stdexcept>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include "schema/connection.hpp"
#include "tests/schema/file_content.hpp"

namespace valhalla::tests {

namespace {

constexpr std::uint32_t inner_table_page = 5;
constexpr std::uint32_t leaf_table_page = 13;
constexpr std::size_t page_count_at = 28;  // 1.3
constexpr std::size_t inner_header_bytes = 12;
constexpr std::size_t leaf_header_bytes = 8;

}  // namespace

page_editor::page_editor(std::filesystem::path database) : content{content_of(database)}, file_{std::move(database)} {
    const auto size = get16(16);
    page_bytes_ = size == 1 ? 65'536 : size;
    SQLite::Database db{schema::immutable_uri(file_), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI};
    SQLite::Statement trees{db, "SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"};
    while (trees.executeStep()) {
        roots_[trees.getColumn(0).getString()] = trees.getColumn(1).getUInt();
    }
}

std::uint32_t page_editor::get16(std::size_t at) const {
    return (static_cast<std::uint32_t>(static_cast<unsigned char>(content.at(at))) << 8U) |
           static_cast<unsigned char>(content.at(at + 1));
}

std::uint32_t page_editor::get32(std::size_t at) const {
    return (get16(at) << 16U) | get16(at + 2);
}

void page_editor::put16(std::size_t at, std::uint32_t value) {
    content.at(at) = static_cast<char>(value >> 8U);
    content.at(at + 1) = static_cast<char>(value);
}

void page_editor::put32(std::size_t at, std::uint32_t value) {
    put16(at, value >> 16U);
    put16(at + 2, value);
}

/// 1.6: seven bits a byte, the last of nine bytes has eight.
std::uint64_t page_editor::varint(std::size_t at, std::size_t& bytes) const {
    std::uint64_t value = 0;
    for (bytes = 1; bytes < 9; ++bytes) {
        const auto byte = static_cast<unsigned char>(content.at(at + bytes - 1));
        value = (value << 7U) | (byte & 0x7fU);
        if (byte < 0x80) {
            return value;
        }
    }
    return (value << 8U) | static_cast<unsigned char>(content.at(at + 8));
}

std::vector<std::size_t> page_editor::cells(std::uint32_t page) const {
    const auto header = header_of(page);
    const auto type = static_cast<unsigned char>(content.at(header));
    const auto pointers = header + (type == leaf_table_page || type == 10 ? leaf_header_bytes : inner_header_bytes);
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < get16(header + 3) && pointers + 2 * i + 2 <= start_of(page) + page_bytes_; ++i) {
        if (const auto at = get16(pointers + 2 * i); at + 16 < page_bytes_) {
            all.push_back(start_of(page) + at);
        }
    }
    return all;
}

std::vector<page_editor::separator> page_editor::separators(std::uint32_t page) const {
    if (static_cast<unsigned char>(content.at(header_of(page))) != inner_table_page) {
        throw std::logic_error{"not an inner page of a table"};
    }
    std::vector<separator> all;
    for (const auto cell : cells(page)) {
        std::size_t bytes = 0;
        const auto key = static_cast<std::int64_t>(varint(cell + 4, bytes));
        all.push_back({.at = cell + 4, .bytes = bytes, .child = get32(cell), .key = key});
    }
    return all;
}

std::vector<std::int64_t> page_editor::row_keys(std::uint32_t page) const {
    if (static_cast<unsigned char>(content.at(header_of(page))) != leaf_table_page) {
        throw std::logic_error{"not a leaf of a table"};
    }
    std::vector<std::int64_t> keys;
    for (const auto cell : cells(page)) {
        std::size_t bytes = 0;
        static_cast<void>(varint(cell, bytes));
        const auto behind = cell + bytes;
        keys.push_back(static_cast<std::int64_t>(varint(behind, bytes)));
    }
    return keys;
}

void page_editor::set_key(const separator& which, std::int64_t key) {
    auto rest = static_cast<std::uint64_t>(key);
    for (std::size_t i = which.bytes; i-- > 0; rest >>= 7U) {
        content.at(which.at + i) = static_cast<char>((rest & 0x7fU) | (i + 1 < which.bytes ? 0x80U : 0U));
    }
    if (rest != 0) {
        throw std::logic_error{"the key does not fit"};
    }
}

std::uint32_t page_editor::add_page() {
    content.append(page_bytes_, '\0');
    put32(page_count_at, page_count());
    content.replace(92, 4, content, 24, 4);  // 1.3.14: the count holds for this version of the file
    return page_count();
}

void page_editor::save() const {
    put_content(file_, content);
}

}  // namespace valhalla::tests
