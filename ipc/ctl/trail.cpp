// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/trail.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/base64.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/text.hpp"
#include "ipc/ctl/tile_path.hpp"
#include "ipc/ctl/view.hpp"
#include "ipc/limits.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

constexpr std::size_t max_proof_hashes = 63;
constexpr std::string_view signature_mark = "\xe2\x80\x94 ";  // the dash and the space that begin a signature line

std::optional<std::int64_t> decimal(std::string_view text) {
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

/// A cursor is a seq, as a number or in digits.
std::optional<std::int64_t> cursor_of(const json::value& page) {
    const auto& cursor = member(page, "next_cursor");
    if (cursor.is_null()) {
        return std::nullopt;
    }
    const auto seq = decimal(text_of(cursor));
    if (!seq) {
        throw contradiction(fmt::format("audit.list gave the cursor '{}', which is no seq", text_of(cursor)));
    }
    return seq;
}

}  // namespace

fault contradiction(const std::string& what) {
    return fault{exit_code::unverified, what + "; this daemon cannot be relied on"};
}

checkpoint read_checkpoint(std::string note, std::string_view where) {
    checkpoint read;
    std::string_view rest = note;
    const auto origin = take_line(rest);
    const auto size = take_line(rest);
    const auto root = take_line(rest);
    const auto gap = take_line(rest);
    const auto number = size ? decimal(*size) : std::nullopt;
    const auto hash = root ? hash_of(*root) : std::nullopt;
    const bool whole = gap && gap->empty() && is_signed(rest);
    if (!whole || !number || !hash || *number < 0 || *number > max_tree_size || origin->empty() ||
        printable(*origin) != *origin) {
        throw contradiction(fmt::format("{} is not a signed checkpoint", where));
    }
    read.origin = *origin;
    read.size = *number;
    read.root = *hash;
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

record_page::record_page(answer result) : result_{std::move(result)} {
    const auto& values = items(result_.value, "items");
    const auto spans = element_spans(member_span(result_.text, "items"));
    if (!member(result_.value, "items").is_array() || spans.size() != values.size()) {
        throw contradiction("audit.list answered without a list of records");
    }
    records_.reserve(spans.size());
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto seq = integer(values[i], "seq");
        if (!seq || *seq < 1) {
            throw contradiction("audit.list answered with something that is no record");
        }
        records_.push_back({spans[i], *seq, &values[i]});
    }
    next_ = cursor_of(result_.value);
}

params params_of(const record_filter& filter) {
    params p;
    p.text_if("event", filter.event).number_if("session", filter.session).text_if("actor", filter.actor);
    p.text_if("since", filter.since).text_if("until", filter.until);
    p.number_if("after", filter.after).number_if("before", filter.before);
    return p;
}

record_pages::record_pages(context& io, record_filter filter)
    : io_{io}, filter_{std::move(filter)}, ascending_{filter_.after.has_value()} {
    const auto& bound = ascending_ ? filter_.after : filter_.before;
    if (bound) {
        last_ = static_cast<std::int64_t>(*bound);
    }
}

void record_pages::advance(const record_page& page) {
    const auto lies_behind = [this](std::int64_t seq) { return !last_ || (ascending_ ? seq > *last_ : seq < *last_); };
    for (const auto& record : page.records()) {
        if (!lies_behind(record.seq)) {
            throw contradiction(fmt::format("audit.list gave record {} where one {} {} belongs", record.seq,
                                            ascending_ ? "above" : "below", *last_));
        }
        last_ = record.seq;
    }
    if (const auto next = page.next()) {
        const bool repeats = page.records().empty() || *next != *last_;
        if (repeats && !lies_behind(*next)) {
            throw contradiction(fmt::format("audit.list goes in a circle at {}", *next));
        }
        last_ = next;
        (ascending_ ? filter_.after : filter_.before) = static_cast<std::uint64_t>(*next);
    }
    done_ = !page.next();
}

std::optional<record_page> record_pages::next(std::int64_t most) {
    if (done_) {
        return std::nullopt;
    }
    auto p = params_of(filter_);
    p.number("limit", std::clamp(most, std::int64_t{1}, static_cast<std::int64_t>(ipc::max_page_items)));
    record_page page{io_.call("audit.list", p.done())};
    advance(page);
    return page;
}

std::string_view record_reader::read(std::int64_t seq) {
    if (!page_ || at_ >= page_->records().size() || page_->records()[at_].seq < seq) {
        const auto limit = std::min(size_ - seq + 1, static_cast<std::int64_t>(ipc::max_page_items));
        page_.emplace(io_.call("audit.list", params{}.number("after", seq - 1).number("limit", limit).done()));
        at_ = 0;
    }
    if (at_ >= page_->records().size()) {
        throw contradiction(fmt::format("audit.list does not give record {} of {}", seq, size_));
    }
    const auto& record = page_->records()[at_++];
    if (record.seq != seq) {
        throw contradiction(fmt::format("audit.list gave record {} where record {} belongs", record.seq, seq));
    }
    return record.text;
}

std::vector<tree_hash> read_hashes(const json::value& result) {
    std::vector<tree_hash> hashes;
    const auto& list = items(result, "hashes");
    for (const auto& one : list) {
        const auto hash = one.is_string() ? hash_of(text_of(one)) : std::nullopt;
        if (!hash || list.size() > max_proof_hashes) {
            throw contradiction("the daemon's proof has something in it that is no hash");
        }
        hashes.push_back(*hash);
    }
    if (!member(result, "hashes").is_array()) {
        throw contradiction("the daemon's proof has no hashes");
    }
    return hashes;
}

inclusion read_inclusion(const answer& result, std::int64_t seq, const checkpoint& signed_tree) {
    inclusion proven;
    proven.seq = seq;
    proven.record = member_span(result.text, "record");
    proven.proof = read_hashes(result.value);
    if (integer(result.value, "index") != seq - 1 || integer(result.value, "size") != signed_tree.size ||
        integer(member(result.value, "record"), "seq") != seq) {
        throw contradiction(fmt::format("audit.inclusion answered something else than a proof of record {}", seq));
    }
    const auto root = root_of_inclusion(leaf_hash(proven.record), seq - 1, signed_tree.size, proven.proof);
    if (root != signed_tree.root) {
        throw contradiction(fmt::format("the proof of record {} does not lead to the checkpoint's root", seq));
    }
    return proven;
}

std::string proof_file(const inclusion& proven, const checkpoint& signed_tree) {
    auto file = fmt::format("c2sp.org/tlog-proof@v1\nextra {}\nindex {}\n", to_base64(proven.record), proven.seq - 1);
    for (const auto& hash : proven.proof) {
        file += to_base64(bytes_of(hash)) + '\n';
    }
    return file + '\n' + signed_tree.note;
}

}  // namespace valhalla::ctl
