// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/session.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/methods/bind.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;
namespace commands = governor::commands;

schema::session_query sessions_query(api::session_list::params&& p) {
    schema::session_query query;
    query.operator_name = std::move(p.operator_name);
    query.since = p.since;
    query.until = p.until;
    query.active = p.active;
    query.limit = static_cast<std::size_t>(p.limit);
    return query;
}

std::string page_json(const schema::session_page& page) {
    std::string out;
    json_writer json{out};
    json.begin_object().key("items").begin_array();
    for (const auto& one : page.sessions) {
        write_session(json, one);
    }
    json.end_array().key("next_cursor");
    page.next ? json.value(std::to_string(raw(*page.next))) : json.null();
    json.end_object();
    return out;
}

void write_story(json_writer& json, const schema::session_story& story) {
    json.begin_object();
    json.key("notes").begin_array();
    for (const auto& note : story.notes) {
        json.begin_object().member("seq", raw(note.seq)).member("ts_utc", note.ts);
        json.member("author", note.author).member("text", note.text).end_object();
    }
    json.end_array();
    json.key("steps_done").begin_array();
    for (const auto& step : story.steps_done) {
        json.value(step);
    }
    json.end_array();
    json.key("decisions").begin_object();
    json.member("allowed", story.decisions_allowed).member("denied", story.decisions_denied).end_object();
    json.key("audit").begin_object();
    json.member("first", raw(story.what.first_seq)).member("last", raw(story.last_seq)).end_object();
    json.end_object();
}

query_pool::answer get_session(schema::reader& from, session_id id) {
    const auto story = from.story(id);
    if (!story) {
        ipc::rpc_error error{ipc::error_code::unknown_session,
                             fmt::format("there is no session {}; session.list shows which there are", raw(id)),
                             {}};
        ipc::append_text_member(error.data_members, "key", "id");
        return error;
    }
    std::string out;
    json_writer json{out};
    json.begin_object();
    write_session_members(json, story->what);
    json.key("story");
    write_story(json, *story);
    json.end_object();
    return out;
}

}  // namespace

void bind_session_methods(ipc::method_table& table, const services& with) {
    table.on<api::session_start>([with](api::session_start::params&& p, ipc::call& c) {
        with.changes.submit(
            commands::start_session{.notes = std::move(p.notes), .supersede = p.if_active == api::if_active::supersede},
            c);
    });
    table.on<api::session_end>([with](api::session_end::params&& p, ipc::call& c) {
        commands::end_session command{.notes = std::move(p.notes), .id = std::nullopt};
        if (p.id) {
            command.id = session_id{*p.id};
        }
        with.changes.submit(std::move(command), c);
    });
    table.on<api::session_note>([with](api::session_note::params&& p, ipc::call& c) {
        with.changes.submit(commands::note_session{std::move(p.text)}, c);
    });
    table.on<api::session_status>([with](const api::session_status::params& p, ipc::call& c) {
        c.reply(with.hot.session_status(p.operator_name ? *p.operator_name : c.who().name));
    });
    table.on<api::session_list>([with](api::session_list::params&& p, ipc::call& c) {
        std::optional<session_id> before;
        if (p.cursor) {
            const auto number = parse_cursor(*p.cursor);
            if (!number) {
                c.fail(bad_cursor(*p.cursor));
                return;
            }
            before = session_id{*number};
        }
        auto query = sessions_query(std::move(p));
        query.before = before;
        with.queries.submit([query](schema::reader& from) { return page_json(from.sessions(query)); }, c.defer());
    });
    table.on<api::session_get>([with](const api::session_get::params& p, ipc::call& c) {
        with.queries.submit([id = session_id{p.id}](schema::reader& from) { return get_session(from, id); }, c.defer());
    });
}

}  // namespace valhalla
