// SPDX-License-Identifier: Apache-2.0
//
// Attacks on proof files and session bundles.
#include <functional>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "schema/proof/base64.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/verify/evidence_fixture.hpp"

namespace valhalla::tests {
namespace {

namespace fs = std::filesystem;
using verify::outcome;

constexpr std::int64_t proven = 300;

struct proof_fixture : evidence_fixture {
    schema::tlog_proof good = proof(proven, evidence_records);
    std::string key_text = verifier_text(key);

    [[nodiscard]] verify::request request(const std::string& text) const {
        return {.path = put("300.tlog-proof", text).string(), .key = key_text};
    }
    void refuse(const schema::tlog_proof& forged, const std::string& said) const { refuse_text(forged.text(), said); }
    void refuse_text(const std::string& text, const std::string& said) const {
        check_failed(request(text), {.file = "300.tlog-proof", .said = said});
    }
};

std::vector<std::byte> bytes_of(const std::string& text) {
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_proof)

BOOST_FIXTURE_TEST_CASE(a_proof_is_verified_and_shows_its_record, proof_fixture) {
    const auto found = verify::verify_evidence(request(good.text()));
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->message : ""));
    BOOST_TEST(found.kind == "proof");
    BOOST_CHECK(found.head == at(evidence_records).head);
    BOOST_REQUIRE(found.record.has_value());
    BOOST_TEST(*found.record == records[proven - 1]);
    BOOST_TEST(found.text().find("record 300 is in the tree of 700 records") != std::string::npos);
    for (const std::int64_t seq : {1, 2, 256, 257, 512, 513, 699, 700}) {
        check_verified({.path = put("p.tlog-proof", proof(seq, 700).text()), .key = key_text});
    }
    check_verified({.path = put("p.tlog-proof", proof(1, 1).text()), .key = key_text});
    check_refused({.path = put("p.tlog-proof", good.text())}, outcome::wrong_usage, "--key is needed");
}

BOOST_FIXTURE_TEST_CASE(forged_proofs_are_refused, proof_fixture) {
    const std::string not_proven = "does not prove that its record is number";
    auto forged = good;
    forged.extra = bytes_of(records[proven]);
    refuse(forged, not_proven);
    forged = good;
    forged.extra->back() ^= std::byte{1};
    refuse(forged, not_proven);
    forged = good;
    forged.extra.reset();
    refuse(forged, "carries no record");
    forged = good;
    forged.index += 1;
    refuse(forged, not_proven);
    forged.index = 700;
    refuse(forged, not_proven);
    forged.index = ~0ULL;
    refuse(forged, "does not prove that its record is number");
    forged = good;
    forged.hashes.push_back(forged.hashes.back());
    refuse(forged, not_proven);
    forged = good;
    forged.hashes.pop_back();
    refuse(forged, not_proven);
    forged = good;
    forged.hashes.clear();
    refuse(forged, not_proven);
    forged = good;
    std::swap(forged.hashes[0], forged.hashes[1]);
    refuse(forged, not_proven);
    forged = good;
    forged.checkpoint = note(699);
    refuse(forged, not_proven);
    forged.checkpoint = "hello\n";
    refuse(forged, "is not a signed note");
}

BOOST_FIXTURE_TEST_CASE(proofs_under_other_keys_are_refused, proof_fixture) {
    auto forged = good;
    const auto text = at(700).text();
    forged.checkpoint = text + "\n" + key_of(2).note_line(evidence_origin, text);
    refuse(forged, "is not signed by the key");
    const auto extended = text + "extension\n";
    forged.checkpoint = extended + "\n" + key.note_line(evidence_origin, extended);
    refuse(forged, "no other lines");
    const schema::checkpoint elsewhere{.origin = "elsewhere.example", .head = at(700).head};
    forged.checkpoint = sign_checkpoint(elsewhere, key);
    refuse(forged, "is of the origin elsewhere.example");
    const evidence_fixture fork{2, "because I say so"};
    check_failed(request(fork.proof(proven, 700).text()),
                 {.file = "300.tlog-proof", .said = "is not signed by the key"});
    const evidence_fixture same_key_fork{1, "because I say so"};
    const auto honest = put("honest", note(700)).string();
    auto asked = request(same_key_fork.proof(proven, 700).text());
    check_verified(asked);
    asked.checkpoints = {honest};
    check_failed(asked, {.file = "300.tlog-proof", .said = "is signed for another history than"});
    asked.checkpoints = {put("older", note(100)).string()};
    BOOST_TEST(says(verify::verify_evidence(asked).not_checked, "are of one history"));
}

