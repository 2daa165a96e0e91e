// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/state.hpp"

#include <algorithm>
#include <cstddef>

namespace valhalla::governor {

namespace {

/// By what they point to; two nulls are equal.
template <class T>
bool same_value(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
    return a == b || (a && b && *a == *b);
}

}  // namespace

void deny_window::push(decision_mark mark) noexcept {
    const auto count = [this](decision_mark m, std::uint16_t by) {
        if (m == decision_mark::allow) {
            allowed_ = static_cast<std::uint16_t>(allowed_ + by);
        } else if (m == decision_mark::deny) {
            denied_ = static_cast<std::uint16_t>(denied_ + by);
        }
    };
    count(ring_[next_], static_cast<std::uint16_t>(-1));
    count(mark, 1);
    ring_[next_] = mark;
    next_ = static_cast<std::uint16_t>((next_ + 1U) % deny_window_size);
}

double deny_window::deny_rate() const noexcept {
    return decisions() == 0 ? 0.0 : static_cast<double>(denied_) / static_cast<double>(decisions());
}

bool operator==(const deny_window& a, const deny_window& b) noexcept {
    for (std::size_t i = 0; i < deny_window_size; ++i) {
        if (a.ring_[(a.next_ + i) % deny_window_size] != b.ring_[(b.next_ + i) % deny_window_size]) {
            return false;
        }
    }
    return true;
}

const session* session_book::active_of(std::string_view operator_name) const noexcept {
    const entry* const found = active.find(operator_name);
    return found == nullptr ? nullptr : found->get();
}

const session* session_book::find(session_id id) const noexcept {
    if (const entry* const found = by_id.find(id)) {
        return found->get();
    }
    return latest && latest->id == id ? latest.get() : nullptr;
}

/// The other two maps follow from the first one.
bool operator==(const session_book& a, const session_book& b) {
    return same_value(a.latest, b.latest) &&
           std::ranges::equal(a.by_operator, b.by_operator, [](const auto& x, const auto& y) {
               return x.first == y.first && same_value(x.second, y.second);
           });
}

bool same_records(const state& a, const state& b) {
    return a.instance == b.instance && same_value(a.current_cone, b.current_cone) && same_value(a.limits, b.limits) &&
           same_value(a.sessions, b.sessions) && same_value(a.tally, b.tally) && same_value(a.signals, b.signals) &&
           same_value(a.progress, b.progress) && same_value(a.witnessed, b.witnessed) && same_value(a.locks, b.locks) &&
           same_value(a.keys, b.keys) && a.recorded_status == b.recorded_status &&
           a.recorded_policy == b.recorded_policy && a.recorded_playbook == b.recorded_playbook &&
           a.decisions == b.decisions && a.next_session == b.next_session && a.next_seq == b.next_seq &&
           a.last_ts == b.last_ts && a.imported == b.imported;
}

}  // namespace valhalla::governor
