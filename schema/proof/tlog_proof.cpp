// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/tlog_proof.hpp"

#include <charconv>

#include "schema/proof/base64.hpp"

namespace valhalla::schema {

namespace {

constexpr std::string_view extra_word = "extra ";
constexpr std::string_view index_word = "index ";

/// Takes a line and its newline off the front.
std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string tlog_proof::text() const {
    std::string out{tlog_proof_first_line};
    out += '\n';
    if (extra) {
        out.append(extra_word).append(to_base64(*extra)) += '\n';
    }
    out.append(index_word).append(std::to_string(index)) += '\n';
    for (const auto& hash : hashes) {
        out.append(to_base64(hash)) += '\n';
    }
    return out.append("\n").append(checkpoint);
}

std::optional<tlog_proof> tlog_proof::parse(std::string_view text) {
    tlog_proof parsed;
    auto rest = text;
    auto line = take_line(rest);
    if (line != tlog_proof_first_line) {
        return std::nullopt;
    }
    line = take_line(rest);
    if (line && line->starts_with(extra_word)) {
        parsed.extra = from_base64(line->substr(extra_word.size()));
        if (!parsed.extra) {
            return std::nullopt;
        }
        line = take_line(rest);
    }
    if (!line || !line->starts_with(index_word)) {
        return std::nullopt;
    }
    const auto number = line->substr(index_word.size());
    if (std::from_chars(number.data(), number.data() + number.size(), parsed.index).ec != std::errc{}) {
        return std::nullopt;
    }
    for (line = take_line(rest); line && !line->empty(); line = take_line(rest)) {
        const auto hash = hash_of_base64(*line);
        if (!hash || parsed.hashes.size() == max_proof_hashes) {
            return std::nullopt;
        }
        parsed.hashes.push_back(*hash);
    }
    if (!line) {
        return std::nullopt;
    }
    parsed.checkpoint = rest;
    // One spelling: no leading zeros, nothing behind the number.
    return parsed.text() == text ? std::optional{std::move(parsed)} : std::nullopt;
}

}  // namespace valhalla::schema
