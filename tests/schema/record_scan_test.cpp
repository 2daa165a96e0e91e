// SPDX-License-Identifier: Apache-2.0
//
// The fast look at a record against the slow one: whatever is written is recognised, whatever else is refused.
#include "schema/model/record_scan.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/schema/model_samples.hpp"

using namespace valhalla;

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out.substr(1, out.size() - 2);
}

const std::string allow =
    R"({"v":1,"seq":17,"ts_utc":"2026-11-22T09:08:43.347626Z","event":"CONE_ALLOW","actor":{"name":"anna","via":"unix",)"
    R"("uid":1000,"gid":1000},"session":3,"payload":{"allowed":true,"band":"B","engine":"kestrel","action":"run",)"
    R"("reason":"because","rule":"B/boring/run","policy":"abc"}})";

std::string with(const std::string& from, const std::string& to) {
    auto text = allow;
    const auto at = text.find(from);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_scan)

BOOST_AUTO_TEST_CASE(every_written_record_is_recognised_with_what_it_says) {
    tests::sampler sample{11};
    for (int round = 0; round < 100; ++round) {
        for (std::size_t kind = 0; kind < tests::event_kinds; ++kind) {
            const auto entry = sample.entry(kind);
            std::string line;
            encode_record(entry, line);
            const auto header = scan_record(line);
            BOOST_REQUIRE_MESSAGE(header.has_value(), line);
            BOOST_TEST(raw(header->seq) == raw(entry.seq));
            BOOST_CHECK(header->ts == entry.ts);
            BOOST_TEST(header->event == escaped(event_name(entry.what)));
            BOOST_TEST(header->actor == escaped(entry.who.name));
            BOOST_CHECK(header->session == entry.session);
            BOOST_TEST(header->decision == std::holds_alternative<events::decided>(entry.what));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_decision_is_refused_or_means_something_else) {
    const auto before = std::get<audit_entry>(decode_record(allow));
    for (std::size_t bit = 0; bit < allow.size() * 8; ++bit) {
        auto changed = allow;
        changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1U << (bit % 8)));
        if (!scan_record(changed)) {
            continue;
        }
        const auto decoded = decode_record(changed);
        const auto* entry = std::get_if<audit_entry>(&decoded);
        // An event of another name is for the slow look to refuse.
        BOOST_TEST((entry == nullptr ? !scan_record(changed)->decision : *entry != before), "bit " << bit);
    }
}

BOOST_AUTO_TEST_CASE(what_no_writer_writes_is_refused) {
    BOOST_TEST(scan_record(allow).has_value());
    for (const auto& bad : {
             std::string{},
             std::string{"{}"},
             allow + " ",
             " " + allow,
             allow + "\n",
             allow.substr(0, allow.size() - 1),
             with("\"v\":1", "\"v\":2"),
             with("\"v\":1", "\"v\": 1"),
             with("17", "017"),
             with("17", "-0"),
             with("17", "+17"),
             with("17", "1.7"),
             with("17", "\"17\""),
             with("17", "99999999999999999999"),
             with("17", ""),
             with("347626Z", "34762Z"),
             with("347626Z", "347626+00:00"),
             with("11-22", "02-30"),
             with("\"unix\"", "\"tcp\""),
             with("1000", "4294967296"),
             with("1000", "-1"),
             with("1000", "01000"),
             with("\"session\":3", "\"session\":03"),
             with("\"session\":3", "\"session\":"),
             with("\"session\":3,", "\"session\":3,\"more\":1,"),
             with("anna", "an\\na\\u000a"),
             with("anna", "\\u0061nna"),
             with("anna", "\\u001F"),
             with("anna", "\\/"),
             with("anna", "\x01"),
             with("anna", "\xC0\x80"),
             with("anna", "\xED\xA0\x80"),
             with("anna", "\xE2\x82"),
             with("\"allowed\":true", "\"allowed\":false"),
             with("\"band\":\"B\"", "\"band\":\"E\""),
             with("\"policy\":\"abc\"", "\"policy\":\"abc\",\"policy\":\"abd\""),
             with("\"engine\":\"kestrel\",", ""),
             with("}}", "}"),
             with("}}", "}}}"),
         }) {
        BOOST_TEST(!scan_record(bad).has_value(), bad);
    }
    for (std::size_t size = 0; size < allow.size(); ++size) {
        BOOST_TEST(!scan_record(std::string_view{allow}.substr(0, size)).has_value(), size);
    }
}

BOOST_AUTO_TEST_SUITE_END()
