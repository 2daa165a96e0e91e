// SPDX-License-Identifier: Apache-2.0
//
// What a peer gets without asking for each: notifications that the daemon sends along a connection. Pulled, not pushed:
// a source hands over lines only while the connection is ready, which is when its peer has taken all that was sent
// before. So a slow reader holds up nobody but itself and costs no memory. I/O thread only.
#pragma once

#include <memory>
#include <string_view>

namespace valhalla::ipc {

/// Where notifications come from. One per connection.
class push_source {
  public:
    virtual ~push_source() = default;
    /// The connection is ready again. Must not push within the call; `push_channel::push` later.
    virtual void on_ready() = 0;
    /// The peer has taken nothing for `limits::push_stall_time`. Last words may be pushed; they go out if it wakes up
    /// before the connection is closed.
    virtual void on_stalled() = 0;
    /// Nothing can be pushed any more.
    virtual void on_closed() = 0;
};

/// The connection as a source sees it.
class push_channel {
  public:
    virtual ~push_channel() = default;
    /// True while everything said before is taken and no batch reply is half written.
    [[nodiscard]] virtual bool ready() const noexcept = 0;
    /// Sends complete lines. Meant for while it is `ready`; last words may be pushed at any time, and wait for the end
    /// of a batch reply. Ignored on a closed connection.
    virtual void push(std::string_view lines) = 0;
    /// A connection with a source stays open after its peer has shut down its sending side. Null takes it away.
    virtual void set_source(std::shared_ptr<push_source> source) = 0;
};

}  // namespace valhalla::ipc
