// SPDX-License-Identifier: Apache-2.0
//
// Several commands, all or nothing. They are tried on a copy of the state, which takes its place when all were
// accepted: a refusal has nothing to undo.
#include <iterator>
#include <utility>

#include "daemon/governor/governor.hpp"

namespace valhalla::governor {

std::optional<refused_one> execute_all(
    state& s, std::span<const command> all, const context& ctx, std::vector<audit_entry>& records,
    const std::function<std::optional<refusal>(const answer&, const state&)>& answered) {
    state tried = s;
    std::vector<audit_entry> recorded;
    for (std::size_t i = 0; i < all.size(); ++i) {
        outcome done = execute(tried, all[i], ctx);
        if (auto* const no = std::get_if<refusal>(&done.result)) {
            return refused_one{i, std::move(*no)};
        }
        if (auto no = answered(std::get<answer>(done.result), tried)) {
            return refused_one{i, *std::move(no)};
        }
        std::ranges::move(done.records, std::back_inserter(recorded));
    }
    std::ranges::move(recorded, std::back_inserter(records));
    s = std::move(tried);
    return std::nullopt;
}

}  // namespace valhalla::governor
