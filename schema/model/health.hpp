// SPDX-License-Identifier: Apache-2.0
//
// Health as stored and shown. How a status is reached is the governor's business (daemon/governor/health.hpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/model/json_writer.hpp"
#include "schema/model/span_time.hpp"
#include "schema/model/vocabulary.hpp"

namespace valhalla {

/// What one source said of itself. One per source; a newer one replaces it.
struct health_signal {
    std::string source;
    health_level level = health_level::green;
    std::string message;
    unix_micros reported_at{};
    std::optional<unix_micros> expires_at;  ///< as recorded
    std::string reporter;                   ///< name of the actor
    /// From then on the signal is stale: it counts as yellow and says so, until it is reported anew or cleared. Absent
    /// as `expires_at` is.
    span_mark goes_stale{};

    friend bool operator==(const health_signal&, const health_signal&) = default;
};

/// A status and the sentences that explain it; green has none.
struct health_verdict {
    health_level status = health_level::green;
    std::vector<std::string> reasons;

    friend bool operator==(const health_verdict&, const health_verdict&) = default;
};

/// `{source, level, message, reported_at_utc, expires_at_utc, reporter}`.
void write_signal(json_writer& json, const health_signal& s);
/// `{status, reasons}`.
void write_verdict(json_writer& json, const health_verdict& v);

}  // namespace valhalla
