// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/tlog_proof.hpp"

#include <boost/test/unit_test.hpp>

#include "schema/proof/base64.hpp"

using namespace valhalla::schema;

namespace {

const std::string hash_line = to_base64(hasher{}.plain("x")) + "\n";
const std::string note = "example.com/log\n3\nAAAA\n\n\u2014 example.com/log AAAA\n";

std::string file(const std::string& extra, const std::string& index, const std::string& hashes) {
    return "c2sp.org/tlog-proof@v1\n" + extra + index + hashes + "\n" + note;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tlog_proofs)

BOOST_AUTO_TEST_CASE(a_proof_file_is_read_and_written_verbatim) {
    const auto text = file("extra eyJ2IjoxfQ==\n", "index 73894\n", hash_line + hash_line);
    const auto proof = tlog_proof::parse(text);
    BOOST_REQUIRE(proof.has_value());
    BOOST_TEST(proof->index == 73'894U);
    BOOST_TEST(proof->hashes.size() == 2U);
    BOOST_CHECK(proof->hashes[1] == hasher{}.plain("x"));
    BOOST_TEST(proof->checkpoint == note);
    BOOST_REQUIRE(proof->extra.has_value());
    BOOST_TEST(to_base64(*proof->extra) == "eyJ2IjoxfQ==");
    BOOST_TEST(proof->text() == text);
}

BOOST_AUTO_TEST_CASE(a_proof_without_extra_and_without_hashes_is_one) {
    const auto proof = tlog_proof::parse(file("", "index 0\n", ""));
    BOOST_REQUIRE(proof.has_value());
    BOOST_TEST(!proof->extra.has_value());
    BOOST_TEST(proof->hashes.empty());
    BOOST_TEST(tlog_proof::parse(file("", "index 18446744073709551615\n", "")).has_value());
}

BOOST_AUTO_TEST_CASE(every_other_form_is_refused) {
    std::string too_many;
    for (std::size_t i = 0; i <= max_proof_hashes; ++i) {
        too_many += hash_line;
    }
    for (const auto& bad : {
             std::string{},
             std::string{"c2sp.org/tlog-proof@v1"},
             std::string{"c2sp.org/tlog-proof@v1\nindex 0\n"},
             "c2sp.org/tlog-proof@v2" + file("", "index 0\n", "").substr(22),
             file("", "", ""),
             file("", "index\n", ""),
             file("", "index 00\n", ""),
             file("", "index +1\n", ""),
             file("", "index -1\n", ""),
             file("", "index 1 \n", ""),
             file("", "index 18446744073709551616\n", ""),
             file("", "index 99999999999999999999999999\n", ""),
             file("extra e\n", "index 0\n", ""),
             file("extra eyJ2IjoxfR==\n", "index 0\n", ""),  // stray bits in the padding
             file("Extra eyJ2IjoxfQ==\n", "index 0\n", ""),
             file("extra AAAA\nextra AAAA\n", "index 0\n", ""),
             file("", "index 0\nextra AAAA\n", ""),
             file("", "index 0\n", "AAAA\n"),
             file("", "index 0\n", hash_line.substr(1)),
             file("", "index 0\n", " " + hash_line),
             file("", "index 0\r\n", ""),
             file("", "index 0\n", too_many),
         }) {
        BOOST_TEST(!tlog_proof::parse(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_SUITE_END()
