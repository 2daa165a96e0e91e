// SPDX-License-Identifier: Apache-2.0
//
// Browsers that logged in with a key: what their cookies stand for. All of it is in memory alone, so it ends with the
// process. A cookie is known by its digest, is made here and never by a client, and does not open a change without the
// token of its login. I/O thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace valhalla::http {

class connection;

class login_book {
  public:
    using clock = std::chrono::steady_clock;

    /// A person has some browsers. Beyond, the login that ends first gives way: of the key, or of all.
    static constexpr std::size_t most_of_a_key = 16;
    static constexpr std::size_t most_logins = 1'024;

    struct login {
        std::string key;         ///< that it was made with
        std::string key_digest;  ///< as digest_of
        std::string csrf;        ///< what X-VALHALLA-CSRF of its changes has to be
        clock::time_point ends;
        std::vector<std::weak_ptr<connection>> streams{};  ///< of events, which end with it
    };
    struct begun {
        std::string cookie;
        const login* what = nullptr;  ///< until the next call
    };

    /// `lasts`: from its beginning, however often it is used.
    explicit login_book(std::chrono::milliseconds lasts) : lasts_{lasts} {}

    [[nodiscard]] begun begin(std::string_view key, clock::time_point now);
    /// Null when there is none, or it ended. Until the next call.
    [[nodiscard]] const login* find(std::string_view cookie, clock::time_point now) const;
    /// `stream` is closed when the login ends. False when it has ended already.
    [[nodiscard]] bool keep(std::string_view cookie, const std::shared_ptr<connection>& stream);
    void end(std::string_view cookie);
    /// The key is not valid any more.
    void end_all_of(std::string_view key_digest);
    /// Ends those whose time is over.
    void on_tick(clock::time_point now);

    [[nodiscard]] std::size_t size() const noexcept { return logins_.size(); }

  private:
    using logins = std::unordered_map<std::string, login>;

    template <class Counts>
    void make_room(std::size_t most, const Counts& counts);
    logins::iterator end(logins::iterator one);

    std::chrono::milliseconds lasts_;
    logins logins_;  // by digest of the cookie
};

/// How secrets are known here: 128 bits of SHA-256.
[[nodiscard]] std::string digest_of(std::string_view secret);

/// The cookie of a login. Where it travels encrypted, its name keeps browsers from taking it from anybody else.
[[nodiscard]] std::string_view login_cookie_name(bool secure) noexcept;
/// What `name` has in a `Cookie` field. Nothing when it is not there; empty when it is there twice, as one of the two
/// is somebody else's.
[[nodiscard]] std::optional<std::string_view> cookie_value(std::string_view field, std::string_view name) noexcept;
/// Lines with `Set-Cookie`, to begin a login and to end it.
[[nodiscard]] std::string login_cookie_line(std::string_view value, bool secure);
[[nodiscard]] std::string end_cookie_line(bool secure);

}  // namespace valhalla::http
