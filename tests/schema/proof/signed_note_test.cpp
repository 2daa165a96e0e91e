// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/signed_note.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/proof/base64.hpp"
#include "schema/proof/checkpoint.hpp"

using namespace valhalla::schema;

namespace {

// The vector of the specification.
constexpr std::string_view known_key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view known_note =
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

ed25519_key seed_of(unsigned char fill) {
    ed25519_key seed{};
    seed.fill(static_cast<std::byte>(fill));
    return seed;
}

verifier_key key_of(const signing_key& key, std::string name, note_algorithm algorithm = note_algorithm::ed25519) {
    return {.name = std::move(name), .algorithm = algorithm, .key = key.public_key()};
}

checkpoint sample() {
    hasher h;
    return {.origin = "valhalla.example/7", .head = {.size = 17, .root = h.leaf("x")}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signed_notes)

BOOST_AUTO_TEST_CASE(the_vector_of_the_specification_verifies) {
    const auto key = verifier_key::parse(known_key);
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST(key->id() == 0x530d903aU);
    BOOST_TEST(key->text() == known_key);
    const auto note = signed_note::parse(known_note);
    BOOST_REQUIRE(note.has_value());
    BOOST_CHECK(check_note(*note, *key) == note_verdict::signed_by_key);
}

BOOST_AUTO_TEST_CASE(every_single_bit_of_a_note_matters) {
    const auto key = *verifier_key::parse(known_key);
    for (std::size_t bit = 0; bit < known_note.size() * 8; ++bit) {
        std::string changed{known_note};
        changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1U << (bit % 8)));
        const auto note = signed_note::parse(changed);
        BOOST_TEST((!note || check_note(*note, key) != note_verdict::signed_by_key), "bit " << bit);
    }
}

BOOST_AUTO_TEST_CASE(other_keys_signatures_are_ignored_but_a_bad_one_of_ours_is_fatal) {
    const auto ours = signing_key::from_seed(seed_of(1));
    const auto other = signing_key::from_seed(seed_of(2));
    const std::string text = "hello\n";
    const auto both = *signed_note::parse(text + "\n" + other.note_line("other", text) + ours.note_line("ours", text));
    BOOST_CHECK(check_note(both, key_of(ours, "ours")) == note_verdict::signed_by_key);
    const auto none = *signed_note::parse(text + "\n" + other.note_line("other", text));
    BOOST_CHECK(check_note(none, key_of(ours, "ours")) == note_verdict::not_signed);
    const auto bad = *signed_note::parse(text + "\n" + ours.note_line("ours", text) + ours.note_line("ours", "bye\n"));
    BOOST_CHECK(check_note(bad, key_of(ours, "ours")) == note_verdict::bad_signature);
}

BOOST_AUTO_TEST_CASE(a_name_is_part_of_a_key) {
    const auto key = signing_key::from_seed(seed_of(1));
    const std::string text = "hello\n";
    const auto note = *signed_note::parse(text + "\n" + key.note_line("a", text));
    BOOST_CHECK(check_note(note, key_of(key, "b")) == note_verdict::not_signed);
}

BOOST_AUTO_TEST_CASE(malformed_notes_are_not_parsed) {
    const std::string line = signing_key::from_seed(seed_of(1)).note_line("a", "t\n");
    for (const std::string& bad :
         std::vector<std::string>{std::string{}, std::string{"t\n"}, "t\n\n", "t\n" + line, "t\n\n" + line + "x",
                                  "t\n\n" + line.substr(0, line.size() - 1), "t\n\n- a QUJD\n",
                                  std::string{"t\n\n\u2014 a b QUJDREVGRw==\n"}, std::string{"t\r\n\n"} + line}) {
        BOOST_TEST(!signed_note::parse(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_CASE(malformed_verifier_keys_are_not_parsed) {
    const std::string good{known_key};
    for (const std::string& bad : std::vector<std::string>{
             std::string{}, std::string{"a+b"}, good.substr(0, good.size() - 4), "x" + good,
             std::string{"example.com/foo+530d903b+"} + good.substr(25), std::string{"+530d903a+"} + good.substr(25)}) {
        BOOST_TEST(!verifier_key::parse(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_CASE(a_seed_is_the_whole_key) {
    const auto key = signing_key::generate();
    const auto again = signing_key::from_seed(key.seed());
    BOOST_CHECK(key.public_key() == again.public_key());
    BOOST_CHECK(key.sign("x") == again.sign("x"));
    BOOST_CHECK(signing_key::generate().seed() != key.seed());
}

BOOST_AUTO_TEST_CASE(base64_has_one_spelling) {
    BOOST_TEST(to_base64({}).empty());
    for (const char* bad : {"QQ", "QQ=", "QR==", "Q Q=", "QUJD\n", "QUJ=", "====", "QQ==QQ=="}) {
        BOOST_TEST(!from_base64(bad).has_value(), bad);
    }
    BOOST_TEST(from_base64("QUJD").value().size() == 3U);
    BOOST_TEST(from_base64("QQ==").value().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_hash_is_32_bytes_of_base64) {
    const auto hash = hasher{}.plain("");
    BOOST_CHECK(hash_of_base64(to_base64(hash)) == hash);
    for (const auto* const bad :
         {"", "AAAA", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",
          "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF"}) {
        BOOST_TEST(!hash_of_base64(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_three_lines_and_reads_back) {
    const auto text = sample().text();
    BOOST_TEST(text.starts_with("valhalla.example/7\n17\n"));
    BOOST_CHECK(checkpoint::parse(text) == sample());
    const auto root = text.substr(22);
    for (const std::string& bad : std::vector<std::string>{
             std::string{}, "valhalla.example/7\n017\n" + root, "valhalla.example/7\n-1\n" + root,
             "valhalla.example/7\n+7\n" + root, "\n17\n" + root, "a b\n17\n" + root, text + "extension\n",
             text.substr(0, text.size() - 1), std::string{"valhalla.example/7\n17\nQUJD\n"},
             "valhalla.example/7\n18446744073709551616\n" + root}) {
        BOOST_TEST(!checkpoint::parse(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_CASE(a_signed_checkpoint_verifies_under_its_origin) {
    const auto key = signing_key::from_seed(seed_of(7));
    const auto note = *signed_note::parse(sign_checkpoint(sample(), key));
    BOOST_TEST(note.text == sample().text());
    BOOST_CHECK(check_note(note, key_of(key, sample().origin)) == note_verdict::signed_by_key);
}

BOOST_AUTO_TEST_CASE(a_cosignature_tells_when_the_witness_saw_it) {
    const auto log = signing_key::from_seed(seed_of(7));
    const auto witness = signing_key::from_seed(seed_of(8));
    const auto witness_key = key_of(witness, "witness.example/1", note_algorithm::cosignature_v1);
    const auto text = sample().text();
    auto note = sign_checkpoint(sample(), log) + cosignature_line(witness, "witness.example/1", text, 1'764'000'000);
    const auto parsed = *signed_note::parse(note);
    BOOST_TEST(cosigned_at(parsed, witness_key).value() == 1'764'000'000U);
    BOOST_CHECK(check_note(parsed, key_of(log, sample().origin)) == note_verdict::signed_by_key);
    auto other = sample();
    other.head.size = 18;
    note = sign_checkpoint(other, log) + cosignature_line(witness, "witness.example/1", text, 1'764'000'000);
    BOOST_TEST(!cosigned_at(*signed_note::parse(note), witness_key).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
