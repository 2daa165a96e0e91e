// SPDX-License-Identifier: Apache-2.0
//
// daemon.*, rpc.*: the process itself.
#pragma once

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

struct daemon_info {
    static constexpr std::string_view name = "daemon.info";
    static constexpr std::string_view summary =
        "Version, instance, where its data lies, and the caller's name and role.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("version", "The daemon's version."),
        integer("pid", "Its process."),
        text("instance", "Made at random with the state; tells one state from another."),
        time("started_at_utc", "When it started."),
        text("state_dir", "Where its state lies."),
        text("socket", "Where it listens."),
        of("audit", shapes::trail, "The trail."),
        text("operator", "The caller's name."),
        word("role", shapes::role_words, "The caller's role."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct daemon_metrics {
    static constexpr std::string_view name = "daemon.metrics";
    static constexpr std::string_view summary = "What the daemon counts and measures, as Prometheus reads it.";
    // Its figures are of one moment; they become text on the query thread.
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("content_type", "What an HTTP server would call the text."),
        text("text", "Every metric with its help and its type; METRICS.md lists them."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

/// By the name that the OpenRPC specification demands.
struct rpc_discover {
    static constexpr std::string_view name = "rpc.discover";
    static constexpr std::string_view summary = "This API as an OpenRPC document.";
    static constexpr effect kind = effect::hot_read;
    static constexpr role needs = role::viewer;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("openrpc", "Version of the OpenRPC specification."),
        object("info", "Title and version of this API."),
        array_of(object("methods", "Every method: parameters, result, errors, an example.")),
        object("components", "What several methods share: shapes of results, errors."),
        array_of(object("x-errors", "Errors of lines that are not a call of a method.")),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct daemon_stop {
    static constexpr std::string_view name = "daemon.stop";
    static constexpr std::string_view summary =
        "Stops the daemon after everything accepted is answered. With a request key, a retry that reaches the daemon "
        "after its restart does not stop it again.";
    static constexpr effect kind = effect::task;
    static constexpr role needs = role::owner;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        flag("stopping", "Always true."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

}  // namespace valhalla::ipc::api
