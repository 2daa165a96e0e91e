// SPDX-License-Identifier: Apache-2.0
//
// The typed methods of the client library against the daemon's table of methods: all are there, and the example of each
// comes through the structs as it went in.
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <valhalla/methods.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/method.hpp"
#include "ipc/open_rpc.hpp"

namespace {

namespace json = boost::json;

/// One method of the library, whatever its types.
struct typed {
    valhalla::repeat again{};
    std::function<json::object(const json::value& params)> params_through;
    std::function<json::object(const json::value& result)> result_through;
};

template <class T>
json::object through(const json::value& from) {
    T read;
    decode(from, read);
    return encode(read);
}

template <class... M>
std::map<std::string, typed> all_typed(valhalla::api::method_list<M...> /*all*/) {
    return {{std::string{M::rpc_name}, {M::rpc_repeat, through<M>, through<typename M::result>}}...};
}

const std::map<std::string, typed>& library() {
    static const auto all = all_typed(valhalla::api::all_methods{});
    return all;
}

/// Without what says nothing, and numbers as numbers: 1 and 1.0 are the same.
json::value comparable(const json::value& from) {
    if (const auto* object = from.if_object()) {
        json::object out;
        for (const auto& [key, value] : *object) {
            if (!value.is_null()) {
                out.emplace(key, comparable(value));
            }
        }
        return out;
    }
    if (const auto* array = from.if_array()) {
        json::array out;
        for (const auto& each : *array) {
            out.push_back(comparable(each));
        }
        return out;
    }
    return from.is_number() ? json::value(from.to_number<double>()) : from;
}

json::value parsed(const std::string& text) {
    return text.empty() ? json::value(json::object{}) : json::parse(text);
}

/// Times that are given with whole seconds come back with microseconds.
bool same(const json::value& left, const json::value& right) {
    BOOST_TEST((comparable(left) == comparable(right)), json::serialize(left) << "\n" << json::serialize(right));
    return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_typed)

BOOST_AUTO_TEST_CASE(every_method_of_the_daemon_is_a_type_and_no_other) {
    const auto table = valhalla::ipc::describe_api();
    BOOST_TEST(table.size() == library().size());
    for (const auto& method : table) {
        BOOST_TEST(library().count(std::string{method.name}) == 1U, method.name);
    }
}

BOOST_AUTO_TEST_CASE(the_example_of_every_method_comes_through_its_types) {
    for (const auto& method : valhalla::ipc::describe_api()) {
        BOOST_TEST_CONTEXT(method.name) {
            const auto& types = library().at(std::string{method.name});
            BOOST_REQUIRE(!method.example.result.empty());
            same(types.params_through(parsed(method.example.params)), parsed(method.example.params));
            // The document that describes everything holds objects that are nobody's shape.
            auto shown = parsed(method.example.result);
            same(types.result_through(shown), shown);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_parameter_of_every_method_can_be_given) {
    for (const auto& method : valhalla::ipc::describe_api()) {
        json::object all;
        for (const auto& p : method.parameters) {
            const auto schema = json::parse(p.schema).as_object();
            const auto* const words = schema.if_contains("enum");
            const auto* const format = schema.if_contains("format");
            const auto& type = schema.contains("type") ? schema.at("type").as_string() : json::string{"string"};
            json::value value;
            if (words != nullptr) {
                value = words->as_array().front();
            } else if (type == "integer") {
                value = 7;
            } else if (type == "number") {
                value = 0.5;
            } else if (type == "boolean") {
                value = true;
            } else if (type == "object") {
                value = json::object{{"a", 1}};
            } else if (type == "array") {
                const auto& items = schema.at("items").as_object();
                value = items.at("type") == "object" ? json::array{json::object{{"a", 1}}} : json::array{"x"};
            } else {
                value = format != nullptr ? "2026-01-31T12:00:00.000001Z" : "some text";
            }
            all.emplace(p.name, value);
        }
        BOOST_TEST_CONTEXT(method.name) {
            same(library().at(std::string{method.name}).params_through(all), all);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_member_that_is_missing_or_of_another_type_is_named) {
    for (const auto& method : valhalla::ipc::describe_api()) {
        const auto& types = library().at(std::string{method.name});
        for (const auto& member : method.result.members) {
            auto shown = parsed(method.example.result);
            if (!shown.as_object().contains(member.name)) {
                continue;
            }
            const auto names_it = [&](const valhalla::answer_error& e) {
                return std::string_view{e.what()}.starts_with(std::string{member.name});
            };
            shown.as_object()[member.name] = json::array{json::array{json::array{}}};
            BOOST_CHECK_EXCEPTION(types.result_through(shown), valhalla::answer_error, names_it);
            if (member.required) {
                shown.as_object().erase(member.name);
                BOOST_CHECK_EXCEPTION(types.result_through(shown), valhalla::answer_error, names_it);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_error_in_the_depth_says_where_it_is) {
    valhalla::api::audit_list::result page;
    BOOST_CHECK_EXCEPTION(
        decode(json::parse(R"({"items":[{"v":1,"seq":"two"}],"next_cursor":null,"order":"ascending"})"), page),
        valhalla::answer_error, [](const valhalla::answer_error& e) {
            return std::string_view{e.what()} == "items.0.seq is no whole number of 64 bits";
        });
}

BOOST_AUTO_TEST_CASE(a_word_of_a_newer_daemon_is_unknown_and_cannot_be_sent) {
    valhalla::api::cone cone;
    decode(json::parse(R"({"band":"E","reason":"","updated_at_utc":"2026-01-31T12:00:00Z","metrics":{},"new":1})"),
           cone);
    BOOST_TEST((cone.band == valhalla::api::band::unknown));
    BOOST_CHECK_THROW(static_cast<void>(encode(valhalla::api::cone_set{.reason = "x"})), std::invalid_argument);
    BOOST_TEST(json::serialize(encode(valhalla::api::cone_set{.band = valhalla::api::band::C, .reason = "x"})) ==
               R"({"band":"C","reason":"x"})");
}

BOOST_AUTO_TEST_CASE(times_keep_their_microseconds) {
    using namespace std::chrono;
    const auto at = sys_days{year{2026} / 2 / 28} + hours{23} + minutes{5} + seconds{9} + microseconds{40};
    const auto params = encode(valhalla::api::session_list{.since = at});
    BOOST_TEST(params.at("since").as_string() == "2026-02-28T23:05:09.000040Z");
    valhalla::api::session_list back;
    decode(params, back);
    BOOST_TEST((back.since == at));
    const auto before = encode(valhalla::api::session_list{.since = valhalla::utc_time{microseconds{-1}}});
    BOOST_TEST(before.at("since").as_string() == "1969-12-31T23:59:59.999999Z");
}

BOOST_AUTO_TEST_CASE(only_what_reads_may_always_be_repeated) {
    for (const auto& method : valhalla::ipc::describe_api()) {
        const auto again = library().at(std::string{method.name}).again;
        BOOST_TEST((valhalla::repeat_of(method.name) == again), method.name);
        if (does_something(method.kind)) {
            BOOST_TEST((again == valhalla::repeat::with_request_key), method.name);
        } else if (method.needs != valhalla::ipc::role::viewer) {
            BOOST_TEST((again == valhalla::repeat::never), method.name);
        } else {
            BOOST_TEST((again == valhalla::repeat::always), method.name);
        }
    }
    BOOST_TEST((valhalla::repeat_of("no.such") == valhalla::repeat::never));
    BOOST_TEST(!valhalla::may_be_repeated("session.note", {{"text", "x"}}));
    BOOST_TEST(!valhalla::may_be_repeated("session.note", {{"text", "x"}, {"request_key", nullptr}}));
    BOOST_TEST(valhalla::may_be_repeated("session.note", {{"text", "x"}, {"request_key", "k"}}));
    BOOST_TEST(!valhalla::may_be_repeated("daemon.stop", {}));
    BOOST_TEST(valhalla::may_be_repeated("daemon.stop", {{"request_key", "k"}}));
}

BOOST_AUTO_TEST_SUITE_END()
