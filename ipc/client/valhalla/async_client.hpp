// SPDX-License-Identifier: Apache-2.0
//
// A client of valhallad that never waits: it lives on your own Boost.Asio executor and calls you back.
//
//   boost::asio::io_context loop;
//   valhalla::async_client daemon{loop.get_executor()};
//   daemon.call(valhalla::api::cone_decide{.engine = "wholesaling", .action = "optimize"}, [&](auto outcome) {
//       std::cout << (outcome.value().allowed ? "yes" : "no") << '\n';
//       daemon.close();
//   });
//   loop.run();
//
// Calls may be made at any time, also before there is a connection, and as many as you like without waiting for
// answers: they are sent at once, in order, and answered in order. What happens after a lost connection is as in
// <valhalla/client.hpp>, with one difference: a client that is not closed goes on trying to connect, so that
// `connected` tells a follower when to follow again. `client_options::timeout` is that of each call.
//
// Everything, handlers too, happens on the executor, which must run one thing at a time (an io_context with one thread,
// or a strand); the client may be used there alone. No handler is called before the function that took it returned, and
// each is called exactly once, also when the client is closed or destroyed; what a handler throws comes out of `run()`.
// The client keeps the executor busy until it is closed. This header is compiled by its user, with his Asio.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <valhalla/detail/async_core.hpp>
#include <valhalla/error.hpp>
#include <valhalla/method.hpp>
#include <valhalla/options.hpp>
#include <valhalla/outcome.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace valhalla {

class async_client {
  public:
    /// Begins to connect. Throws `connection_error` when the path is too long, nothing else.
    explicit async_client(boost::asio::any_io_executor executor, client_options options = {},
                          async_handlers handlers = {})
        : core_{std::make_shared<detail::async_core>(std::move(executor), std::move(options), std::move(handlers))} {
        core_->start();
    }
    /// As `close`.
    ~async_client() { close(); }
    async_client(async_client&&) noexcept = default;
    async_client& operator=(async_client&& other) noexcept {
        close();
        core_ = std::move(other.core_);
        return *this;
    }
    async_client(const async_client&) = delete;
    async_client& operator=(const async_client&) = delete;

    /// A typed call. `handler` is `void(outcome<M::result>)`, copyable.
    template <method M, std::invocable<outcome<typename M::result>> Handler>
    void call(const M& request, Handler handler) {
        using result = typename M::result;
        call(M::rpc_name, encode(request),
             [done = std::move(handler)](const outcome<boost::json::value>& answer) mutable {
                 done(typed<result>(answer));
             });
    }

    /// Any method by its name.
    void call(std::string_view method, const boost::json::object& params,
              std::function<void(outcome<boost::json::value>)> handler) {
        core_->call(method, params, std::move(handler));
    }

    /// Ends the connection for ever. The calls that wait are told soon afterwards, on the executor.
    void close() {
        if (core_) {
            core_->close();
        }
    }

  private:
    template <class Result>
    static outcome<Result> typed(const outcome<boost::json::value>& answer) {
        if (!answer) {
            return outcome<Result>{answer.failure()};
        }
        Result result;
        try {
            decode(answer.value(), result);
        } catch (const answer_error&) {
            return outcome<Result>{std::current_exception()};
        }
        return outcome<Result>{std::move(result)};
    }

    std::shared_ptr<detail::async_core> core_;
};

}  // namespace valhalla
