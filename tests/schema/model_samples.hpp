// SPDX-License-Identifier: Apache-2.0
//
// Random but repeatable values of the model, for tests of everything that stores or sends them.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "schema/model/event.hpp"

namespace valhalla::tests {

class sampler {
  public:
    explicit sampler(std::uint64_t seed) : random_{seed} {}

    std::int64_t number(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>{least, most}(random_);
    }
    bool coin() { return number(0, 1) == 1; }
    unix_micros time() { return micros_at(number(-60'000'000'000'000'000, 200'000'000'000'000'000)); }
    /// Quotes, controls, non-ASCII, NUL: everything that a string may hold.
    std::string text();
    std::string json_object();
    band any_band() { return static_cast<band>(number(0, 3)); }
    health_level level() { return static_cast<health_level>(number(0, 2)); }
    access_role role() { return static_cast<access_role>(number(0, 3)); }
    cone any_cone() { return {any_band(), text(), time(), json_object()}; }
    thresholds limits();
    session any_session();
    progress_map progress();
    actor who();
    /// Of the kind with this index in the variant; consistent with its envelope.
    audit_entry entry(std::size_t kind);

    template <class T, class Make>
    std::optional<T> maybe(Make make) {
        return coin() ? std::optional<T>{make()} : std::nullopt;
    }
    std::optional<std::string> maybe_text() {
        return maybe<std::string>([this] { return text(); });
    }

  private:
    event what(std::size_t kind, const audit_entry& around);
    std::mt19937_64 random_;
};

inline constexpr std::size_t event_kinds = std::variant_size_v<event>;

}  // namespace valhalla::tests
