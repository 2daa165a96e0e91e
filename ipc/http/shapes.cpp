// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/shapes.hpp"

#include <array>
#include <cstdlib>
#include <span>

#include <openssl/evp.h>

#include "ipc/http/json_members.hpp"
#include "ipc/http/openapi.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

constexpr std::array<std::string_view, 7> session_fields{"active", "started_at_utc", "ended_at_utc", "cone_band",
                                                         "status", "notes",          "snapshot"};
constexpr std::array<std::string_view, 7> step_fields{"id",   "title", "why", "band_min", "blocked_if_red",
                                                      "done", "notes"};
constexpr std::array<std::string_view, 6> threshold_fields{"max_failed_jobs_red",     "max_failed_jobs_yellow",
                                                           "deny_rate_yellow",        "deny_rate_red",
                                                           "min_decisions_for_drift", "unhandled_exceptions_red"};
constexpr std::array<std::string_view, 5> decision_fields{"allowed", "band", "engine", "action", "reason"};
constexpr std::array<std::string_view, 4> completed_fields{"ok", "step_id", "done", "notes"};

/// Appends an object of these members of `object`, in this order.
bool append_selected(std::string& out, std::string_view object, std::span<const std::string_view> names) {
    const auto members = json_members::of(object);
    if (!members) {
        return false;
    }
    out += '{';
    for (const auto name : names) {
        const auto value = (*members)[name];
        if (value.empty()) {
            return false;
        }
        append_member(out, name, value);
    }
    out += '}';
    return true;
}

bool append_checklist(std::string& out, std::string_view object) {
    const auto checklist = json_members::of(object);
    const auto steps = checklist ? json_elements((*checklist)["steps"]) : std::nullopt;
    if (!steps) {
        return false;
    }
    out += '{';
    append_member(out, "cone_band", (*checklist)["cone_band"]);
    append_member(out, "status", (*checklist)["status"]);
    append_member(out, "steps", "[");
    for (const auto& step : *steps) {
        if (out.back() != '[') {
            out += ',';
        }
        if (!append_selected(out, step, step_fields)) {
            return false;
        }
    }
    out += ']';
    append_member(out, "blocked_reasons", (*checklist)["blocked_reasons"]);
    out += '}';
    return true;
}

bool append_next_step(std::string& out, std::string_view object) {
    const auto next = json_members::of(object);
    if (!next) {
        return false;
    }
    out += '{';
    append_member(out, "cone_band", (*next)["cone_band"]);
    append_member(out, "status", (*next)["status"]);
    append_member(out, "next_step", "");
    const auto step = (*next)["next_step"];
    if (step == "null") {
        out += step;
    } else if (!append_selected(out, step, step_fields)) {
        return false;
    }
    append_member(out, "message", (*next)["message"]);
    out += '}';
    return true;
}

/// What the source `jobs.total` reported, where it is a number.
std::string_view reported_total(std::string_view signals) {
    if (const auto all = json_elements(signals)) {
        for (const auto& one : *all) {
            const auto signal = json_members::of(one);
            if (signal && (*signal)["source"] == "\"jobs.total\"") {
                auto number = (*signal)["message"];
                number = number.size() > 2 ? number.substr(1, number.size() - 2) : std::string_view{};
                const bool good = !number.empty() && number.size() <= 15 &&
                                  number.find_first_not_of("0123456789") == std::string_view::npos &&
                                  (number.size() == 1 || number.front() != '0');
                return good ? number : std::string_view{};
            }
        }
    }
    return {};
}

[[nodiscard]] double number_of(std::string_view text) {
    return std::strtod(std::string{text}.c_str(), nullptr);
}

bool append_decision_stats(std::string& out, std::string_view stats_object, const json_members& limits) {
    const auto stats = json_members::of(stats_object);
    if (!stats) {
        return false;
    }
    out += '{';
    append_member(out, "window", "{");
    append_member(out, "lines", (*stats)["window"]);
    out += '}';
    append_member(out, "counts", "{");
    append_member(out, "allow", (*stats)["allowed"]);
    append_member(out, "deny", (*stats)["denied"]);
    append_member(out, "total", (*stats)["decisions"]);
    out += '}';
    append_member(out, "deny_rate", (*stats)["deny_rate"]);
    append_member(out, "warnings", "[");
    const double rate = number_of((*stats)["deny_rate"]);
    if (number_of((*stats)["decisions"]) >= number_of(limits["min_decisions_for_drift"])) {
        const std::string_view level = rate >= number_of(limits["deny_rate_red"])      ? "deny_rate_red"
                                       : rate >= number_of(limits["deny_rate_yellow"]) ? "deny_rate_yellow"
                                                                                       : "";
        if (!level.empty()) {
            out.append("\"The deny rate ").append((*stats)["deny_rate"]).append(" reaches ").append(level);
            out.append(" (").append(limits[level]).append(").\"");
        }
    }
    out += "]}";
    return true;
}

