// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/audit.hpp"

#include <utility>

#include "daemon/methods/bind.hpp"
#include "daemon/methods/event_filter.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

schema::audit_query trail_query(api::audit_list::params&& p) {
    schema::audit_query query;
    query.event = std::move(p.event);
    query.actor = std::move(p.actor);
    query.since = p.since;
    query.until = p.until;
    query.limit = static_cast<std::size_t>(p.limit);
    if (p.session) {
        query.session = session_id{*p.session};
    }
    if (p.after) {
        query.after = audit_seq{*p.after};
    }
    if (p.before) {
        query.before = audit_seq{*p.before};
    }
    return query;
}

std::string page_json(const schema::audit_page& page) {
    std::string out;
    json_writer json{out};
    json.begin_object().key("items").begin_array();
    for (const auto& record : page.records) {
        json.raw(record);
    }
    json.end_array().key("next_cursor");
    page.next ? json.value(raw(*page.next)) : json.null();
    json.member("order", page.ascending ? "ascending" : "descending").end_object();
    return out;
}

}  // namespace

void bind_audit_methods(ipc::method_table& table, const services& with) {
    table.on<api::audit_append>([with](api::audit_append::params&& p, ipc::call& c) {
        with.changes.submit(
            governor::commands::append_event{.name = std::move(p.event), .payload_json = std::move(p.payload_json)}, c);
    });
    table.on<api::audit_list>([with](api::audit_list::params&& p, ipc::call& c) {
        with.queries.submit(
            [query = trail_query(std::move(p))](schema::reader& from) -> query_pool::answer {
                if (is_strange_event(query.event)) {
                    if (auto refusal = refuse_strange_event(from, *query.event)) {
                        return *std::move(refusal);
                    }
                }
                return page_json(from.audit(query));
            },
            c.defer());
    });
}

}  // namespace valhalla