BOOST_FIXTURE_TEST_CASE(a_leaf_that_is_no_record_of_that_number_is_refused, proof_fixture) {
    // The signer of such a tree could only be the log itself; it would still be no record.
    const auto alone = [&](const std::string& record) {
        schema::hasher h;
        const schema::checkpoint one{.origin = evidence_origin, .head = {1, h.leaf(record)}};
        return schema::tlog_proof{
            .extra = bytes_of(record), .index = 0, .hashes = {}, .checkpoint = sign_checkpoint(one, key)};
    };
    refuse(alone("hello"), "the record is none");
    refuse(alone(records[0] + " "), "not in the form in which records are written");
    check_failed(request(alone(records[4]).text()), {.record = 5, .said = "record 5 stands at index 0"});
}

BOOST_FIXTURE_TEST_CASE(other_spellings_are_refused, proof_fixture) {
    const auto text = good.text();
    const auto with = [&](const std::string& from, const std::string& to) {
        auto changed = text;
        return changed.replace(changed.find(from), from.size(), to);
    };
    for (const auto& bad :
         {with("@v1", "@v2"), with("index 299", "index 0299"), with("index 299", "index 299 "),
          with("index 299", "index 99999999999999999999"), with("extra ", "extra  "), with("extra ey", "extra !y"),
          with("=\n", "\n"), with("\n\n", "\n \n"), text.substr(0, 60)}) {
        refuse_text(bad, "is not a proof file");
    }
    refuse_text(std::string{"c2sp.org/tlog-proof@v1\n"} + std::string(300'000, 'x'), "has more than 262144 bytes");
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_proof_is_refused_or_leaves_its_meaning) {
    const evidence_fixture trail{1, "because", 12};
    auto proof = trail.proof(5, 12);
    const auto signed_size = proof.text().size();
    proof.checkpoint += key_of(9).note_line("stranger.example", trail.at(12).text());
    const auto text = proof.text();
    const auto key = verifier_text(trail.key);
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        auto changed = text;
        changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1U << (bit % 8)));
        const auto found = verify::verify_evidence({.path = trail.put("x.tlog-proof", changed), .key = key});
        if (found.result == outcome::verified) {
            ++accepted;
            BOOST_TEST(bit / 8 >= signed_size, "bit " << bit);
            BOOST_TEST(found.record.value_or("") == trail.records[4]);
        } else {
            BOOST_TEST(static_cast<int>(found.result) == 5);
        }
    }
    BOOST_TEST(accepted > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(verify_bundle)

constexpr std::int64_t end_of_session = 601;
constexpr std::int64_t records_of_session = 43;

namespace {

/// The same trail with another end of session 1, by an owner of the key: everything else fits.
evidence_fixture with_end(const std::function<void(events::session_ended&)>& change) {
    return {key_of(1), [&](const schema::signing_key& key) {
                auto entries = signed_history(key);
                change(std::get<events::session_ended>(entries.at(end_of_session - 1).what));
                return entries;
            }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_bundle_of_an_ended_session_is_complete) {
    const evidence_fixture good;
    const auto directory = good.put_bundle(1);
    const auto found = verify::verify_evidence({.path = directory, .key = verifier_text(good.key)});
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->file + found.what->message : ""));
    BOOST_TEST(found.kind == "session bundle");
    BOOST_TEST(
        says(found.checked, "session 1: 43 records, from 5 to 601; its start is among them, its end is among them"));
    BOOST_TEST(says(found.checked, "counts as many records: none was left out"));
    BOOST_TEST(found.not_checked.empty());
    check_refused({.path = directory}, outcome::wrong_usage, "--key is needed");
}

BOOST_AUTO_TEST_CASE(a_record_left_out_of_an_ended_session_is_missed) {
    const evidence_fixture good;
    const auto key = verifier_text(good.key);
    const auto directory = good.put_bundle(1);
    for (const auto& proof : fs::directory_iterator{directory}) {
        const auto name = proof.path().filename().string();
        if (name == "checkpoint" || name == "601.tlog-proof") {
            continue;
        }
        const auto kept = content_of(proof.path());
        fs::remove(proof.path());
        check_failed({.path = directory, .key = key},
                     {.record = end_of_session,
                      .said = "the end of session 1 counts 43 records, and 42 are here: records were left out"});
        put_content(proof.path(), kept);
    }
    check_verified({.path = directory, .key = key});
}

BOOST_AUTO_TEST_CASE(without_its_end_a_bundle_does_not_claim_to_be_complete) {
    const evidence_fixture good;
    const auto key = verifier_text(good.key);
    const auto directory = good.put_bundle(1);
    fs::remove(directory / "601.tlog-proof");
    const auto found = verify::verify_evidence({.path = directory, .key = key});
    BOOST_TEST(static_cast<int>(found.result) == 0);
    BOOST_TEST(says(found.checked, "its end is not among them"));
    BOOST_TEST(!says(found.checked, "none was left out"));
    BOOST_TEST(says(found.not_checked, "the session was still active when this checkpoint was signed, or its end was"));
    for (const auto& proof : fs::directory_iterator{directory}) {
        if (proof.path().filename() != "checkpoint") {
            fs::remove(proof.path());
        }
    }
    check_failed({.path = directory, .key = key}, {.file = "checkpoint", .said = "there is no proof beside it"});
}

BOOST_AUTO_TEST_CASE(an_end_from_before_ends_counted_shows_nothing_more) {
    const auto old = with_end([](events::session_ended& end) { end.records.reset(); });
    const auto found = verify::verify_evidence({.path = old.put_bundle(1), .key = verifier_text(old.key)});
    BOOST_TEST(static_cast<int>(found.result) == 0);
    BOOST_TEST(!says(found.checked, "none was left out"));
    BOOST_TEST(says(found.not_checked, "before ends counted them"));
}

BOOST_AUTO_TEST_CASE(a_count_that_is_wrong_is_refused_in_the_bundle_and_in_the_trail) {
    for (const std::int64_t forged : {std::int64_t{0}, std::int64_t{-1}, records_of_session - 1, records_of_session + 1,
                                      std::numeric_limits<std::int64_t>::max()}) {
        const auto trail = with_end([&](events::session_ended& end) { end.records = forged; });
        const auto key = verifier_text(trail.key);
        check_failed({.path = trail.put_bundle(1), .key = key},
                     {.record = end_of_session, .said = "counts " + std::to_string(forged) + " records, and 43 are"});
        check_failed({.path = trail.path, .key = key},
                     {.record = end_of_session,
                      .said = "record 601: it ends session 1 and counts " + std::to_string(forged) +
                              " records of it, where there are 43"});
    }
}

BOOST_AUTO_TEST_CASE(records_behind_the_end_of_a_session_are_refused) {
    const evidence_fixture trail{key_of(1), [](const schema::signing_key& key) {
                                     auto entries = signed_history(key);
                                     entries.at(649).session = session_id{1};
                                     return entries;
                                 }};
    const auto key = verifier_text(trail.key);
    check_failed({.path = trail.put_bundle(1), .key = key},
                 {.record = 650, .said = "record 650 is of session 1, which ended with record 601"});
    check_failed({.path = trail.path, .key = key},
                 {.record = 650, .said = "record 650: it names session 1, which is not active"});
}

BOOST_AUTO_TEST_CASE(every_proof_of_a_bundle_counts) {
    const evidence_fixture good;
    const auto key = verifier_text(good.key);
    const auto attack = [&](const std::string& file, const std::string& content, const expected_problem& found) {
        const auto directory = good.put_bundle(1);
        put_content(directory / file, content);
        BOOST_TEST_CONTEXT(file) {
            check_failed({.path = directory, .key = key}, found);
        }
        fs::remove_all(directory);
    };
    auto forged = good.proof(20, 700);
    forged.hashes.front().front() ^= std::byte{1};
    attack("20.tlog-proof", forged.text(), {.file = "20.tlog-proof", .said = "does not prove"});
    attack("20.tlog-proof", good.proof(21, 700).text(), {.record = 20, .said = "holds record 21"});
    attack("20.tlog-proof", good.proof(20, 699).text(), {.record = 20, .said = "for another checkpoint than the one"});
    attack("650.tlog-proof", good.proof(650, 700).text(),
           {.record = 650, .said = "is of no session, not of the session"});
    attack("602.tlog-proof", good.proof(602, 700).text(),
           {.record = 602, .said = "is of session 2, not of the session"});
    attack("0020.tlog-proof", good.proof(20, 700).text(), {.file = "0020.tlog-proof", .said = "is not named after"});
    attack("x.tlog-proof", "", {.file = "x.tlog-proof", .said = "is not named after"});
    attack("20.tlog-proof", "", {.file = "20.tlog-proof", .said = "is not a proof file"});
    attack("checkpoint", good.note(699), {.record = 5, .said = "for another checkpoint than the one"});
    const auto text = good.at(700).text();
    attack("checkpoint", text + "\n" + key_of(2).note_line(evidence_origin, text),
           {.file = "checkpoint", .said = "is not signed by the key"});
    auto unsigned_proof = good.proof(20, 700);
    unsigned_proof.checkpoint = text + "\n" + key_of(2).note_line(evidence_origin, text);
    attack("20.tlog-proof", unsigned_proof.text(), {.file = "20.tlog-proof", .said = "is not signed by the key"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
