// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/report.hpp"

#include <string_view>

#include <fmt/format.h>

#include "schema/base/printable.hpp"
#include "schema/model/json_text.hpp"
#include "schema/model/json_writer.hpp"

namespace valhalla::verify {

namespace {

/// Evidence may have been written by anybody. Bytes that are not UTF-8 cannot be JSON.
std::string as_utf8(std::string_view text) {
    return is_valid_utf8(text) ? std::string{text} : printable(text);
}

std::string_view verdict_of(outcome result) {
    switch (result) {
        case outcome::verified: return "verified";
        case outcome::unreadable: return "cannot be read";
        case outcome::wrong_usage: return "wrong usage";
        case outcome::failed: return "VERIFICATION FAILED";
    }
    return {};
}

void write_problem(json_writer& json, const problem& p) {
    json.begin_object().key("seq");
    p.record ? json.value(raw(*p.record)) : json.null();
    json.key("table");
    p.table.empty() ? json.null() : json.value(as_utf8(p.table));
    json.key("file");
    p.file.empty() ? json.null() : json.value(as_utf8(p.file));
    json.member("message", as_utf8(p.message)).end_object();
}

void write_sentences(json_writer& json, std::string_view name, const std::vector<std::string>& sentences) {
    json.key(name).begin_array();
    for (const auto& sentence : sentences) {
        json.value(as_utf8(sentence));
    }
    json.end_array();
}

}  // namespace

std::string report::text() const {
    std::string out = fmt::format("{}: {}\n", printable(path), verdict_of(result));
    const auto line = [&out](std::string_view label, std::string_view value) {
        out += fmt::format("  {:<12} {}\n", label, printable(value));
    };
    if (what) {
        const auto where = what->file.empty() ? std::string{} : what->file + ": ";
        line("problem", where + what->message);
    }
    if (result != outcome::verified && result != outcome::failed) {
        return out;
    }
    line("kind", kind);
    if (head.size > 0) {
        line(what ? "good until" : "size", fmt::format("{} records", head.size));
        line("root", schema::to_hex(head.root));
    }
    if (first_ts && last_ts) {
        line("time", fmt::format("{} to {}", format_utc(*first_ts), format_utc(*last_ts)));
    }
    if (!key.empty()) {
        line("key", key);
        if (key_from_trail) {
            line("", "key taken from the trail itself; give --key to be sure");
        }
    }
    for (const auto& sentence : checked) {
        line("checked", sentence);
    }
    for (const auto& sentence : not_checked) {
        line("NOT checked", sentence);
    }
    if (record && result == outcome::verified) {
        line("record", *record);
    }
    return out;
}

std::string report::json() const {
    std::string out;
    json_writer json{out};
    json.begin_object().member("verified", result == outcome::verified).member("kind", kind);
    json.member("path", as_utf8(path)).member("size", head.size).member("root", schema::to_hex(head.root));
    json.member("first_ts_utc", first_ts).member("last_ts_utc", last_ts).key("key");
    key.empty() ? json.null() : json.value(as_utf8(key));
    json.member("key_from_trail", key_from_trail);
    write_sentences(json, "checked", checked);
    write_sentences(json, "not_checked", not_checked);
    json.key("record");
    record&& result == outcome::verified ? json.value(as_utf8(*record)) : json.null();
    json.key("problem");
    if (what) {
        write_problem(json, *what);
    } else {
        json.null();
    }
    json.end_object();
    return printable_json(out);
}

}  // namespace valhalla::verify
