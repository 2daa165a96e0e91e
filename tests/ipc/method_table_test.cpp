// SPDX-License-Identifier: Apache-2.0
#include "ipc/method_table.hpp"

#include <set>
#include <stdexcept>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/api/methods.hpp"

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
    [[nodiscard]] const peer& who() const noexcept override { return from; }
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
        BOOST_TEST((info.needs != role::none), info.name);
        std::set<std::string_view> parameters;
        for (const auto& p : info.parameters) {
            BOOST_TEST(parameters.insert(p.name).second, info.name << " " << p.name);
            BOOST_TEST(p.meaning.ends_with('.'), info.name << " " << p.name);
            BOOST_TEST(boost::json::parse(p.schema).as_object().contains("type"), p.schema);
        }
    }
    BOOST_TEST(names.size() == api::all_methods::size);
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
