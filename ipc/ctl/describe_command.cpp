// SPDX-License-Identifier: Apache-2.0
//
// describe [METHOD]: what the daemon can be asked, from the table that is compiled in. Needs no daemon.
#include <algorithm>

#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/method_page.hpp"
#include "ipc/ctl/method_reference.hpp"
#include "ipc/nearest.hpp"
#include "ipc/open_rpc.hpp"

namespace valhalla::ctl {

namespace {

struct describe_options {
    std::string method;
    bool markdown = false;
};

/// All methods, those of a family ("session"), or one. A `fault` when there is none of that name.
std::vector<ipc::method_info> chosen_methods(const std::string& name) {
    auto all = ipc::describe_api();
    if (name.empty()) {
        return all;
    }
    std::vector<std::string_view> names;
    std::ranges::transform(all, std::back_inserter(names), &ipc::method_info::name);
    const auto others = std::ranges::remove_if(
        all, [&](const ipc::method_info& one) { return one.name != name && !one.name.starts_with(name + '.'); });
    all.erase(others.begin(), others.end());
    if (all.empty()) {
        const auto nearest = ipc::nearest_name(name, names);
        throw fault{exit_code::wrong_usage,
                    fmt::format("there is no method '{}'{}", name,
                                nearest.empty() ? "; 'valhallactl describe' lists them"
                                                : fmt::format("; did you mean '{}'?", nearest))};
    }
    return all;
}

exit_code describe(context& io, const describe_options& options) {
    const auto methods = chosen_methods(options.method);
    if (options.markdown) {
        io.out.verbatim(method_reference(methods));
    } else if (io.json) {
        io.out.json_line(ipc::open_rpc_document(VALHALLACTL_VERSION, methods));
    } else if (methods.size() == 1) {
        show_method(io.out, methods.front());
    } else {
        show_methods(io.out, methods);
    }
    return exit_code::done;
}

}  // namespace

void add_describe_command(CLI::App& app, command& chosen) {
    const auto o = std::make_shared<describe_options>();
    auto& verb = *app.add_subcommand("describe", "The daemon's methods; with --json as OpenRPC");
    verb.add_option("method", o->method, "Like session.start, or session for all of its kind; without it all methods")
        ->type_name("METHOD");
    verb.add_flag("--markdown", o->markdown)->group("");
    on_choice(verb, chosen, o, describe);
}

}  // namespace valhalla::ctl
