// SPDX-License-Identifier: Apache-2.0
//
// call METHOD [JSON]: any method, as it is on the wire.
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"

namespace valhalla::ctl {

namespace {

struct call_options {
    std::string method;
    std::string params = "{}";
};

exit_code call(context& io, const call_options& options) {
    if (!io.request_key.empty() && repeat_of(options.method) != repeat::with_request_key) {
        throw fault{exit_code::wrong_usage, fmt::format("{} takes no request key", options.method)};
    }
    const auto result = io.call(options.method, json_object_of_user(options.params, "the parameters"));
    if (!io.printed_as_json(result)) {
        io.out.json_pretty(result.text);
    }
    return exit_code::done;
}

}  // namespace

void add_call_command(CLI::App& app, command& chosen) {
    const auto o = std::make_shared<call_options>();
    auto& verb = *app.add_subcommand("call", "Call any method of the daemon and print its result");
    verb.add_option("method", o->method, "Like session.status")->required()->type_name("METHOD");
    verb.add_option("params", o->params, "Its parameters, a JSON object")->type_name("JSON");
    on_change(verb, chosen, o, call);
}

}  // namespace valhalla::ctl
