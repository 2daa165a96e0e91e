// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/session_view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

std::string how_long(const json::value& session) {
    const auto begin = micros_of(text(session, "started_at_utc"));
    const auto end = micros_of(text(session, "ended_at_utc"));
    return begin && end ? shown_span(*end - *begin) : std::string{};
}

void show_notes(context& io, const json::value& session) {
    for (const auto& [name, label] : {std::pair{"start_notes", "Notes"}, std::pair{"end_notes", "End notes"}}) {
        if (const auto notes = text(session, name); !notes.empty()) {
            io.out.field(label, {notes});
        }
    }
}

void show_snapshot(context& io, const json::value& session) {
    const auto& snapshot = member(session, "snapshot");
    const auto& cone = member(snapshot, "cone");
    const auto band = text(session, "cone_band");
    if (!band.empty()) {
        const auto reason = text(cone, "reason");
        io.out.field("Began in", {"band " + band_words(band), tone_of_band(band)}, reason.empty() ? "" : ": " + reason);
    }
    const auto status = text(session, "status");
    if (!status.empty()) {
        io.out.field("", {"health " + status, tone_of_level(status)});
        for (const auto& reason : items(member(snapshot, "status"), "reasons")) {
            io.out.under(text_of(reason), "- ");
        }
    }
}

}  // namespace

cell session_headline(const json::value& session, micros now) {
    const auto id = text(session, "id");
    if (id.empty()) {
        return {"none", tone::faint};
    }
    if (truth(session, "active")) {
        return {fmt::format("#{} active for {}", id, age_of(text(session, "started_at_utc"), now)), tone::strong};
    }
    const auto reason = text(session, "end_reason");
    const auto ago = age_of(text(session, "ended_at_utc"), now);
    return {fmt::format("#{} ended{}{}", id, ago.empty() ? "" : " " + ago + " ago",
                        reason.empty() || reason == "ended" ? "" : " (" + reason + ")")};
}

void show_session(context& io, const json::value& session) {
    io.out.field("Session", session_headline(session, io.now));
    if (text(session, "id").empty()) {
        return;
    }
    io.out.field("Operator", {text(session, "operator")});
    if (const auto started = text(session, "started_at_utc"); !started.empty()) {
        io.out.field("Started", {shown_time(started) + " UTC"});
    }
    if (const auto ended = text(session, "ended_at_utc"); !ended.empty()) {
        const auto span = how_long(session);
        io.out.field("Ended", {shown_time(ended) + " UTC"}, span.empty() ? "" : ", after " + span);
    }
    show_snapshot(io, session);
    show_notes(io, session);
}

void show_status(context& io, const json::value& status, std::string_view label) {
    const auto level = text(status, "status");
    io.out.field(label, {level, tone_of_level(level)});
    for (const auto& reason : items(status, "reasons")) {
        io.out.under(text_of(reason), "- ");
    }
}

void show_cone(context& io, const json::value& cone, std::string_view json) {
    const auto band = text(cone, "band");
    const auto since = text(cone, "updated_at_utc");
    io.out.field("Band", {band_words(band), tone_of_band(band)},
                 since.empty() ? "" : fmt::format(", since {} UTC ({})", shown_time(since), age_of(since, io.now)));
    if (const auto reason = text(cone, "reason"); !reason.empty()) {
        io.out.under(reason);
    }
    const auto* metrics = member(cone, "metrics").if_object();
    if (metrics != nullptr && !metrics->empty()) {
        io.out.field("Metrics", {in_one_line(member_span(json, "metrics"))});
    }
}

}  // namespace valhalla::ctl
