// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/trail_names.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

/// True as well where nobody can tell.
bool has_records(context& io, const params& filter) {
    params p{filter};
    try {
        const auto page = io.call("audit.list", p.number("limit", std::int64_t{1}).done());
        return !items(page.value, "items").empty();
    } catch (const ipc::call_error&) {
        return true;
    }
}

bool has_key(context& io, const std::string& name) {
    try {
        const auto keys = io.call("key.list", "{}");
        return std::ranges::any_of(items(keys.value, "items"),
                                   [&](const auto& key) { return text(key, "name") == name; });
    } catch (const ipc::call_error&) {
        return true;
    }
}

}  // namespace

void tell_unknown_names(context& io, const record_filter& filter) {
    if (filter.actor && !has_records(io, params{}.text("actor", *filter.actor))) {
        io.tell(fmt::format("note: no record of the trail is by anybody called '{}'", *filter.actor));
    }
    if (filter.session && !has_records(io, params{}.number("session", *filter.session))) {
        io.tell(fmt::format("note: there never was a session {}", *filter.session));
    }
}

void tell_unknown_operator(context& io, const std::string& name) {
    if (io.process.knows_user(name) || has_key(io, name) || has_records(io, params{}.text("actor", name))) {
        return;
    }
    io.tell(
        fmt::format("warning: neither the users of this system, nor the keys, nor the trail know anybody called "
                    "'{}': the lock holds whoever will come by exactly this name",
                    name));
}

}  // namespace valhalla::ctl
