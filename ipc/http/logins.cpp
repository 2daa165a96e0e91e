// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/logins.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <openssl/rand.h>

#include "ipc/http/connection.hpp"
#include "ipc/http/response.hpp"
#include "ipc/http/sha256.hpp"

namespace valhalla::http {

namespace {

/// 64 hexadecimal digits.
[[nodiscard]] std::string new_secret() {
    std::array<unsigned char, 32> chance{};
    if (::RAND_bytes(chance.data(), static_cast<int>(chance.size())) != 1) {
        throw std::runtime_error{"the system has no random numbers"};
    }
    return hex_digits(chance.data(), chance.size());
}

}  // namespace

std::string digest_of(std::string_view secret) {
    return etag_of(secret);
}

login_book::begun login_book::begin(std::string_view key, clock::time_point now) {
    on_tick(now);
    const auto digest = digest_of(key);
    make_room(most_of_a_key, [&digest](const login& one) { return one.key_digest == digest; });
    make_room(most_logins, [](const login&) { return true; });
    begun made{.cookie = new_secret()};
    made.what =
        &logins_
             .insert_or_assign(
                 digest_of(made.cookie),
                 login{.key = std::string{key}, .key_digest = digest, .csrf = new_secret(), .ends = now + lasts_})
             .first->second;
    return made;
}

/// For one more of those that count.
template <class Counts>
void login_book::make_room(std::size_t most, const Counts& counts) {
    std::size_t count = 0;
    auto first = logins_.end();
    for (auto one = logins_.begin(); one != logins_.end(); ++one) {
        if (counts(one->second)) {
            ++count;
            if (first == logins_.end() || one->second.ends < first->second.ends) {
                first = one;
            }
        }
    }
    if (count >= most) {
        end(first);
    }
}

const login_book::login* login_book::find(std::string_view cookie, clock::time_point now) const {
    const auto found = logins_.find(digest_of(cookie));
    return found != logins_.end() && now < found->second.ends ? &found->second : nullptr;
}

bool login_book::keep(std::string_view cookie, const std::shared_ptr<connection>& stream) {
    const auto found = logins_.find(digest_of(cookie));
    if (found == logins_.end()) {
        return false;
    }
    found->second.streams.push_back(stream);
    return true;
}

login_book::logins::iterator login_book::end(logins::iterator one) {
    const auto streams = std::move(one->second.streams);
    const auto next = logins_.erase(one);
    for (const auto& stream : streams) {
        if (const auto open = stream.lock()) {
            open->close();
        }
    }
    return next;
}

void login_book::end(std::string_view cookie) {
    if (const auto found = logins_.find(digest_of(cookie)); found != logins_.end()) {
        end(found);
    }
}

void login_book::end_all_of(std::string_view key_digest) {
    for (auto one = logins_.begin(); one != logins_.end();) {
        one = one->second.key_digest == key_digest ? end(one) : std::next(one);
    }
}

void login_book::on_tick(clock::time_point now) {
    for (auto one = logins_.begin(); one != logins_.end();) {
        // What is expired keeps the memory of its connection.
        std::erase_if(one->second.streams, [](const auto& stream) { return stream.expired(); });
        one = now < one->second.ends ? std::next(one) : end(one);
    }
}

std::string_view login_cookie_name(bool secure) noexcept {
    return secure ? "__Host-valhalla-login" : "valhalla-login";
}

std::optional<std::string_view> cookie_value(std::string_view field, std::string_view name) noexcept {
    std::optional<std::string_view> found;
    while (!field.empty()) {
        const auto end = std::min(field.find(';'), field.size());
        auto one = field.substr(0, end);
        field.remove_prefix(std::min(end + 1, field.size()));
        one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=') {
            if (found) {
                return std::string_view{};
            }
            found = one.substr(name.size() + 1);
        }
    }
    return found;
}

std::string login_cookie_line(std::string_view value, bool secure) {
    std::string line = "Set-Cookie: ";
    line.append(login_cookie_name(secure)).append("=").append(value).append("; Path=/; HttpOnly; SameSite=Strict");
    return line.append(secure ? "; Secure\r\n" : "\r\n");
}

std::string end_cookie_line(bool secure) {
    auto line = login_cookie_line({}, secure);
    return line.insert(line.size() - 2, "; Max-Age=0");
}

}  // namespace valhalla::http
