// SPDX-License-Identifier: Apache-2.0
//
// From a method's name to what carries it out. Filled once at start by the daemon, one `on<M>` per method, then only
// read. Lives as long as the server; I/O thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/call.hpp"
#include "ipc/json_reader.hpp"
#include "ipc/method.hpp"
#include "ipc/rate_limiter.hpp"
#include "ipc/traffic.hpp"

namespace valhalla::ipc {

/// A method and its handler, types erased.
class bound_method {
  public:
    explicit bound_method(method_info info) : info_{std::move(info)} {}
    virtual ~bound_method() = default;
    bound_method(const bound_method&) = delete;
    bound_method& operator=(const bound_method&) = delete;

    [[nodiscard]] const method_info& info() const noexcept { return info_; }
    /// Reads the parameters and calls the handler, or answers `invalid_params`. `params` is a JSON object or empty.
    virtual void run(std::string_view params, json_scratch& scratch, call& c) const = 0;

    /// How often one user may call it; null: as often as he likes.
    [[nodiscard]] const call_rate* rate() const noexcept { return rate_ ? &*rate_ : nullptr; }
    void set_rate(std::optional<call_rate> rate) { rate_ = rate; }

    [[nodiscard]] method_label label() const noexcept { return {info_.name, info_.kind, number_}; }

  private:
    friend class method_table;

    method_info info_;
    std::uint16_t number_ = 0;  // in its table, from 1 on
    std::optional<call_rate> rate_;
};

class method_table {
  public:
    /// `handler` is `void(const M::params&, call&)`; one that takes `M::params` by value or `M::params&&` may keep
    /// them. An exception that it throws is answered with `internal_error`. Throws std::logic_error when M has one
    /// already.
    template <method M, class Handler>
    void on(Handler handler) {
        class bound final : public bound_method {
          public:
            explicit bound(Handler h) : bound_method{describe<M>()}, handler_{std::move(h)} {}
            void run(std::string_view raw, json_scratch& scratch, call& c) const override {
                typename M::params params{};
                rpc_error error;
                std::string request_key;
                if (!read_params(M::fields, raw, scratch, params, error,
                                 does_something(M::kind) ? &request_key : nullptr)) {
                    c.fail(error);
                    return;
                }
                if (!request_key.empty()) {
                    c.set_request_key(std::move(request_key));
                }
                handler_(std::move(params), c);
            }

          private:
            mutable Handler handler_;
        };
        add(std::make_unique<bound>(std::move(handler)));
    }

    /// Null when there is no such method.
    [[nodiscard]] const bound_method* find(std::string_view name) const noexcept;
    /// False when there is no such method. I/O thread.
    bool set_rate(std::string_view name, std::optional<call_rate> rate);
    /// Names of the API's methods that have no handler yet.
    [[nodiscard]] std::vector<std::string_view> unbound() const;
    /// Throws std::logic_error that names them. The daemon calls it before it listens.
    void require_complete() const;
    /// The method whose name is nearest to `name`; empty when none resembles it.
    [[nodiscard]] std::string_view nearest(std::string_view name) const;
    [[nodiscard]] const std::vector<std::unique_ptr<bound_method>>& methods() const noexcept { return methods_; }

  private:
    void add(std::unique_ptr<bound_method> m);
    void place_all();

    // A perfect hash: `seed_` is chosen so that no two names share a slot.
    static constexpr std::size_t slot_count = 1'024;
    [[nodiscard]] std::size_t slot_of(std::string_view name) const noexcept;

    std::vector<std::unique_ptr<bound_method>> methods_;
    std::array<std::uint16_t, slot_count> slots_{};  // index in `methods_` + 1; 0 = empty
    std::uint64_t seed_ = 1;
};

}  // namespace valhalla::ipc
