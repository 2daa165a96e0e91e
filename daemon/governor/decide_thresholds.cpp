// SPDX-License-Identifier: Apache-2.0
//
// Changing thresholds: each value within its range, all of them consistent, and nothing recorded when nothing changes.
#include <algorithm>
#include <string>
#include <utility>

#include "daemon/governor/decide.hpp"
#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

using new_value = commands::set_thresholds::value;

std::string bound_text(const threshold_field& field, double bound) {
    return std::holds_alternative<double thresholds::*>(field.where) ? number(bound)
                                                                     : std::to_string(static_cast<std::int64_t>(bound));
}

/// Puts the value into `t`; else a sentence without its subject.
std::optional<std::string> assign(thresholds& t, const threshold_field& field, const new_value& v) {
    if (const auto* const level = std::get_if<health_level thresholds::*>(&field.where)) {
        const auto* const given = std::get_if<health_level>(&v);
        if (given == nullptr) {
            return R"(must be "green", "yellow" or "red")";
        }
        t.*(*level) = *given;
        return std::nullopt;
    }
    const bool whole = std::holds_alternative<std::int64_t thresholds::*>(field.where);
    const auto* const integer = std::get_if<std::int64_t>(&v);
    const auto* const real = std::get_if<double>(&v);
    if (integer == nullptr && (whole || real == nullptr)) {
        return whole ? "must be a whole number" : "must be a number";
    }
    const double given = integer != nullptr ? static_cast<double>(*integer) : *real;
    if (!(given >= field.minimum && given <= field.maximum)) {
        return join("must be between ", bound_text(field, field.minimum), " and ", bound_text(field, field.maximum),
                    ", and ", integer != nullptr ? std::to_string(*integer) : number(given), " was given");
    }
    if (whole) {
        t.*std::get<std::int64_t thresholds::*>(field.where) = *integer;
    } else {
        t.*std::get<double thresholds::*>(field.where) = given;
    }
    return std::nullopt;
}

refusal invalid(std::string key, std::string message, std::vector<std::string> nearest = {}) {
    return {refusal_kind::invalid_threshold, std::move(message), std::move(key), std::move(nearest), std::nullopt};
}

refusal unknown_threshold(const std::string& name) {
    std::vector<std::string> known;
    for (const threshold_field& field : threshold_fields()) {
        known.emplace_back(field.name);
    }
    std::vector<std::string> nearest = nearest_names(name, known);
    std::string message = join("There is no threshold ", plain(name, 64), ".", did_you_mean(nearest));
    return invalid(name, std::move(message), std::move(nearest));
}

/// Of the thresholds that were given, the one that the sentence is about.
std::string key_in(const std::string& sentence, const commands::set_thresholds& c) {
    const auto it = std::ranges::find_if(
        c.changes, [&](const auto& change) { return sentence.find(change.first) != std::string::npos; });
    return it == c.changes.end() ? std::string{} : it->first;
}

}  // namespace

decision decide_on(const state& s, const commands::set_thresholds& c, const context& ctx) {
    thresholds after = *s.limits;
    for (const auto& [name, given] : c.changes) {
        const threshold_field* const field = find_threshold(name);
        if (field == nullptr) {
            return unknown_threshold(name);
        }
        if (const auto wrong = assign(after, *field, given)) {
            return invalid(name, join(name, " ", *wrong, "."));
        }
    }
    if (const auto wrong = inconsistency_of(after)) {
        return invalid(key_in(*wrong, c), join(*wrong, "."));
    }
    plan out;
    if (after != *s.limits) {
        out.add(events::thresholds_changed{*s.limits, after}, session_of(s, ctx));
    }
    return out;
}

}  // namespace valhalla::governor
