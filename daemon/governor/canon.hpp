// SPDX-License-Identifier: Apache-2.0
//
// The canon: which engines there are, of which class, and which actions a class may do in which band. It is data
// (a policy file, see packaging/policy.toml); this is its form in memory and its rule.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/model/judgement.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla::governor {

struct engine {
    std::string name;
    std::string klass;
    bool allow_optimization = false;
    bool year1_allowed = false;
    std::optional<double> hard_cap_usd;
};

/// The matrix keeps the actions of a cell as the bits of one word.
inline constexpr std::size_t max_actions = 64;

/// A judgement, and the way out when it is a refusal. Cheap to copy.
struct verdict {
    std::shared_ptr<const judgement> what;
    /// The nearest band in which the answer would be the other way round to allowed; absent when already allowed
    /// or when no band allows it.
    std::optional<band> allowed_in;
};

/// Cells (engines times actions) up to which a canon's verdicts are all kept ready: some 3 KiB each for all bands.
inline constexpr std::size_t max_prepared_cells = 4'096;

/// Engines and classes in the order of the file. Made by `load_canon` (daemon/policy_file.hpp), never changed.
struct canon {
    std::vector<engine> engines;
    std::vector<std::string> classes;
    std::vector<std::string> actions;
    /// `allowed[band][class index]` = bit set over `actions`.
    std::array<std::vector<std::uint64_t>, 4> allowed;
    std::string sha256;  ///< 64 hex digits, of the file's bytes
    std::string source;  ///< path, or `built-in`
    /// By engine, action and band, in this order of weight; empty when not prepared.
    std::vector<verdict> verdicts;

    /// Works all verdicts out, unless they are too many. Last of all: they depend on everything above.
    void prepare();

    [[nodiscard]] const engine* find_engine(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::size_t> find_class(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::size_t> find_action(std::string_view name) const noexcept;
    [[nodiscard]] bool permits(band b, std::size_t class_index, std::size_t action_index) const noexcept;
};

/// A name that the canon does not have, with the nearest ones that it has (at most three, nearest first).
struct unknown_name {
    enum class what_kind : std::uint8_t { engine, action } what;
    std::string name;
    std::vector<std::string> nearest;
};

/// "May `engine` do `action` in `b`?" Pure, records nothing.
[[nodiscard]] std::variant<verdict, unknown_name> judge(const canon& rules, band b, std::string_view engine,
                                                        std::string_view action);

/// At most three of `known` that resemble `name`, nearest first: edit distance at most a third of the
/// length + 1, and 4. Names of more than 40 bytes resemble nothing.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known);

}  // namespace valhalla::governor
