// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/record_format.hpp"

#include <fmt/format.h>

#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/link.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

std::string csv_field(std::string_view text) {
    if (text.find_first_of("\",\r\n") == std::string_view::npos) {
        return std::string{text};
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') {
            quoted += c;
        }
    }
    return quoted + '"';
}

}  // namespace

std::optional<record_format> record_format_of(std::string_view word) noexcept {
    if (word == "table") {
        return record_format::table;
    }
    if (word == "json") {
        return record_format::json;
    }
    if (word == "csv") {
        return record_format::csv;
    }
    return word == "cloudevents" ? std::optional{record_format::cloudevents} : std::nullopt;
}

std::string csv_row(std::string_view record, const boost::json::value& value) {
    const auto& actor = member(value, "actor");
    std::string row;
    for (const auto& field : {text(value, "seq"), text(value, "ts_utc"), text(value, "event"), text(actor, "name"),
                              text(actor, "via"), text(value, "session")}) {
        row += csv_field(field) + ',';
    }
    return row + csv_field(member_span(record, "payload"));
}

std::string cloud_event(std::string_view record, const boost::json::value& value, std::string_view origin) {
    const auto seq = integer(value, "seq");
    const auto payload = member_span(record, "payload");
    if (!seq || *seq < 1 || !member(value, "event").is_string() || !member(value, "ts_utc").is_string() ||
        payload.empty()) {
        throw contradiction(fmt::format("record {} has no time, event or payload", text(value, "seq")));
    }
    params event;
    event.text("specversion", "1.0").text("id", fmt::format("{}", *seq)).text("source", fmt::format("//{}", origin));
    event.text("type", "valhalla." + text(value, "event")).json("time", member_span(record, "ts_utc"));
    if (const auto session = text(value, "session"); !session.empty()) {
        event.text("subject", "session/" + session);
    }
    event.text("datacontenttype", "application/json");
    if (const auto name = text(member(value, "actor"), "name"); !name.empty()) {
        event.text("actor", name);
    }
    event.text("sequence", fmt::format("{:020}", *seq)).json("data", payload);
    return event.done();
}

}  // namespace valhalla::ctl
