// SPDX-License-Identifier: Apache-2.0
//
// How a part of the state is changed: parts are immutable as soon as anybody else holds them, so a change clones
// first. Within one batch of the ledger only the first change of a part pays for the clone.
#pragma once

#include <memory>
#include <utility>

namespace valhalla::governor {

/// The part, for writing: itself while this state alone holds it, else a copy that takes its place. Parts must have
/// been made as non-const objects (`std::make_shared<T>`). Only the state's own thread may call this.
template <class T>
[[nodiscard]] T& writable(std::shared_ptr<const T>& part) {
    if (part.use_count() == 1) {
        // Nobody else can come by a reference any more. Taking one more ourselves is an acquiring read-modify-write of
        // the counter: what the last other holder read, he read before we write.
        [[maybe_unused]] const std::shared_ptr<const T> after_the_last_reader = part;  // NOLINT(performance-*)
        return const_cast<T&>(*part);
    }
    auto copy = std::make_shared<T>(*part);
    T& fresh = *copy;
    part = std::move(copy);
    return fresh;
}

}  // namespace valhalla::governor
