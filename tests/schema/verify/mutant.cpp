// SPDX-License-Identifier: Apache-2.0
#include "tests/schema/verify/mutant.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace valhalla::tests {

namespace {

constexpr std::size_t file_header_bytes = 100;
constexpr std::size_t tree_header_bytes = 12;
constexpr std::size_t free_list_at = 32;

class mutation {
  public:
    mutation(page_editor& pages, std::uint64_t seed) : pages_{pages}, random_{seed} {}

    std::string run() {
        switch (below(13)) {
            case 0: return flip_bits(below(3) + 1);
            case 1: return change_file_header();
            case 2: return change_tree_header();
            case 3: return change_cell_pointer();
            case 4: return copy_page();
            case 5: return swap_pages();
            case 6: return change_separator();
            case 7: return change_child();
            case 8: return free_live_pages();
            case 9: return change_length();
            case 10: return fill(below(pages_.page_bytes()) + 1);
            case 11: return change_cell();
            default: return swap_cells();
        }
    }

  private:
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
    std::uint32_t any_page() { return static_cast<std::uint32_t>(below(pages_.page_count())) + 1; }
    char any_byte() { return static_cast<char>(below(256)); }
    /// Small numbers and the ends of ranges are what bounds are mistaken about.
    std::uint32_t any_number() {
        const std::array<std::uint32_t, 6> special{0, 1, 0x7fff, 0xffff, 0xffffffff, pages_.page_count() + 1};
        return below(2) == 0 ? special.at(below(special.size())) : any_page();
    }
    static std::string at(const char* what, std::size_t where) {
        return std::string{what} + " at " + std::to_string(where);
    }

    std::string flip_bits(std::size_t count) {
        std::size_t where = 0;
        for (std::size_t i = 0; i < count; ++i) {
            where = below(pages_.content.size());
            pages_.content[where] =
                static_cast<char>(static_cast<unsigned char>(pages_.content[where]) ^ (1U << below(8)));
        }
        return at("bits", where);
    }
    std::string change_file_header() {
        const auto where = below(file_header_bytes);
        pages_.content[where] = any_byte();
        return at("file header", where);
    }
    std::string change_tree_header() {
        const auto where = pages_.header_of(any_page()) + below(tree_header_bytes);
        pages_.content[where] = any_byte();
        return at("tree header", where);
    }
    std::string change_cell_pointer() {
        const auto where = pages_.header_of(any_page()) + tree_header_bytes + 2 * below(20);
        pages_.put16(where,
                     below(2) == 0 ? any_number() & 0xffffU : static_cast<std::uint32_t>(below(pages_.page_bytes())));
        return at("cell pointer", where);
    }
    std::string copy_page() {
        const auto from = any_page();
        const auto to = any_page();
        pages_.content.replace(pages_.start_of(to), pages_.page_bytes(),
                               pages_.content.substr(pages_.start_of(from), pages_.page_bytes()));
        return at("page copied", to);
    }
    std::string swap_pages() {
        const auto a = pages_.start_of(any_page());
        const auto b = pages_.start_of(any_page());
        std::swap_ranges(pages_.content.begin() + static_cast<std::ptrdiff_t>(a),
                         pages_.content.begin() + static_cast<std::ptrdiff_t>(a + pages_.page_bytes()),
                         pages_.content.begin() + static_cast<std::ptrdiff_t>(b));
        return at("pages swapped", a);
    }
    /// Of the largest table, which alone is sure to have inner pages.
    std::vector<page_editor::separator> separators() { return pages_.separators(pages_.root_of("audit")); }
    std::string change_separator() {
        const auto all = separators();
        const auto& which = all.at(below(all.size()));
        const auto most = (std::int64_t{1} << (7 * which.bytes)) - 1;
        const auto delta = static_cast<std::int64_t>(below(41)) - 20;
        pages_.set_key(which, std::clamp<std::int64_t>(
                                  below(3) == 0 ? all.at(below(all.size())).key : which.key + delta, 0, most));
        return at("separator", which.at);
    }
    std::string change_child() {
        const auto all = separators();
        const auto& which = all.at(below(all.size()));
        pages_.put32(which.at - 4, any_number());
        return at("child", which.at);
    }
    std::string free_live_pages() {
        const auto trunk = pages_.add_page();
        const auto count = static_cast<std::uint32_t>(below(5));
        pages_.put32(pages_.start_of(trunk) + 4, count);
        for (std::uint32_t i = 0; i < count; ++i) {
            pages_.put32(pages_.start_of(trunk) + 8 + std::size_t{4} * i, any_page());
        }
        pages_.put32(free_list_at, trunk);
        pages_.put32(free_list_at + 4, below(4) == 0 ? any_number() : count + 1);
        return at("free list", trunk);
    }
    std::string change_length() {
        const auto length = below(2 * pages_.content.size());
        pages_.content.resize(length + 1, '\0');
        return at("length", length);
    }
    std::string fill(std::size_t length) {
        const auto where = below(pages_.content.size());
        pages_.content.replace(
            where, std::min(length, pages_.content.size() - where),
            std::string(std::min(length, pages_.content.size() - where), below(2) == 0 ? '\0' : any_byte()));
        return at("filled", where);
    }
    std::string change_cell() {
        const auto cells = pages_.cells(any_page());
        if (cells.empty()) {
            return flip_bits(1);
        }
        const auto where = cells.at(below(cells.size())) + below(12);
        pages_.content[where] = any_byte();
        return at("cell", where);
    }
    std::string swap_cells() {
        const auto header = pages_.header_of(any_page());
        const auto count = std::max<std::size_t>(pages_.get16(header + 3), 1);
        const auto pointers = header + (pages_.content[header] == 5 || pages_.content[header] == 2 ? 12 : 8);
        const auto a = pointers + 2 * below(std::min<std::size_t>(count, 100));
        const auto b = pointers + 2 * below(std::min<std::size_t>(count, 100));
        const auto kept = pages_.get16(a);
        pages_.put16(a, pages_.get16(b));
        pages_.put16(b, kept);
        return at("cells swapped", a);
    }

    page_editor& pages_;
    std::mt19937_64 random_;
};

}  // namespace

std::string mutate(page_editor& pages, std::uint64_t seed) {
    return mutation{pages, seed}.run();
}

}  // namespace valhalla::tests
