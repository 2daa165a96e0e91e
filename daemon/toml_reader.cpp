// SPDX-License-Identifier: Apache-2.0
#include "daemon/toml_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <openssl/evp.h>

#include "daemon/governor/canon.hpp"
#include "daemon/governor/sentence.hpp"
#include "ipc/service/toml_shape.hpp"

namespace valhalla {

using governor::did_you_mean;
using governor::join;
using governor::nearest_names;
using governor::plain;

namespace {

constexpr std::size_t max_shown_bytes = 64;

bool is_rule_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= max_rule_name_bytes && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error{"OpenSSL cannot compute SHA-256"};
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex += digits[digest.at(i) >> 4U];
        hex += digits[digest.at(i) & 15U];
    }
    return hex;
}

std::optional<toml::table> toml_reading::parse(std::string_view text) {
    if (const auto wrong = service::problem_with_shape(text)) {
        problem_ = file_problem{file_, wrong->line, wrong->key, join("This ", wrong->text, ".")};
        return std::nullopt;
    }
    try {
        return toml::parse(text, file_);
    } catch (const toml::parse_error& error) {
        raise(error.source(), {}, join("This is not valid TOML: ", error.description(), "."));
        return std::nullopt;
    }
}

void toml_reading::raise(const toml::source_region& where, std::string key, std::string message) {
    if (!problem_) {
        problem_ = file_problem{file_, static_cast<std::int64_t>(where.begin.line), std::move(key), std::move(message)};
    }
}

toml_table_reader::toml_table_reader(const toml::table& table, std::string path,
                                     const std::vector<std::string_view>& known, toml_reading& reading,
                                     std::string_view noun)
    : table_{table}, path_{std::move(path)}, reading_{reading} {
    for (const auto& [key, node] : table_) {
        if (reading_.problem()) {
            return;  // the first one is told; looking for what is near the others may take its time
        }
        if (std::ranges::find(known, key.str()) == known.end()) {
            const std::vector<std::string> names{known.begin(), known.end()};
            const std::string shown = plain(key.str(), max_shown_bytes);
            reading_.raise(
                key.source(), join(path_, shown),
                join("There is no ", noun, " ", shown, " here.", did_you_mean(nearest_names(key.str(), names))));
        }
    }
}

const toml::node* toml_table_reader::find(std::string_view key, bool required) {
    const toml::node* const node = table_.get(key);
    if (node == nullptr && required) {
        reading_.raise(table_.source(), join(path_, key), "This key is missing.");
    }
    return node;
}

void toml_table_reader::raise(std::string_view key, std::string message) {
    const toml::node* const node = table_.get(key);
    reading_.raise(node != nullptr ? node->source() : table_.source(), join(path_, key), std::move(message));
}

void toml_table_reader::distinct(std::string_view key, const std::string& name,
                                 std::set<std::string, std::less<>>& seen) {
    if (!seen.insert(name).second) {
        raise(key, join(plain(name, max_shown_bytes), " is there twice."));
    }
}

bool toml_table_reader::check_name(const toml::node& node, const std::string& at, const std::string& name) {
    if (is_rule_name(name)) {
        return true;
    }
    reading_.raise(node.source(), at,
                   join("A name has 1 to ", std::to_string(max_rule_name_bytes), " of a-z, 0-9 and _; this is \"",
                        plain(name, max_shown_bytes), "\"."));
    return false;
}

void toml_table_reader::format(std::int64_t only) {
    const toml::node* const node = find("format", true);
    if (node == nullptr) {
        return;
    }
    if (const auto given = node->value_exact<std::int64_t>(); !given || *given != only) {
        raise("format", join("Only format ", std::to_string(only), " is understood."));
    }
}

std::string toml_table_reader::name(std::string_view key) {
    std::string out = text(key, max_rule_name_bytes);
    if (const toml::node* const node = table_.get(key); node != nullptr && !reading_.problem()) {
        check_name(*node, join(path_, key), out);
    }
    return out;
}

std::string toml_table_reader::text(std::string_view key, std::size_t max_bytes) {
    const toml::node* const node = find(key, true);
    if (node == nullptr) {
        return {};
    }
    auto out = node->value_exact<std::string>();
    if (!out) {
        raise(key, "This must be a text in quotes.");
        return {};
    }
    if (out->empty() || out->size() > max_bytes) {
        raise(key, join("This must have 1 to ", std::to_string(max_bytes), " bytes."));
    }
    return *std::move(out);
}

bool toml_table_reader::flag(std::string_view key, bool when_absent) {
    const toml::node* const node = find(key, false);
    if (node == nullptr) {
        return when_absent;
    }
    const auto out = node->value_exact<bool>();
    if (!out) {
        raise(key, "This must be true or false.");
    }
    return out.value_or(when_absent);
}

std::optional<double> toml_table_reader::positive_number(std::string_view key) {
    const toml::node* const node = find(key, false);
    if (node == nullptr) {
        return std::nullopt;
    }
    const auto out = node->is_number() ? node->value<double>() : std::nullopt;
    if (!out || !std::isfinite(*out) || *out <= 0) {
        raise(key, "This must be a number above 0; leave it out where there is none.");
        return std::nullopt;
    }
    return out;
}

std::vector<std::string> toml_table_reader::names(std::string_view key, bool may_be_empty, std::size_t max_count) {
    const toml::node* const node = find(key, true);
    if (node == nullptr) {
        return {};
    }
    const toml::array* const list = node->as_array();
    if (list == nullptr) {
        raise(key, "This must be a list of names.");
        return {};
    }
    if (list->size() > max_count || (list->empty() && !may_be_empty)) {
        raise(key, join("This must have ", may_be_empty ? "at most " : "1 to ", std::to_string(max_count), " names."));
        return {};
    }
    std::vector<std::string> out;
    for (const toml::node& item : *list) {
        const std::string at = join(path_, key, "[", std::to_string(out.size()), "]");
        auto one = item.value_exact<std::string>();
        if (!one) {
            reading_.raise(item.source(), at, "This must be a name in quotes.");
            return {};
        }
        if (!check_name(item, at, *one)) {
            return {};
        }
        if (std::ranges::find(out, *one) != out.end()) {
            reading_.raise(item.source(), at, join(*one, " is there twice."));
            return {};
        }
        out.push_back(*std::move(one));
    }
    return out;
}

const toml::table* toml_table_reader::table(std::string_view key) {
    const toml::node* const node = find(key, true);
    if (node == nullptr) {
        return nullptr;
    }
    if (!node->is_table()) {
        raise(key, join("This must be a table: [", path_, key, "]."));
    }
    return node->as_table();
}

std::vector<const toml::table*> toml_table_reader::tables(std::string_view key, std::size_t max_count) {
    const toml::node* const node = find(key, true);
    if (node == nullptr) {
        return {};
    }
    const toml::array* const list = node->as_array();
    if (list == nullptr || !list->is_homogeneous<toml::table>()) {
        raise(key, join("This must be written as [[", key, "]], once for each."));
        return {};
    }
    if (list->size() > max_count) {
        raise(key, join("There are at most ", std::to_string(max_count), " of these."));
        return {};
    }
    std::vector<const toml::table*> out;
    std::ranges::transform(*list, std::back_inserter(out), [](const toml::node& item) { return item.as_table(); });
    return out;
}

}  // namespace valhalla
