// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with a call. `connection_error` is about the way to the daemon, `call_error` is what the daemon
// answered, `answer_error` is an answer that this library cannot read. All derive from `error`.
#pragma once

#include <stdexcept>
#include <string>

#include <boost/json/object.hpp>

namespace valhalla {

class error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// No daemon listens there, it went away, it does not answer in time, or it does not speak our protocol. The message
/// names the socket. Nothing was changed, unless it is an `outcome_unknown`.
class connection_error : public error {
  public:
    using error::error;
};

/// A change was sent and its answer was lost: it was done, or it was not. With a `request_key` the same call may be
/// made again and gets the first answer; without one, look before you repeat it.
class outcome_unknown : public connection_error {
  public:
    using connection_error::connection_error;
};

/// The daemon answered with an error object. Its message is for people; programs compare `kind`.
class call_error : public error {
  public:
    explicit call_error(boost::json::object answered);
    /// The number of JSON-RPC; METHODS.md lists them.
    [[nodiscard]] int code() const noexcept { return code_; }
    /// `data.kind`, e.g. "session_active"; empty when the answer has none.
    [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
    /// The whole `error` object: `data.key` names the parameter that is to blame, `data.nearest` what was perhaps
    /// meant.
    [[nodiscard]] const boost::json::object& object() const noexcept { return error_; }

  private:
    boost::json::object error_;
    int code_ = 0;
    std::string kind_;
};

/// The result of a typed call is not of the shape that this library was built for. The message names the member.
/// The call was carried out.
class answer_error : public error {
  public:
    using error::error;
};

}  // namespace valhalla
