// SPDX-License-Identifier: Apache-2.0
#include "ipc/method_table.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/api/methods.hpp"
#include "ipc/open_rpc.hpp"

using namespace valhalla::ipc;

namespace {

constexpr auto ignore = [](const auto&, call&) {};

template <method... M>
void bind_all(method_table& table, method_list<M...> /*all*/) {
    (table.on<M>(ignore), ...);
}

/// Remembers what a handler answered.
class remembering_call final : public call {
  public:
    std::string result;
    rpc_error error;
    peer from;
    asked request;
    [[nodiscard]] const asked& what() const noexcept override { return request; }
    void set_request_key(std::string key) override { request.request_key = std::move(key); }
    [[nodiscard]] const peer& who() const noexcept override { return from; }
    [[nodiscard]] std::optional<rpc_error> objection(const bound_method&, std::size_t) override { return std::nullopt; }
    [[nodiscard]] std::optional<rpc_error> act_as(key_identity) override { return std::nullopt; }
    void reply(std::string_view json) override { result = json; }
    void fail(const rpc_error& e) override { error = e; }
    [[nodiscard]] reply_handle defer() override { return {}; }
    [[nodiscard]] std::shared_ptr<push_channel> channel() override { return nullptr; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(method_table_)

BOOST_AUTO_TEST_CASE(every_method_of_the_api_is_found_by_its_name) {
    method_table table;
    bind_all(table, api::all_methods{});
    for (const auto& info : describe_api()) {
        const auto* const found = table.find(info.name);
        BOOST_REQUIRE_MESSAGE(found != nullptr, info.name);
        BOOST_TEST(found->info().name == info.name);
    }
    BOOST_CHECK_NO_THROW(table.require_complete());
}

BOOST_AUTO_TEST_CASE(other_names_are_not_found) {
    method_table table;
    bind_all(table, api::all_methods{});
    for (const std::string_view name : {"", "x", "session", "session.", "session.star", "session.startt",
                                        "Session.start", "session.start ", "cone.stat"}) {
        BOOST_TEST((table.find(name) == nullptr), name);
    }
    BOOST_TEST(table.nearest("session.strat") == "session.start");
}

BOOST_AUTO_TEST_CASE(an_empty_table_finds_nothing) {
    const method_table table;
    BOOST_TEST((table.find("session.start") == nullptr));
    BOOST_TEST(table.nearest("session.start").empty());
}

BOOST_AUTO_TEST_CASE(a_method_without_a_handler_is_told) {
    method_table table;
    table.on<api::cone_state>(ignore);
    BOOST_TEST(table.unbound().size() == api::all_methods::size - 1);
    BOOST_CHECK_EXCEPTION(table.require_complete(), std::logic_error, [](const std::logic_error& e) {
        return std::string_view{e.what()}.find("session.start") != std::string_view::npos &&
               std::string_view{e.what()}.find("cone.state") == std::string_view::npos;
    });
}

BOOST_AUTO_TEST_CASE(a_second_handler_is_refused) {
    method_table table;
    table.on<api::cone_state>(ignore);
    BOOST_CHECK_THROW(table.on<api::cone_state>(ignore), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_handler_gets_its_parameters_and_may_keep_them) {
    method_table table;
    std::string kept;
    table.on<api::session_note>([&](api::session_note::params&& p, call& c) {
        kept = std::move(p.text);
        c.reply("true");
    });
    remembering_call c;
    json_scratch scratch;
    table.find("session.note")->run(R"({"text":"hello"})", scratch, c);
    BOOST_TEST(kept == "hello");
    BOOST_TEST(c.result == "true");
}

BOOST_AUTO_TEST_CASE(wrong_parameters_never_reach_the_handler) {
    method_table table;
    bool reached = false;
    table.on<api::session_note>([&](const api::session_note::params&, call&) { reached = true; });
    remembering_call c;
    json_scratch scratch;
    table.find("session.note")->run("", scratch, c);
    BOOST_TEST(!reached);
    BOOST_TEST(c.error.message == R"(missing parameter "text")");
}

BOOST_AUTO_TEST_CASE(the_api_describes_itself) {
    std::set<std::string_view> names;
    for (const auto& info : describe_api()) {
        BOOST_TEST(names.insert(info.name).second, info.name << " is there twice");
        BOOST_TEST(info.summary.ends_with('.'), info.name);
        BOOST_TEST((info.needs == role::none) == (info.name == "auth.key"), info.name);
        std::set<std::string_view> parameters;
        for (const auto& p : info.parameters) {
            BOOST_TEST(parameters.insert(p.name).second, info.name << " " << p.name);
            BOOST_TEST(p.meaning.ends_with('.'), info.name << " " << p.name);
            BOOST_TEST(boost::json::parse(p.schema).as_object().contains("type"), p.schema);
        }
    }
    BOOST_TEST(names.size() == api::all_methods::size);
}

BOOST_AUTO_TEST_CASE(every_member_of_a_result_is_described_once) {
    const auto all = describe_api();
    const auto check = [](std::string_view where, const shape& s) {
        std::set<std::string_view> names;
        for (const auto& m : s.members) {
            BOOST_TEST(names.insert(m.name).second, where << " " << m.name);
            BOOST_TEST(m.meaning.ends_with('.'), where << " " << m.name);
            BOOST_TEST((m.kind == value_kind::shape) == (m.of != nullptr), where << " " << m.name);
        }
    };
    for (const auto& info : all) {
        check(info.name, info.result);
    }
    for (const auto* s : shapes_of(all)) {
        BOOST_TEST(s->meaning.ends_with('.'), s->name);
        check(s->name, *s);
    }
}

BOOST_AUTO_TEST_CASE(every_error_is_listed_once_and_described) {
    for (const auto& info : describe_api()) {
        std::set<error_code> codes;
        for (const auto code : all_errors(info)) {
            BOOST_TEST(codes.insert(code).second, info.name << " " << kind_of(code));
            BOOST_TEST(meaning_of(code).ends_with('.'), kind_of(code));
        }
    }
}

BOOST_AUTO_TEST_CASE(several_changes_at_once_have_the_errors_of_each_and_need_no_more_than_the_least) {
    const auto all = describe_api();
    const auto joint = *std::ranges::find(all, api::daemon_atomic::name, &method_info::name);
    const auto allowed = all_errors(joint);
    for (const auto& info : all) {
        if (info.kind == effect::change) {
            BOOST_TEST((info.needs >= joint.needs), info.name);
            for (const auto code : all_errors(info)) {
                BOOST_TEST((std::ranges::find(allowed, code) != allowed.end()), info.name << " " << kind_of(code));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_method_has_an_example_that_it_would_accept) {
    method_table table;
    bind_all(table, api::all_methods{});
    for (const auto& info : describe_api()) {
        BOOST_TEST(boost::json::parse(info.example.result).is_object(), info.name);
        remembering_call c;
        json_scratch scratch;
        table.find(info.name)->run(info.example.params, scratch, c);
        BOOST_TEST(c.error.message.empty(), info.name << ": " << c.error.message);
    }
}

BOOST_AUTO_TEST_CASE(what_holds_without_a_parameter_is_its_initialiser) {
    const auto all = describe_api();
    const auto list = std::ranges::find(all, "session.list", &method_info::name);
    const auto limit = std::ranges::find(list->parameters, "limit", &parameter_info::name);
    BOOST_TEST(limit->initial == "100");
    BOOST_TEST(limit->words == "an integer from 1 to 1000");
    BOOST_TEST(boost::json::parse(limit->schema).at("default").as_int64() == 100);
}

BOOST_AUTO_TEST_CASE(names_of_foreign_events_begin_with_x) {
    for (const std::string_view good : {"X_A", "X_DEPLOY_1", "X_a.b-c"}) {
        BOOST_TEST(api::is_foreign_event_name(good), good);
    }
    for (const std::string_view bad : {"", "X", "X_", "GO_SESSION_START", "x_a", "X_A B", "X_\xc3\xa4", "X_\""}) {
        BOOST_TEST(!api::is_foreign_event_name(bad), bad);
    }
}

BOOST_AUTO_TEST_SUITE_END()
