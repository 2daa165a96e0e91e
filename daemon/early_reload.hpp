// SPDX-License-Identifier: Apache-2.0
//
// A reload that is asked for while the daemon starts, or before it has anything to reload, must not end it, which
// SIGHUP does by default, and is not forgotten: it is done when the daemon serves.
#pragma once

namespace valhalla {

/// Before anything else. Until the I/O thread takes the signal over, it is noted.
void note_early_reloads() noexcept;
/// Whether there was one; the next call says no.
[[nodiscard]] bool take_early_reload() noexcept;

}  // namespace valhalla
