// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/cone.hpp"

#include <utility>

#include "daemon/governor/governor.hpp"
#include "daemon/governor/health.hpp"
#include "daemon/methods/bind.hpp"
#include "daemon/render.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;
namespace commands = governor::commands;

std::string page_json(const schema::cone_page& page) {
    std::string out;
    json_writer json{out};
    json.begin_object().key("items").begin_array();
    for (const auto& row : page.rows) {
        json.begin_object();
        write_cone_members(json, row.what);
        json.member("seq", raw(row.seq)).member("set_by", row.set_by);
        json.end_object();
    }
    json.end_array().key("next_cursor");
    page.next ? json.value(std::to_string(raw(*page.next))) : json.null();
    json.end_object();
    return out;
}

/// The state as it would be in another band or health.
governor::state supposed(const governor::state& s, const api::cone_explain::params& p) {
    auto other = s;
    if (p.band) {
        auto changed = *s.current_cone;
        changed.in_force = from_wire(*p.band);
        other.current_cone = std::make_shared<const cone>(std::move(changed));
        other.health = std::make_shared<const health_verdict>(governor::evaluate_health(other, s.span_now));
    }
    if (p.health) {
        other.health = std::make_shared<const health_verdict>(health_verdict{from_wire(*p.health), {}});
    }
    return other;
}

/// The governor decides on a copy of the published state; the copy and its record are thrown away.
void explain(const governor::state& published, const api::cone_explain::params& p, ipc::call& c) {
    const auto s = supposed(published, p);
    auto copy = s;
    const auto done = governor::execute(copy, commands::decide{.engine = p.engine, .action = p.action},
                                        {.who = {}, .is_owner = false, .now = s.last_ts, .span = s.span_now});
    if (const auto* no = std::get_if<governor::refusal>(&done.result)) {
        c.fail(to_wire(*no));
        return;
    }
    const auto& judged = std::get<governor::answers::decision>(std::get<governor::answer>(done.result));
    std::string out;
    json_writer json{out};
    json.begin_object();
    write_verdict_members(json, judged.what, *s.rules);
    json.member("hypothetical", p.band.has_value() || p.health.has_value());
    json.member("status", to_text(s.health->status));
    json.key("open_steps").begin_array();
    for (const auto& step : s.steps->steps) {
        if (!governor::why_blocked(step, s.current_cone->in_force, s.health->status)) {
            json.value(step.id);
        }
    }
    json.end_array().end_object();
    c.reply(out);
}

}  // namespace

void bind_cone_methods(ipc::method_table& table, const services& with) {
    table.on<api::cone_state>([with](const api::cone_state::params&, ipc::call& c) { c.reply(with.hot.cone()); });
    table.on<api::cone_history>([with](const api::cone_history::params& p, ipc::call& c) {
        std::optional<audit_seq> before;
        if (p.cursor) {
            const auto number = parse_cursor(*p.cursor);
            if (!number) {
                c.fail(bad_cursor(*p.cursor));
                return;
            }
            before = audit_seq{*number};
        }
        with.queries.submit([before, limit = static_cast<std::size_t>(p.limit)](
                                schema::reader& from) { return page_json(from.cones(before, limit)); },
                            c.defer());
    });
    table.on<api::cone_set>([with](api::cone_set::params&& p, ipc::call& c) {
        with.changes.submit(
            commands::set_cone{
                .to = from_wire(p.band), .reason = std::move(p.reason), .metrics_json = std::move(p.metrics_json)},
            c);
    });
    table.on<api::cone_decide>([with](api::cone_decide::params&& p, ipc::call& c) {
        with.changes.submit(commands::decide{.engine = std::move(p.engine), .action = std::move(p.action)}, c);
    });
    table.on<api::cone_explain>(
        [with](const api::cone_explain::params& p, ipc::call& c) { explain(with.hot.state(), p, c); });
}

}  // namespace valhalla
