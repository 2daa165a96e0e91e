// SPDX-License-Identifier: Apache-2.0
//
// The request that a log sends to its witness, as text (C2SP tlog-witness).
#include "daemon/witness.hpp"

#include <boost/test/unit_test.hpp>

#include "schema/proof/base64.hpp"
#include "tests/test_key.hpp"

using namespace valhalla;
using valhalla::tests::key_of;

namespace {

const std::string watched_origin = "log.example/1";
const std::string one_hash = schema::to_base64(schema::hasher{}.leaf("x")) + "\n";

witness watching() {
    return {key_of(9),
            "witness.example",
            {{.name = watched_origin, .algorithm = schema::note_algorithm::ed25519, .key = key_of(1).public_key()}}};
}

std::string note(std::uint64_t size, const std::string& of = watched_origin, unsigned char key = 1) {
    return schema::sign_checkpoint({of, {size, schema::hasher{}.leaf("root")}}, key_of(key));
}

ipc::error_code refusal_of(const std::string& body, const witness& by = watching()) {
    const auto read = by.read(body);
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<ipc::rpc_error>(read), "accepted: " << body);
    return std::get<ipc::rpc_error>(read).code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(witness_requests)

BOOST_AUTO_TEST_CASE(a_request_is_read_and_its_text_cosigned) {
    const auto by = watching();
    const auto read = by.read("old 5\n" + one_hash + one_hash + "\n" + note(8));
    BOOST_REQUIRE(std::holds_alternative<witness::request>(read));
    const auto& request = std::get<witness::request>(read);
    BOOST_TEST(request.command.origin == watched_origin);
    BOOST_TEST(request.command.old_size == 5U);
    BOOST_TEST(request.command.head.size == 8U);
    BOOST_TEST(request.command.proof.size() == 2U);

    const auto cosigned = schema::signed_note::parse(note(8) + by.cosign(request.checkpoint_text, 1'700'000'000));
    const auto key = schema::verifier_key::parse(by.verifier_key());
    BOOST_REQUIRE(cosigned && key);
    BOOST_TEST(schema::cosigned_at(*cosigned, *key).value() == 1'700'000'000U);
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_refused) {
    std::string many;
    for (int i = 0; i < 64; ++i) {
        many += one_hash;
    }
    for (const std::string& body :
         {std::string{"\n"}, std::string{"old"}, "old \n\n" + note(8), "old -1\n\n" + note(8), "old 05\n\n" + note(8),
          "old 99999999999999999999\n\n" + note(8), "OLD 5\n\n" + note(8), "old 5\n" + one_hash + note(8),
          "old 5\nAAAA\n\n" + note(8), "old 5\nnot base64\n\n" + note(8), "old 5\n" + many + "\n" + note(8),
          std::string{"old 5\n\nhello\n"}, "old 9\n\n" + note(8), "old 0\n\n" + note(0),
          "old 5\n\n" + note(8).substr(0, 60)}) {
        BOOST_CHECK_MESSAGE(refusal_of(body) == ipc::error_code::invalid_params, body);
    }
}

BOOST_AUTO_TEST_CASE(only_logs_that_it_was_told_to_watch_are_cosigned) {
    BOOST_CHECK(refusal_of("old 0\n\n" + note(8, "other.example/1")) == ipc::error_code::unknown_log);
    BOOST_CHECK(refusal_of("old 0\n\n" + note(8, watched_origin, 2)) == ipc::error_code::bad_checkpoint);
}

BOOST_AUTO_TEST_CASE(without_a_key_it_cosigns_nothing) {
    BOOST_CHECK(refusal_of("old 0\n\n" + note(8), witness{std::nullopt, {}, {}}) == ipc::error_code::no_witness);
}

BOOST_AUTO_TEST_SUITE_END()
