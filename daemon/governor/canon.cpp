// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/canon.hpp"

#include <algorithm>
#include <cstddef>

#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

constexpr std::array all_bands{band::expansion, band::caution, band::stabilize, band::survival};

std::optional<std::size_t> index_of(const std::vector<std::string>& names, std::string_view name) noexcept {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(it - names.begin());
}

int distance(band a, band b) noexcept {
    const int apart = static_cast<int>(a) - static_cast<int>(b);
    return apart < 0 ? -apart : apart;
}

/// Of two equally near bands the wider one: bands are tried from the widest.
std::optional<band> nearest_band_that_permits(const canon& rules, band from, std::size_t klass, std::size_t action) {
    std::optional<band> best;
    for (const band candidate : all_bands) {
        if (rules.permits(candidate, klass, action) && (!best || distance(candidate, from) < distance(*best, from))) {
            best = candidate;
        }
    }
    return best;
}

std::string reason_of(const verdict& v, std::string_view klass) {
    const std::string where = join("In band ", band_words(v.in_band), " engines of class ", klass);
    if (v.allowed) {
        return join(where, " may ", v.action, ", and ", v.engine, " is one.");
    }
    if (v.allowed_in) {
        return join(where, " may not ", v.action, "; the nearest band that allows it is ", band_words(*v.allowed_in),
                    ".");
    }
    return join(where, " may not ", v.action, ", nor in any other band.");
}

unknown_name unknown_engine(const canon& rules, std::string_view name) {
    std::vector<std::string> known;
    known.reserve(rules.engines.size());
    for (const engine& e : rules.engines) {
        known.push_back(e.name);
    }
    return {unknown_name::what_kind::engine, std::string{name}, nearest_names(name, known)};
}

}  // namespace

const engine* canon::find_engine(std::string_view name) const noexcept {
    const auto it = std::find_if(engines.begin(), engines.end(), [&](const engine& e) { return e.name == name; });
    return it == engines.end() ? nullptr : &*it;
}

std::optional<std::size_t> canon::find_class(std::string_view name) const noexcept {
    return index_of(classes, name);
}

std::optional<std::size_t> canon::find_action(std::string_view name) const noexcept {
    return index_of(actions, name);
}

bool canon::permits(band b, std::size_t class_index, std::size_t action_index) const noexcept {
    const auto& row = allowed.at(static_cast<std::size_t>(b));
    return class_index < row.size() && action_index < max_actions && ((row[class_index] >> action_index) & 1U) != 0;
}

std::variant<verdict, unknown_name> judge(const canon& rules, band b, std::string_view engine_name,
                                          std::string_view action) {
    const engine* const found = rules.find_engine(engine_name);
    if (found == nullptr) {
        return unknown_engine(rules, engine_name);
    }
    const std::optional<std::size_t> action_index = rules.find_action(action);
    if (!action_index) {
        return unknown_name{unknown_name::what_kind::action, std::string{action}, nearest_names(action, rules.actions)};
    }
    const std::size_t klass = rules.find_class(found->klass).value_or(rules.classes.size());
    verdict v;
    v.allowed = rules.permits(b, klass, *action_index);
    v.in_band = b;
    v.engine = found->name;
    v.action = action;
    v.rule = join(band_letter(b), "/", found->klass, "/", action);
    if (!v.allowed) {
        v.allowed_in = nearest_band_that_permits(rules, b, klass, *action_index);
    }
    v.reason = reason_of(v, found->klass);
    return v;
}

}  // namespace valhalla::governor
