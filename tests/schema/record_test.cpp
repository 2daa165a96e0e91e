// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "schema/model/event.hpp"
#include "schema/model/event_names.hpp"
#include "schema/model/json_value.hpp"
#include "tests/schema/model_samples.hpp"

using namespace valhalla;
using tests::event_kinds;
using tests::sampler;

namespace {

std::string encoded(const audit_entry& e) {
    std::string line;
    encode_record(e, line);
    return line;
}

/// The error, or an empty one when the line was accepted.
record_error decoding_error(std::string_view line) {
    auto result = decode_record(line);
    const auto* error = std::get_if<record_error>(&result);
    return error != nullptr ? *error : record_error{};
}

audit_entry plain(event what) {
    return {audit_seq{1}, micros_at(0), {"ann", actor_via::unix_socket, 1000, 100}, session_id{3}, std::move(what)};
}

std::string with_replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no " << from << " in " << text);
    return text.replace(at, from.size(), to);
}

/// Every member of the object at `v` and of the objects below it that are written member by member.
void each_member(const json_value& v, const std::function<void(const json_value&)>& visit) {
    for (const auto member : v) {
        if (!member.key().empty()) {
            visit(member);
        }
        if (member.key() != "metrics" && member.key() != "snapshot" && member.key() != "original") {
            each_member(member, visit);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(every_name_that_a_record_has_is_one_that_can_be_asked_for) {
    sampler random{2};
    for (std::size_t kind = 0; kind < event_kinds; ++kind) {
        for (int i = 0; i < 50; ++i) {
            const auto entry = random.entry(kind);
            if (!std::holds_alternative<events::imported_line>(entry.what)) {
                BOOST_TEST(event_names::may_be(event_name(entry.what)), event_name(entry.what));
            }
        }
    }
    BOOST_TEST(event_names::may_be("X_ANY"));
    BOOST_TEST(!event_names::may_be("CONE_SETT"));
    BOOST_TEST(!event_names::may_be(""));
}

BOOST_AUTO_TEST_CASE(every_kind_of_record_decodes_to_what_was_encoded) {
    sampler random{1};
    for (std::size_t kind = 0; kind < event_kinds; ++kind) {
        for (int i = 0; i < 500; ++i) {
            const auto entry = random.entry(kind);
            BOOST_REQUIRE_EQUAL(entry.what.index(), kind);
            const auto line = encoded(entry);
            const auto decoded = decode_record(line);
            const auto* error = std::get_if<record_error>(&decoded);
            BOOST_REQUIRE_MESSAGE(error == nullptr, line << ": " << (error ? error->key + ": " + error->message : ""));
            BOOST_REQUIRE_MESSAGE(std::get<audit_entry>(decoded) == entry, line);
            BOOST_REQUIRE_EQUAL(encoded(std::get<audit_entry>(decoded)), line);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_lines_are_exactly_these) {
    BOOST_TEST(encoded(plain(events::session_started{session_id{3}, "ann", micros_at(0), band::caution,
                                                     health_level::green, std::nullopt, "{}"})) ==
               R"({"v":1,"seq":1,"ts_utc":"1970-01-01T00:00:00.000000Z","event":"GO_SESSION_START",)"
               R"("actor":{"name":"ann","via":"unix","uid":1000,"gid":100},"session":3,"payload":)"
               R"({"started_at_utc":"1970-01-01T00:00:00.000000Z","cone_band":"B","status":"green","notes":null,)"
               R"("id":3,"operator":"ann","snapshot":{}}})");
    BOOST_TEST(encoded(plain(events::session_ended{session_id{3}, "ann", micros_at(0), std::nullopt,
                                                   end_reason::superseded, 17})) ==
               R"({"v":1,"seq":1,"ts_utc":"1970-01-01T00:00:00.000000Z","event":"GO_SESSION_END",)"
               R"("actor":{"name":"ann","via":"unix","uid":1000,"gid":100},"session":3,"payload":)"
               R"({"ended_at_utc":"1970-01-01T00:00:00.000000Z","notes":null,"id":3,"operator":"ann",)"
               R"("end_reason":"superseded","records":17}})");
    auto imported =
        plain(events::imported_line{"CONE_SET", R"({"band":"A"})", micros_at(0), "1970-01-01T00:00:00Z", 7});
    imported.session.reset();
    imported.who = {"valhallad", actor_via::daemon, {}, {}};
    BOOST_TEST(encoded(imported) ==
               R"({"v":1,"seq":1,"ts_utc":"1970-01-01T00:00:00.000000Z","event":"CONE_SET",)"
               R"("actor":{"name":"valhallad","via":"daemon"},"session":null,)"
               R"("imported":{"ts_utc":"1970-01-01T00:00:00Z","line":7,"original":{}},"payload":{"band":"A"}})");
}

BOOST_AUTO_TEST_CASE(encoding_appends) {
    std::string out = "before ";
    encode_record(plain(events::health_cleared{"disk"}), out);
    BOOST_TEST(out == "before " + encoded(plain(events::health_cleared{"disk"})));
}

BOOST_AUTO_TEST_CASE(a_record_without_one_of_its_members_is_refused) {
    sampler random{2};
    for (std::size_t kind = 0; kind < event_kinds; ++kind) {
        auto entry = random.entry(kind);
        entry.who.uid.reset();
        entry.who.gid.reset();
        if (auto* step = std::get_if<events::step_set>(&entry.what)) {
            step->override_reason.reset();  // may be missing
        }
        if (auto* end = std::get_if<events::session_ended>(&entry.what)) {
            end->records.reset();  // likewise
        }
        if (auto* state = std::get_if<events::imported_state>(&entry.what)) {
            *state = {std::nullopt, std::nullopt, std::nullopt, {}, "dir"};  // its parts may be missing
        }
        const auto line = encoded(entry);
        const bool opaque = std::holds_alternative<events::foreign>(entry.what) ||
                            std::holds_alternative<events::imported_line>(entry.what);
        json_document document;
        BOOST_REQUIRE(!document.parse(line));
        each_member(document.root(), [&](const json_value& member) {
            const auto path = member.path();
            if (opaque && path.starts_with("payload.")) {
                return;
            }
            // The member with its key and one comma.
            const auto begin = static_cast<std::size_t>(member.key().data() - 1 - line.data());
            const auto end = static_cast<std::size_t>(member.raw().data() - line.data()) + member.raw().size();
            auto without = line;
            if (line[begin - 1] == ',') {
                without.erase(begin - 1, end - begin + 1);
            } else {
                without.erase(begin, end - begin + (line[end] == ',' ? 1 : 0));
            }
            const auto error = decoding_error(without);
            if (path == "imported" && error.key.empty()) {
                return;  // without it an imported X_ line is a foreign event
            }
            BOOST_TEST(!error.message.empty(), without);
            if (path != "imported") {
                BOOST_TEST(error.key == path, without);
            }
        });
    }
}

BOOST_AUTO_TEST_CASE(records_of_a_sessions_life_name_the_same_session_twice) {
    const auto end =
        plain(events::session_ended{session_id{3}, "ann", micros_at(0), std::nullopt, end_reason::ended, 2});
    const auto note = plain(events::session_noted{session_id{3}, "hello"});
    for (const audit_entry& entry : {end, note}) {
        const auto line = encoded(entry);
        BOOST_TEST(decoding_error(line).message == "");
        BOOST_TEST(decoding_error(with_replaced(line, "\"id\":3", "\"id\":4")).key == "payload.id");
        BOOST_TEST(decoding_error(with_replaced(line, "\"session\":3", "\"session\":null")).key == "payload.id");
    }
    for (const char* wrong : {"\"2\"", "2.0", "null", "true"}) {
        BOOST_TEST(
            decoding_error(with_replaced(encoded(end), "\"records\":2", std::string{"\"records\":"} + wrong)).key ==
            "payload.records");
    }
}

BOOST_AUTO_TEST_CASE(a_record_with_a_member_too_many_is_refused) {
    sampler random{3};
    for (std::size_t kind = 0; kind < event_kinds; ++kind) {
        const auto entry = random.entry(kind);
        if (std::holds_alternative<events::foreign>(entry.what) ||
            std::holds_alternative<events::imported_line>(entry.what)) {
            continue;  // their payload is theirs
        }
        auto line = encoded(entry);
        BOOST_TEST((decoding_error(line.substr(0, line.size() - 2) + ",\"extra\":1}}").key == "payload.extra"));
        BOOST_TEST((decoding_error(line.substr(0, line.size() - 1) + ",\"extra\":1}").key == "extra"));
    }
}

BOOST_AUTO_TEST_CASE(a_member_of_the_wrong_type_is_refused) {
    sampler random{4};
    for (std::size_t kind = 0; kind < event_kinds; ++kind) {
        auto entry = random.entry(kind);
        if (auto* state = std::get_if<events::imported_state>(&entry.what)) {
            state->progress.reset();  // its keys are free
        }
        const auto line = encoded(entry);
        const bool opaque = std::holds_alternative<events::foreign>(entry.what) ||
                            std::holds_alternative<events::imported_line>(entry.what);
        json_document document;
        BOOST_REQUIRE(!document.parse(line));
        each_member(document.root(), [&](const json_value& member) {
            if (opaque && member.path().starts_with("payload.")) {
                return;
            }
            auto wrong = line;
            const auto at = static_cast<std::size_t>(member.raw().data() - line.data());
            wrong.replace(at, member.raw().size(), "[[]]");
            BOOST_TEST(decoding_error(wrong).key.starts_with(member.path()), wrong);
        });
    }
}

BOOST_AUTO_TEST_CASE(contradictions_and_strangers_are_refused) {
    const auto allowed =
        encoded(plain(events::decided{make_judgement({true, band::caution, "e", "a", "r", "c", "p"})}));
    BOOST_TEST(decoding_error(with_replaced(allowed, "CONE_ALLOW", "CONE_DENY")).key == "payload.allowed");
    BOOST_TEST(decoding_error(with_replaced(allowed, "CONE_ALLOW", "CONE_MAYBE")).key == "event");
    BOOST_TEST(decoding_error(with_replaced(allowed, "\"v\":1", "\"v\":2")).key == "v");
    BOOST_TEST(decoding_error(with_replaced(allowed, "\"seq\":1", "\"seq\":1.0")).key == "seq");
    BOOST_TEST(decoding_error(with_replaced(allowed, "\"seq\":1", "\"seq\":9223372036854775808")).key == "seq");
    BOOST_TEST(decoding_error(with_replaced(allowed, "\"uid\":1000", "\"uid\":4294967296")).key == "actor.uid");
    BOOST_TEST(decoding_error(with_replaced(allowed, "\"unix\"", "\"tcp\"")).key == "actor.via");
    BOOST_TEST(decoding_error(with_replaced(allowed, "\"band\":\"B\"", "\"band\":\"E\"")).key == "payload.band");
    BOOST_TEST(decoding_error(with_replaced(allowed, "00.000000Z", "00Z")).key == "ts_utc");
    BOOST_TEST(decoding_error(with_replaced(allowed, "\"v\":1,\"seq\":1", "\"seq\":1,\"v\":1")).key == "v");
    BOOST_TEST(!decoding_error(allowed + " x").message.empty());
    BOOST_TEST(!decoding_error("").message.empty());
    BOOST_TEST(!decoding_error("[]").message.empty());
    BOOST_TEST(decoding_error(allowed).message.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_line_is_refused_or_means_what_it_says) {
    sampler random{6};
    for (int i = 0; i < 20'000; ++i) {
        auto line = encoded(random.entry(static_cast<std::size_t>(i) % event_kinds));
        const auto at = static_cast<std::size_t>(random.number(0, static_cast<std::int64_t>(line.size()) - 1));
        switch (random.number(0, 2)) {
            case 0: line[at] = static_cast<char>(random.number(0, 255)); break;
            case 1: line.erase(at, static_cast<std::size_t>(random.number(1, 20))); break;
            default: line.insert(at, line.substr(at / 2, static_cast<std::size_t>(random.number(1, 20)))); break;
        }
        const auto decoded = decode_record(line);
        if (const auto* entry = std::get_if<audit_entry>(&decoded)) {
            const auto again = decode_record(encoded(*entry));
            BOOST_REQUIRE_MESSAGE(std::holds_alternative<audit_entry>(again), line);
            BOOST_REQUIRE_MESSAGE(std::get<audit_entry>(again) == *entry, line);
        }
    }
}

BOOST_AUTO_TEST_CASE(decisions_count_for_the_deny_rate_by_name) {
    BOOST_TEST((mark_of("CONE_ALLOW") == decision_mark::allow));
    BOOST_TEST((mark_of("CONE_DENY") == decision_mark::deny));
    BOOST_TEST((mark_of("CONE_SET") == decision_mark::none));
}

BOOST_AUTO_TEST_SUITE_END()
