// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/canon.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

constexpr std::array all_bands{band::expansion, band::caution, band::stabilize, band::survival};

std::optional<std::size_t> index_of(const std::vector<std::string>& names, std::string_view name) noexcept {
    const auto it = std::ranges::find(names, name);
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

std::string reason_of(const judged& v, std::string_view klass, std::optional<band> allowed_in) {
    const std::string where = join("In band ", band_words(v.in_band), " engines of class ", klass);
    if (v.allowed) {
        return join(where, " may ", v.action, ", and ", v.engine, " is one.");
    }
    if (allowed_in) {
        return join(where, " may not ", v.action, "; the nearest band that allows it is ", band_words(*allowed_in),
                    ".");
    }
    return join(where, " may not ", v.action, ", nor in any other band.");
}

verdict work_out(const canon& rules, band b, const engine& e, std::size_t action) {
    const std::size_t klass = rules.find_class(e.klass).value_or(rules.classes.size());
    const std::string& action_name = rules.actions[action];
    verdict out;
    judged said;
    said.allowed = rules.permits(b, klass, action);
    said.in_band = b;
    said.engine = e.name;
    said.action = action_name;
    said.rule = join(band_letter(b), "/", e.klass, "/", action_name);
    said.policy = shortened_digest(rules.sha256);
    if (!said.allowed) {
        out.allowed_in = nearest_band_that_permits(rules, b, klass, action);
    }
    said.reason = reason_of(said, e.klass, out.allowed_in);
    out.what = make_judgement(std::move(said));
    return out;
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
    const auto it = std::ranges::find(engines, name, &engine::name);
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

void canon::prepare() {
    verdicts.clear();
    if (engines.size() * actions.size() > max_prepared_cells) {
        return;
    }
    verdicts.reserve(engines.size() * actions.size() * all_bands.size());
    for (const engine& e : engines) {
        for (std::size_t action = 0; action < actions.size(); ++action) {
            for (const band b : all_bands) {
                verdicts.push_back(work_out(*this, b, e, action));
            }
        }
    }
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
    if (rules.verdicts.empty()) {
        return work_out(rules, b, *found, *action_index);
    }
    const auto engine_index = static_cast<std::size_t>(found - rules.engines.data());
    const std::size_t cell = engine_index * rules.actions.size() + *action_index;
    return rules.verdicts[cell * all_bands.size() + static_cast<std::size_t>(b)];
}

}  // namespace valhalla::governor
