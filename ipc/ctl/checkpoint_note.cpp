// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/checkpoint_note.hpp"

#include <charconv>

#include <fmt/format.h>

#include "ipc/ctl/view.hpp"
#include "schema/base/printable.hpp"
#include "schema/proof/base64.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

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

fault contradiction(const std::string& what) {
    return fault{exit_code::unverified, what + "; this daemon cannot be relied on"};
}

signed_checkpoint read_checkpoint(std::string note, std::string_view where) {
    const auto parsed = schema::signed_note::parse(note);
    auto says = parsed ? schema::checkpoint::parse(parsed->text) : std::nullopt;
    if (!says || printable(says->origin) != says->origin || says->head.size > max_tree_size) {
        throw contradiction(fmt::format("{} is not a signed checkpoint", where));
    }
    return {*std::move(says), std::move(note)};
}

signed_checkpoint fetch_checkpoint(context& io) {
    const auto result = io.call("audit.checkpoint", "{}");
    auto read =
        read_checkpoint(string_member(result.value, "note", "audit.checkpoint"), "what audit.checkpoint answered");
    if (integer(result.value, "size") != read.size() || text(result.value, "origin") != read.origin() ||
        text(result.value, "root") != schema::to_base64(read.says.head.root)) {
        throw contradiction("audit.checkpoint says something else beside its note than in it");
    }
    return read;
}

log_key fetch_key(context& io) {
    const auto result = io.call("audit.key", "{}");
    log_key key{string_member(result.value, "origin", "audit.key"), string_member(result.value, "key", "audit.key")};
    if (printable(key.key) != key.key || !key.key.starts_with(key.origin + '+')) {
        throw contradiction(
            fmt::format("audit.key answered '{}', which is not a verifier key of {}", key.key, key.origin));
    }
    return key;
}

}  // namespace valhalla::ctl
