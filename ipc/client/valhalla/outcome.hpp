// SPDX-License-Identifier: Apache-2.0
//
// How a call without waiting went: a value, or the exception that a blocking call would have thrown.
#pragma once

#include <exception>
#include <optional>
#include <utility>

namespace valhalla {

template <class T>
class outcome {
  public:
    explicit outcome(T value) : value_{std::move(value)} {}
    explicit outcome(std::exception_ptr failure) noexcept : failure_{std::move(failure)} {}

    [[nodiscard]] explicit operator bool() const noexcept { return value_.has_value(); }
    /// The value; throws the failure where there is none.
    [[nodiscard]] const T& value() const& {
        require();
        return *value_;
    }
    [[nodiscard]] T value() && {
        require();
        return std::move(*value_);
    }
    /// Null where there is a value.
    [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }

  private:
    void require() const {
        if (!value_) {
            std::rethrow_exception(failure_);
        }
    }
    std::optional<T> value_;
    std::exception_ptr failure_;
};

}  // namespace valhalla
