// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/checkpoint_note.hpp"

#include <charconv>

#include <fmt/format.h>

#include "ipc/ctl/base64.hpp"
#include "ipc/ctl/text.hpp"
#include "ipc/ctl/tile_path.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

constexpr std::string_view signature_mark = "\xe2\x80\x94 ";  // the dash and the space that begin a signature line

/// Takes a line from the front, without its newline; nothing where none ends.
std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

/// One signature line or more, and nothing else.
bool is_signed(std::string_view lines) {
    if (lines.empty()) {
        return false;
    }
    while (!lines.empty()) {
        const auto line = take_line(lines);
        if (!line || !line->starts_with(signature_mark)) {
            return false;
        }
    }
    return true;
}

std::string string_member(const json::value& result, std::string_view name, std::string_view method) {
    const auto* const found = member(result, name).if_string();
    if (found == nullptr || found->empty()) {
        throw contradiction(fmt::format("{} answered without '{}'", method, name));
    }
    return {found->data(), found->size()};
}

}  // namespace

std::optional<std::int64_t> decimal_of(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && fmt::format("{}", value) == text ? std::optional{value} : std::nullopt;
}

std::optional<tree_hash> hash_of(std::string_view base64) {
    const auto bytes = from_base64(base64);
    if (!bytes || bytes->size() != sizeof(tree_hash)) {
        return std::nullopt;
    }
    return hashes_in(*bytes).front();
}

fault contradiction(const std::string& what) {
    return fault{exit_code::unverified, what + "; this daemon cannot be relied on"};
}

checkpoint read_checkpoint(std::string note, std::string_view where) {
    std::string_view rest = note;
    const auto origin = take_line(rest).value_or("");
    const auto size = decimal_of(take_line(rest).value_or(""));
    const auto root = hash_of(take_line(rest).value_or(""));
    const bool whole = take_line(rest) == "" && is_signed(rest);
    const bool named = !origin.empty() && printable(origin) == origin;
    if (!whole || !named || !size || !root || *size < 0 || *size > max_tree_size) {
        throw contradiction(fmt::format("{} is not a signed checkpoint", where));
    }
    checkpoint read{std::string{origin}, *size, *root, {}};
    read.note = std::move(note);
    return read;
}

checkpoint fetch_checkpoint(context& io) {
    const auto result = io.call("audit.checkpoint", "{}");
    auto read =
        read_checkpoint(string_member(result.value, "note", "audit.checkpoint"), "what audit.checkpoint answered");
    if (integer(result.value, "size") != read.size || text(result.value, "origin") != read.origin ||
        text(result.value, "root") != to_base64(bytes_of(read.root))) {
        throw contradiction("audit.checkpoint says something else beside its note than in it");
    }
    return read;
}

log_key fetch_key(context& io) {
    const auto result = io.call("audit.key", "{}");
    log_key key{string_member(result.value, "origin", "audit.key"), string_member(result.value, "key", "audit.key")};
    if (printable(key.key) != key.key || !key.key.starts_with(key.origin + '+')) {
        throw contradiction(
            fmt::format("audit.key answered '{}', which is no verifier key of {}", key.key, key.origin));
    }
    return key;
}

}  // namespace valhalla::ctl
