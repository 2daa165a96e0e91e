// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/audit_view.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

tone tone_of_event(std::string_view event) {
    if (event.ends_with("_DENY") || event == "ACCESS_DENIED") {
        return tone::warn;
    }
    return event.ends_with("_ALLOW") ? tone::good : tone::plain;
}

/// `what: more`, or one of them when the other is empty.
std::string with_more(const std::string& what, const std::string& more) {
    return what.empty() || more.empty() ? what + more : what + ": " + more;
}

std::string gist_of_health_change(const json::value& payload) {
    const auto& now = member(payload, "now");
    const auto& reasons = items(now, "reasons");
    return with_more(fmt::format("{} to {}", text(payload, "before"), text(now, "status")),
                     reasons.empty() ? std::string{} : text_of(reasons.front()));
}

std::string gist_of_denial(const json::value& payload) {
    const auto method = text(payload, "method");
    const auto needs = text(payload, "needs");
    const auto count = integer(payload, "count").value_or(1);
    const auto what = method == "auth.key" ? std::string{"sent a key that is not valid"}
                      : !method.empty()    ? fmt::format("{} needs {}", method, needs)
                      : needs.empty()      ? "several users and methods"
                                           : "not let in, has no role";
    return count == 1 ? what : fmt::format("{} ({} times)", what, count);
}

/// The events that people look for most; nothing for the others.
std::string gist_of_known(std::string_view event, const json::value& payload) {
    if (event == "CONE_ALLOW" || event == "CONE_DENY") {
        return with_more(
            fmt::format("{} {} in {}", text(payload, "engine"), text(payload, "action"), text(payload, "band")),
            text(payload, "reason"));
    }
    if (event == "CONE_SET") {
        return with_more(text(payload, "band"), text(payload, "reason"));
    }
    if (event == "GO_SESSION_START") {
        return text(payload, "notes");
    }
    if (event == "GO_SESSION_END") {
        const auto reason = text(payload, "end_reason");
        return with_more(reason == "ended" ? "" : reason, text(payload, "notes"));
    }
    if (event == "GO_SESSION_NOTE") {
        return text(payload, "text");
    }
    if (event == "GO_STEP_SET") {
        return with_more(fmt::format("{} {}", text(payload, "step_id"), truth(payload, "done") ? "done" : "undone"),
                         text(payload, "notes"));
    }
    if (event == "HEALTH_REPORT") {
        return with_more(fmt::format("{} {}", text(payload, "source"), text(payload, "level")),
                         text(payload, "message"));
    }
    if (event == "ACCESS_DENIED") {
        return gist_of_denial(payload);
    }
    if (event == "OPERATOR_LOCK" || event == "OPERATOR_UNLOCK") {
        return with_more(text(payload, "operator"), text(payload, "reason"));
    }
    if (event == "KEY_CREATE") {
        return fmt::format("{} for {} as {}", text(payload, "id"), text(payload, "name"), text(payload, "role"));
    }
    if (event == "KEY_REVOKE") {
        return with_more(fmt::format("{} of {}", text(payload, "id"), text(payload, "name")), text(payload, "reason"));
    }
    return event == "HEALTH_STATUS" ? gist_of_health_change(payload) : std::string{};
}

}  // namespace

std::string gist_of(const json::value& record, std::string_view json) {
    const auto& payload = member(record, "payload");
    const auto& imported = member(record, "imported");
    auto gist = gist_of_known(text(record, "event"), payload);
    if (gist.empty()) {
        gist = in_one_line(member_span(json, "payload"));
    }
    // Recorded when it was imported; when it happened stands beside it.
    return imported.is_null() ? gist : fmt::format("{} (imported, of {})", gist, shown_time(text(imported, "ts_utc")));
}

namespace {

std::vector<cell> row_of(const json::value& record, std::string_view json, const std::string& time) {
    const auto event = text(record, "event");
    const auto session = text(record, "session");
    return {{text(record, "seq")},
            {time},
            {event, tone_of_event(event)},
            {text(member(record, "actor"), "name")},
            {session.empty() ? "" : "#" + session},
            {gist_of(record, json)}};
}

/// Wide enough for almost all that comes: nothing is known about the next record.
table table_of_one(bool titles) {
    constexpr std::size_t seq = 5;
    constexpr std::size_t time = 19;
    constexpr std::size_t event = 15;
    constexpr std::size_t name = 8;
    constexpr std::size_t session = 7;
    const auto title = [&](const char* words) { return titles ? words : ""; };
    return table{{{title("SEQ"), cut::never, true, seq},
                  {title("TIME (UTC)"), cut::never, false, time},
                  {title("EVENT"), cut::never, false, event},
                  {title("BY"), cut::clip, false, name},
                  {title("SESSION"), cut::never, true, session},
                  {title("WHAT"), cut::clip}}};
}

}  // namespace

void show_record_titles(context& io) {
    io.fit_window();
    io.out.print(table_of_one(true));
}

void show_record_line(context& io, const record_view& record) {
    io.fit_window();
    auto row = table_of_one(false);
    row.add(row_of(*record.value, record.text, shown_time(text(*record.value, "ts_utc"))));
    io.out.print(row);
}

void show_records(context& io, const answer& page, record_time how) {
    const bool ages = how == record_time::age;
    table rows{{{"SEQ", cut::never, true},
                {ages ? "AGE" : "TIME (UTC)"},
                {"EVENT"},
                {"BY", cut::clip},
                {"SESSION", cut::never, true},
                {"WHAT", cut::clip}}};
    const auto spans = element_spans(member_span(page.text, "items"));
    const auto& records = items(page.value, "items");
    for (std::size_t i = 0; i < std::min(spans.size(), records.size()); ++i) {
        const auto time = text(records[i], "ts_utc");
        rows.add(row_of(records[i], spans[i], ages ? age_of(time, io.now) : shown_time(time)));
    }
    io.out.print(rows);
}

}  // namespace valhalla::ctl
