// SPDX-License-Identifier: Apache-2.0
//
// The I/O thread's loop. Falling asleep and being woken takes a thread, and its core, some 10 µs each time; the change
// of a lone client waits for that twice. So while events come soon after each other, the loop looks for the next one
// for a while before it sleeps, giving way to whoever else wants the core.
//
// What was foretells what will be: there is looking only after several wake-ups in a row that came within `longest` and
// had little to do. So a burst of events wastes at most `longest` of processor time, and a daemon that nobody asks
// anything wastes none.
#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>

namespace valhalla {

/// Runs handlers until `io` is stopped or has no more work, as `io.run()` does. With `longest` zero it always sleeps.
void run_io(boost::asio::io_context& io, std::chrono::microseconds longest);

}  // namespace valhalla
