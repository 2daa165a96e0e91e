// SPDX-License-Identifier: Apache-2.0
#include "ipc/method_table.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ipc/api/methods.hpp"
#include "ipc/nearest.hpp"

namespace valhalla::ipc {

namespace {

template <method... M>
constexpr std::array<std::string_view, sizeof...(M)> names_of(method_list<M...> /*all*/) {
    return {M::name...};
}

constexpr auto api_names = names_of(api::all_methods{});

}  // namespace

std::size_t method_table::slot_of(std::string_view name) const noexcept {
    // Names have at least 8 bytes in practice; shorter ones are padded with zeros. Begin, end and length tell all
    // names of an API apart; whoever sends others is told so by the comparison that follows.
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    const std::size_t size = std::min(name.size(), sizeof head);
    std::memcpy(&head, name.data(), size);
    std::memcpy(&tail, name.data() + (name.size() - size), size);
    const std::uint64_t mixed = (head * 0x9e3779b97f4a7c15U ^ tail ^ name.size()) * seed_;
    return mixed >> 54U;
    static_assert(slot_count == std::size_t{1} << (64U - 54U));
}

const bound_method* method_table::find(std::string_view name) const noexcept {
    const std::uint16_t index = slots_[slot_of(name)];
    if (index == 0 || methods_[index - 1U]->info().name != name) {
        return nullptr;
    }
    return methods_[index - 1U].get();
}

bool method_table::set_rate(std::string_view name, std::optional<call_rate> rate) {
    const std::uint16_t index = slots_[slot_of(name)];
    if (find(name) == nullptr) {
        return false;
    }
    methods_[index - 1U]->set_rate(rate);
    return true;
}

void method_table::add(std::unique_ptr<bound_method> m) {
    if (find(m->info().name) != nullptr) {
        throw std::logic_error{fmt::format("method {} is bound twice", m->info().name)};
    }
    methods_.push_back(std::move(m));
    methods_.back()->number_ = static_cast<std::uint16_t>(methods_.size());
    place_all();
}

// Tries seeds until every name has a slot of its own: with a few dozen names in 1,024 slots a handful of tries.
void method_table::place_all() {
    constexpr int most_tries = 100'000;
    for (int i = 0; i < most_tries; ++i) {
        seed_ = seed_ * 6364136223846793005U + 1442695040888963407U;
        seed_ |= 1U;
        slots_.fill(0);
        const bool placed = std::ranges::all_of(methods_, [&, index = std::uint16_t{0}](const auto& m) mutable {
            ++index;
            return std::exchange(slots_[slot_of(m->info().name)], index) == 0;
        });
        if (placed) {
            return;
        }
    }
    throw std::logic_error{"no perfect hash for the names of the methods"};
}

std::vector<std::string_view> method_table::unbound() const {
    std::vector<std::string_view> names;
    std::ranges::copy_if(api_names, std::back_inserter(names), [&](auto name) { return find(name) == nullptr; });
    return names;
}

void method_table::require_complete() const {
    if (const auto missing = unbound(); !missing.empty()) {
        throw std::logic_error{fmt::format("methods without a handler: {}", fmt::join(missing, ", "))};
    }
}

std::string_view method_table::nearest(std::string_view name) const {
    std::vector<std::string_view> names;
    std::ranges::transform(methods_, std::back_inserter(names), [](const auto& m) { return m->info().name; });
    return nearest_name(name, names);
}

}  // namespace valhalla::ipc
