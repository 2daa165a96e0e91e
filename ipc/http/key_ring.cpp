// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/key_ring.hpp"

#include <algorithm>
#include <utility>

#include "ipc/http/allowed.hpp"

namespace valhalla::http {

namespace {

[[nodiscard]] bool all_hex(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

[[nodiscard]] bool is_quiet(const key_ring::holder& of) noexcept {
    return of.who->idle() && of.events->idle();
}

}  // namespace

bool looks_like_key(std::string_view text) noexcept {
    constexpr std::string_view begin = "vhk_";
    constexpr std::size_t id_digits = 12;
    constexpr std::size_t secret_digits = 64;
    return text.size() == begin.size() + id_digits + 1 + secret_digits && text.starts_with(begin) &&
           text[begin.size() + id_digits] == '_' && all_hex(text.substr(begin.size(), id_digits)) &&
           all_hex(text.substr(begin.size() + id_digits + 1));
}

key_ring::found key_ring::find(std::string_view key, const std::string& peer, clock::time_point now) {
    const auto digest = digest_of(key);
    if (const auto known = holders_.find(digest); known != holders_.end()) {
        if (!known->second.refused()) {
            known->second.who->last_used = now;
            return {outcome::found, &known->second};
        }
        forget(*known->second.who);
    }
    if (!take_try(peer, now)) {
        return {outcome::too_often, nullptr};
    }
    if (!own_key_.empty() && same_secret(key, own_key_)) {
        give_back_try(peer);
        return {outcome::own, nullptr};
    }
    if (!looks_like_key(key)) {
        return {outcome::no_key, nullptr};
    }
    return add(digest, key, false);
}

key_ring::found key_ring::of_login(std::string_view key, clock::time_point now) {
    if (!own_key_.empty() && key == own_key_) {
        return {outcome::own, nullptr};
    }
    const auto digest = digest_of(key);
    if (const auto known = holders_.find(digest); known != holders_.end()) {
        if (known->second.refused()) {
            forget(*known->second.who);
            return {outcome::no_key, nullptr};
        }
        known->second.who->last_used = now;
        return {outcome::found, &known->second};
    }
    return add(digest, key, true);
}

key_ring::found key_ring::add(const std::string& digest, std::string_view key, bool proven) {
    if (!make_room(proven)) {
        return {outcome::too_many, nullptr};
    }
    auto& made = holders_[digest];
    made.proven = proven;
    made.who = std::make_shared<identity>(io_, socket_path_, std::string{key}, memory_);
    made.events = std::make_shared<event_hub>(io_, socket_path_, std::string{key}, memory_);
    return {outcome::found, &made};
}

bool key_ring::take_try(const std::string& peer, clock::time_point now) {
    if (tries_.size() >= most_peers && !tries_.contains(peer)) {
        // Those who have all of their tries again need not be remembered; if nobody has, all begin anew.
        std::erase_if(tries_, [now](const auto& one) { return now - one.second.since > most_tries * try_time; });
        if (tries_.size() >= most_peers) {
            tries_.clear();
        }
    }
    auto& of_peer = tries_[peer];
    const std::chrono::duration<double> passed = now - of_peer.since;
    of_peer.left = std::min(most_tries, of_peer.left + passed / std::chrono::duration<double>{try_time});
    of_peer.since = now;
    if (of_peer.left < 1) {
        return false;
    }
    of_peer.left -= 1;
    return true;
}

void key_ring::give_back_try(const std::string& peer) {
    auto& of_peer = tries_[peer];
    of_peer.left = std::min(most_tries, of_peer.left + 1);
}

/// The identity that has been quiet longest gives way, and first of all one whose key was never found good.
bool key_ring::make_room(bool for_proven) {
    const auto waiting =
        std::ranges::count_if(holders_, [](const auto& one) { return !one.second.proven && !is_quiet(one.second); });
    if (!for_proven && static_cast<std::size_t>(waiting) >= most_unproven) {
        return false;
    }
    if (holders_.size() < most_identities) {
        return true;
    }
    auto oldest = holders_.end();
    for (auto one = holders_.begin(); one != holders_.end(); ++one) {
        const auto age = [](const holder& of) { return std::pair{of.proven, of.who->last_used}; };
        if (is_quiet(one->second) && (oldest == holders_.end() || age(one->second) < age(oldest->second))) {
            oldest = one;
        }
    }
    if (oldest == holders_.end()) {
        return false;
    }
    oldest->second.events->close();
    holders_.erase(oldest);
    return true;
}

key_ring::holder* key_ring::holder_of(const identity& who) noexcept {
    for (auto& [_, one] : holders_) {
        if (one.who.get() == &who) {
            return &one;
        }
    }
    return nullptr;
}

void key_ring::prove(const identity& who, const std::string& peer) {
    auto* const of = holder_of(who);
    if (of != nullptr && !std::exchange(of->proven, true)) {
        give_back_try(peer);
    }
}

void key_ring::forget(const identity& who) {
    const auto one = std::ranges::find_if(holders_, [&who](const auto& h) { return h.second.who.get() == &who; });
    if (one != holders_.end()) {
        const auto events = one->second.events;
        const auto kept = one->second.who;
        const auto digest = one->first;
        holders_.erase(one);
        logins_.end_all_of(digest);
        events->close();
        kept->close();
    }
}

void key_ring::on_tick(clock::time_point now, std::chrono::milliseconds answer_time) {
    std::vector<holder> all;
    all.reserve(holders_.size());
    for (const auto& [_, one] : holders_) {
        all.push_back(one);
    }
    for (const auto& one : all) {
        one.who->on_tick(now, answer_time);
        one.events->on_tick(now, answer_time);
        if (one.refused()) {
            forget(*one.who);
        }
    }
}

void key_ring::close() {
    for (const auto& [_, one] : std::exchange(holders_, {})) {
        one.events->close();
        one.who->close();
    }
}

}  // namespace valhalla::http