bool append_ryg(std::string& out, std::string_view object) {
    const auto health = json_members::of(object);
    const auto jobs = health ? json_members::of((*health)["jobs"]) : std::nullopt;
    const auto limits = health ? json_members::of((*health)["thresholds"]) : std::nullopt;
    if (!jobs || !limits) {
        return false;
    }
    out += '{';
    append_member(out, "status", (*health)["status"]);
    append_member(out, "reasons", (*health)["reasons"]);
    append_member(out, "cone", (*health)["cone"]);
    const auto reported = (*jobs)["failed"];
    const std::string_view failed = reported == "null" ? "0" : reported;
    const auto total = reported_total((*health)["signals"]);
    append_member(out, "jobs", "{");
    append_member(out, "total", total.empty() ? failed : total);
    append_member(out, "failed", failed);
    out += '}';
    append_member(out, "decision_stats", "");
    if (!append_decision_stats(out, (*health)["decision_stats"], *limits)) {
        return false;
    }
    append_member(out, "thresholds", "");
    if (!append_selected(out, (*health)["thresholds"], threshold_fields)) {
        return false;
    }
    out += '}';
    return true;
}

/// The text of one member is the whole answer.
bool shape_text_of(std::string_view result, std::string_view name, shaped_answer& into) {
    const auto members = json_members::of(result);
    if (!members || (*members)[name].empty()) {
        return false;
    }
    into.body = json_text((*members)[name]);
    into.content_type = "text/plain; charset=utf-8";
    return true;
}

}  // namespace

bool shape_as_is(std::string_view result, shaped_answer& into) {
    into.body = result;
    return true;
}

bool shape_openapi(std::string_view result, shaped_answer& into) {
    auto document = openapi_document(result);
    if (document) {
        into.body = std::move(*document);
    }
    return document.has_value();
}

bool shape_secret(std::string_view result, shaped_answer& into) {
    into.cache_control = "no-store";
    return shape_as_is(result, into);
}

bool shape_session(std::string_view result, shaped_answer& into) {
    return append_selected(into.body, result, session_fields);
}

bool shape_checklist(std::string_view result, shaped_answer& into) {
    return append_checklist(into.body, result);
}

bool shape_next_step(std::string_view result, shaped_answer& into) {
    return append_next_step(into.body, result);
}

bool shape_completed(std::string_view result, shaped_answer& into) {
    return append_selected(into.body, result, completed_fields);
}

bool shape_decision(std::string_view result, shaped_answer& into) {
    into.cache_control = "no-store";
    return append_selected(into.body, result, decision_fields);
}

bool shape_thresholds(std::string_view result, shaped_answer& into) {
    return append_selected(into.body, result, threshold_fields);
}

bool shape_ryg(std::string_view result, shaped_answer& into) {
    return append_ryg(into.body, result);
}

bool shape_summary(std::string_view result, shaped_answer& into) {
    const auto summary = json_members::of(result);
    if (!summary) {
        return false;
    }
    auto& out = into.body;
    out += '{';
    append_member(out, "session", "");
    bool good = append_selected(out, (*summary)["session"], session_fields);
    append_member(out, "next", "");
    good = good && append_next_step(out, (*summary)["next"]);
    append_member(out, "checklist", "");
    good = good && append_checklist(out, (*summary)["checklist"]);
    append_member(out, "health", "{");
    append_member(out, "status", "");
    good = good && append_ryg(out, (*summary)["health"]);
    append_member(out, "cone", (*summary)["cone"]);
    out += "}}";
    return good;
}

bool shape_document(std::string_view result, shaped_answer& into) {
    const auto members = json_members::of(result);
    if (!members || !shape_text_of(result, "content", into)) {
        return false;
    }
    if (json_text((*members)["document"]).ends_with(".json")) {
        into.content_type = "application/json";
    }
    return true;
}

bool shape_metrics(std::string_view result, shaped_answer& into) {
    const bool good = shape_text_of(result, "text", into);
    into.content_type = "text/plain; version=0.0.4; charset=utf-8";
    into.cache_control = "no-store";
    return good;
}

bool shape_note(std::string_view result, shaped_answer& into) {
    return shape_text_of(result, "note", into);
}

bool shape_signatures(std::string_view result, shaped_answer& into) {
    return shape_text_of(result, "signatures", into);
}

bool shape_tile(std::string_view result, shaped_answer& into) {
    shaped_answer base64;
    if (!shape_text_of(result, "hashes", base64) || base64.body.size() % 4 != 0) {
        return false;
    }
    into.content_type = "application/octet-stream";
    into.cache_control = "public, max-age=31536000, immutable";
    into.body.resize(base64.body.size() / 4 * 3);
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(into.body.data()),
                                     reinterpret_cast<const unsigned char*>(base64.body.data()),
                                     static_cast<int>(base64.body.size()));
    if (size < 0) {
        return false;
    }
    // OpenSSL counts the padding as bytes.
    const auto padding = base64.body.ends_with("==") ? 2U : base64.body.ends_with("=") ? 1U : 0U;
    into.body.resize(static_cast<std::size_t>(size) - padding);
    return true;
}

bool shape_nothing_ended(std::string_view session, std::string_view notes, std::string_view now, shaped_answer& into) {
    const auto members = json_members::of(session);
    if (!members) {
        return false;
    }
    std::string stamped;
    ipc::append_quoted(stamped, now);
    auto& out = into.body;
    out += '{';
    for (const auto name : session_fields) {
        auto value = (*members)[name];
        if (name == "ended_at_utc" && value == "null") {
            value = stamped;
        } else if (name == "notes" && !notes.empty() && notes != "null") {
            value = notes;
        }
        append_member(out, name, value);
    }
    out += '}';
    return true;
}

}  // namespace valhalla::http
