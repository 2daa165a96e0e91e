// SPDX-License-Identifier: Apache-2.0
//
// The worked example of schema/AUDIT.md is what the code makes of its three records. `ACCEPT=1` writes it anew.
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "schema/proof/base64.hpp"
#include "schema/proof/checkpoint.hpp"
#include "schema/proof/merkle_proof.hpp"
#include "schema/proof/tlog_proof.hpp"

using namespace valhalla::schema;

namespace {

const std::string begin = "<!-- example -->\n";
const std::string end = "<!-- end of example -->\n";

constexpr std::array<std::string_view, 3> records{
    R"({"v":1,"seq":1,"ts_utc":"2026-01-05T08:00:00.000000Z","event":"X_A","actor":{"name":"ann","via":"unix","uid":1000,"gid":1000},"session":null,"payload":{}})",
    R"({"v":1,"seq":2,"ts_utc":"2026-01-05T08:00:01.000000Z","event":"X_B","actor":{"name":"ann","via":"unix","uid":1000,"gid":1000},"session":null,"payload":{}})",
    R"({"v":1,"seq":3,"ts_utc":"2026-01-05T08:00:02.000000Z","event":"X_C","actor":{"name":"ann","via":"unix","uid":1000,"gid":1000},"session":null,"payload":{}})"};

/// The bytes 00 01 02 … 1f.
signing_key example_key() {
    ed25519_key seed{};
    for (std::size_t i = 0; i < seed.size(); ++i) {
        seed[i] = static_cast<std::byte>(i);
    }
    return signing_key::from_seed(seed);
}

std::string as_block(std::string_view text) {
    return fmt::format("```\n{}{}```\n", text, text.ends_with('\n') ? "" : "\n");
}

std::string example() {
    hasher h;
    const auto key = example_key();
    std::vector<hash256> leaves;
    std::string lines;
    for (const auto record : records) {
        leaves.push_back(h.leaf(record));
        lines += fmt::format("{}\n", record);
    }
    const auto pair = h.node(leaves[0], leaves[1]);
    const auto root = h.node(pair, leaves[2]);
    const checkpoint signed_one{"valhalla.example/demo", {records.size(), root}};
    const verifier_key verifier{
        .name = signed_one.origin, .algorithm = note_algorithm::ed25519, .key = key.public_key()};

    std::string out = "Three records, as `audit.log` of an export holds them:\n\n" + as_block(lines);
    out += "\nTheir leaf hashes, `SHA-256(0x00 || record)`, the record without its newline:\n\n";
    std::string hashes;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        hashes += fmt::format("leaf {}   {}\n", i, to_hex(leaves[i]));
    }
    hashes += fmt::format("node 01  {}   SHA-256(0x01 || leaf 0 || leaf 1)\n", to_hex(pair));
    hashes += fmt::format("root     {}   SHA-256(0x01 || node 01 || leaf 2)\n", to_hex(root));
    out += as_block(hashes);
    out += "\nThe checkpoint, signed with the key whose secret is the bytes 00 01 02 … 1f:\n\n";
    out += as_block(sign_checkpoint(signed_one, key));
    out += "\nIts verifier key, as `valhallactl audit key` prints it:\n\n" + as_block(verifier.text());
    out +=
        "\nThe proof that record 2 (index 1) is in it, as `valhallactl audit prove 2` writes it; `extra` is the "
        "record:\n\n";
    const auto extra = std::as_bytes(std::span{records[1]});
    const tlog_proof proof{.extra = std::vector<std::byte>(extra.begin(), extra.end()),
                           .index = 1,
                           .hashes = {leaves[0], leaves[2]},
                           .checkpoint = sign_checkpoint(signed_one, key)};
    out += as_block(proof.text());
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_document)

BOOST_AUTO_TEST_CASE(the_worked_example_is_what_the_code_makes_of_it) {
    const std::string path = SOURCE_DIR "/schema/AUDIT.md";
    std::ifstream file{path};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto from = text.find(begin);
    const auto to = text.find(end);
    BOOST_REQUIRE(from != std::string::npos && to != std::string::npos);
    const auto now = "\n" + example() + "\n";
    const auto first = from + begin.size();
    if (std::getenv("ACCEPT") != nullptr) {
        text.replace(first, to - first, now);
        std::ofstream{path} << text;
        return;
    }
    BOOST_TEST(text.substr(first, to - first) == now, "run this test with ACCEPT=1 and commit schema/AUDIT.md");
}

BOOST_AUTO_TEST_CASE(the_example_verifies) {
    hasher h;
    const auto leaf = h.leaf(records[1]);
    const auto root = h.node(h.node(h.leaf(records[0]), leaf), h.leaf(records[2]));
    BOOST_TEST(verify_inclusion(1, leaf, {3, root}, std::vector{h.leaf(records[0]), h.leaf(records[2])}, h));
}

BOOST_AUTO_TEST_SUITE_END()
