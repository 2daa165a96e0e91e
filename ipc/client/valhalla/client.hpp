// SPDX-License-Identifier: Apache-2.0
//
// A blocking client of valhallad: one connection, one request at a time.
//
//   valhalla::client daemon;
//   const auto session = daemon.call(valhalla::api::session_start{.notes = "weekly review"});
//   std::cout << session.id << '\n';
//
// When the connection is lost it connects again by itself. What was certainly not carried out is sent again, and so is
// what may be carried out twice: reads, and changes with a `request_key`. A change without a key whose answer was lost
// is an `outcome_unknown`; it is never sent twice.
//
// A client belongs to one thread at a time; use one for each thread. Two clients share nothing.
//
// Notifications come after a call that asks for them (audit.follow). Those that arrive while an answer is awaited are
// kept for `next_notification`, up to a bound; otherwise they stay in the socket, and the daemon sees that they are not
// taken.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <valhalla/error.hpp>
#include <valhalla/method.hpp>
#include <valhalla/options.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace valhalla {

class client {
  public:
    /// Connects, once. Throws `connection_error`.
    explicit client(client_options options = {});
    /// Closes the connection.
    ~client();
    /// A client that was moved from may only be destroyed or assigned to.
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;

    /// A typed call: the members of `request` are the parameters. Throws `call_error`, `connection_error` and
    /// `outcome_unknown`; `answer_error` when the daemon is of another age.
    template <method M>
    typename M::result call(const M& request) {
        typename M::result result;
        decode(call(M::rpc_name, encode(request)), result);
        return result;
    }

    /// Any method by its name. The `result`. Throws as above, but `answer_error`.
    boost::json::value call(std::string_view method, const boost::json::object& params = {});

    /// The reply's line as it came, without its newline; error replies too. `params_json`: a JSON object, or empty.
    /// Sent once, whatever it is: never repeated. Throws `connection_error` and `outcome_unknown`, and
    /// `std::invalid_argument` when `params_json` is over several lines and malformed.
    std::string call_raw(std::string_view method, std::string_view params_json);

    /// The next notification's line, without its newline. Waits as long as it takes, but no longer than until
    /// `stop_descriptor` can be read: then nothing. Below zero it is not looked at. Throws `connection_error` when the
    /// connection is lost, and once after a call connected again: follows end with their connection.
    std::optional<std::string> next_notification(int stop_descriptor = -1);

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace valhalla
