// SPDX-License-Identifier: Apache-2.0
#include "daemon/denial_book.hpp"

#include <algorithm>
#include <utility>

namespace valhalla {

namespace {

constexpr double seconds_per_minute = 60;
/// What many small refills add up to.
constexpr double one_record = 1 - 1e-6;

access_role to_model(ipc::role r) {
    return static_cast<access_role>(r);
}

/// Of all that is not told apart. No user has this way and an empty name.
const std::tuple<actor_via, std::string, std::string>& key_of_others() {
    static const std::tuple<actor_via, std::string, std::string> key{actor_via::daemon, "", ""};
    return key;
}

denial_book::entry taken(const actor& who, events::access_denied& what) {
    denial_book::entry out{who, what};
    what.count = 0;
    return out;
}

}  // namespace

denial_book::window& denial_book::window_of(const asked& denied, clock::time_point now, bool& fresh) {
    const auto open = [&](const key& k, const actor& who, events::access_denied what) -> window& {
        what.count = 0;
        const auto [it, added] = windows_.try_emplace(k, window{who, std::move(what), now + rules_.window});
        fresh = added;
        return it->second;
    };
    const key wanted{denied.who.via, denied.who.name, denied.method};
    if (const auto found = windows_.find(wanted); found != windows_.end()) {
        fresh = false;
        return found->second;
    }
    const bool others = windows_.contains(key_of_others());
    if (windows_.size() - (others ? 1 : 0) >= most_told_apart) {
        return open(key_of_others(), {.name = "valhallad", .via = actor_via::daemon, .uid = {}, .gid = {}}, {});
    }
    events::access_denied what;
    what.method = denied.method.empty() ? std::nullopt : std::optional{std::string{denied.method}};
    what.needs = to_model(denied.needs);
    what.has = to_model(denied.has);
    return open(wanted, denied.who, std::move(what));
}

std::optional<denial_book::entry> denial_book::note(const asked& denied, unix_micros at, clock::time_point now) {
    refill(now);
    bool fresh = false;
    window& w = window_of(denied, now, fresh);
    if (w.what.count++ == 0) {
        w.what.first = at;
        w.what.last = at;
    }
    w.what.last = std::max(w.what.last, at);  // the clock may have been set back
    return fresh && spend() ? std::optional{taken(w.who, w.what)} : std::nullopt;
}

std::vector<denial_book::entry> denial_book::due(clock::time_point now) {
    refill(now);
    std::erase_if(windows_, [now](const auto& one) { return one.second.what.count == 0 && one.second.ends <= now; });
    std::vector<window*> over;
    for (auto& [k, w] : windows_) {
        if (w.ends <= now) {
            over.push_back(&w);
        }
    }
    std::ranges::stable_sort(over, {}, &window::ends);
    std::vector<entry> out;
    for (auto* w : over) {
        if (!spend()) {
            break;
        }
        out.push_back(taken(w->who, w->what));
        w->ends = now + rules_.window;
    }
    return out;
}

std::optional<denial_book::clock::time_point> denial_book::next_due(clock::time_point now) const {
    if (windows_.empty()) {
        return std::nullopt;
    }
    const auto first = std::ranges::min_element(windows_, {}, [](const auto& one) { return one.second.ends; });
    return std::max(first->second.ends, budget_ >= one_record ? now : now + until_one());
}

std::vector<denial_book::entry> denial_book::close() {
    std::vector<entry> out;
    for (auto& [k, w] : windows_) {
        if (w.what.count > 0) {
            out.push_back(taken(w.who, w.what));
        }
    }
    windows_.clear();
    return out;
}

void denial_book::set_rules(denial_rules rules) {
    rules_ = rules;
    budget_ = std::min(budget_, static_cast<double>(rules.records_per_minute));
}

void denial_book::refill(clock::time_point now) {
    const std::chrono::duration<double> passed = now - refilled_.value_or(now);
    const auto most = static_cast<double>(rules_.records_per_minute);
    budget_ = std::min(most, budget_ + passed.count() * most / seconds_per_minute);
    refilled_ = now;
}

bool denial_book::spend() {
    if (budget_ < one_record) {
        return false;
    }
    budget_ = std::max(0.0, budget_ - 1);
    return true;
}

denial_book::clock::duration denial_book::until_one() const {
    const std::chrono::duration<double> wait{(1 - budget_) * seconds_per_minute /
                                             static_cast<double>(rules_.records_per_minute)};
    return std::chrono::ceil<clock::duration>(wait);
}

}  // namespace valhalla
