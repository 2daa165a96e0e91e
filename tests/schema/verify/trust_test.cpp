// SPDX-License-Identifier: Apache-2.0
//
// Attacks that leave every hash as it must be: another trail, an older one, another key. Only signed checkpoints tell.
#include <boost/test/unit_test.hpp>

#include "tests/schema/file_content.hpp"
#include "tests/schema/verify/evidence_fixture.hpp"

namespace valhalla::tests {
namespace {

using schema::note_algorithm;
using schema::verifier_key;
using verify::outcome;

std::string witness_text(const schema::signing_key& key, const std::string& name) {
    return verifier_key{.name = name, .algorithm = note_algorithm::cosignature_v1, .key = key.public_key()}.text();
}

std::string path_of(const std::filesystem::path& path) {
    return path.string();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_trust)

BOOST_AUTO_TEST_CASE(a_cut_tail_is_found_by_the_anchor_and_by_nothing_else) {
    const evidence_fixture victim;
    victim.put_anchor();
    victim.split_rows();
    victim.attack("DELETE FROM audit WHERE seq > 650");
    check_failed({.path = victim.dir()}, {.file = "anchor", .said = "speaks of 700 records, and the trail holds 650"});
    std::filesystem::remove(victim.dir() / "anchor");
    const auto found = verify::verify_evidence({.path = victim.dir()});
    BOOST_TEST(static_cast<int>(found.result) == 0);
    BOOST_TEST(says(found.not_checked, "no anchor lies beside the database"));
    BOOST_TEST(says(found.not_checked, "records that were cut off at the end"));
    BOOST_TEST(found.text().find("NOT checked") != std::string::npos);
    check_failed({.path = victim.dir(), .key = verifier_text(victim.key)}, {.said = "no signed checkpoint is here"});
}

BOOST_AUTO_TEST_CASE(an_older_database_under_a_newer_anchor_is_found) {
    const evidence_fixture older{1, "because", 500};
    const evidence_fixture newer;
    older.put("anchor", newer.anchor(evidence_records));
    check_failed({.path = older.dir()}, {.file = "anchor", .said = "an older copy took its place"});
}

BOOST_AUTO_TEST_CASE(an_older_anchor_is_accepted_and_said) {
    const evidence_fixture good;
    good.put_anchor(500);
    const auto found = verify::verify_evidence({.path = good.dir(), .key = verifier_text(good.key)});
    BOOST_TEST(static_cast<int>(found.result) == 0);
    BOOST_TEST(says(found.checked, "anchor: signed, and a prefix of this trail (size 500)"));
    BOOST_TEST(says(found.not_checked, "records 501 to 700 are newer than the newest checkpoint"));
    good.put_anchor(0);
    check_verified({.path = good.dir()});
}

BOOST_AUTO_TEST_CASE(a_whole_trail_of_another_key_is_found_with_the_key_from_out_of_band) {
    const evidence_fixture real;
    const evidence_fixture forged{2, "because I say so"};
    forged.put_anchor();
    const auto found = verify::verify_evidence({.path = forged.dir()});
    BOOST_TEST(static_cast<int>(found.result) == 0);
    BOOST_TEST(found.key_from_trail);
    BOOST_TEST(found.key == verifier_text(forged.key));
    BOOST_TEST(found.text().find("key taken from the trail itself; give --key to be sure") != std::string::npos);
    check_failed({.path = forged.dir(), .key = verifier_text(real.key)},
                 {.file = "anchor", .said = "is not signed by the key " + verifier_text(real.key)});
    // An old anchor of the real trail, to please the check of the signature.
    forged.put("anchor", real.anchor(0));
    check_failed({.path = forged.dir(), .key = verifier_text(real.key)}, {.record = 2, .said = "not the one given"});
}

BOOST_AUTO_TEST_CASE(a_fork_signed_by_the_same_key_is_found_by_an_older_checkpoint) {
    const evidence_fixture real;
    const evidence_fixture forged{1, "because I say so"};
    forged.put_anchor();
    check_verified({.path = forged.dir(), .key = verifier_text(forged.key)});
    const auto before = path_of(real.put("at-200", real.note(200)));
    const auto after = path_of(real.put("at-400", real.note(400)));
    check_verified({.path = forged.dir(), .checkpoints = {before}});
    check_failed({.path = forged.dir(), .key = verifier_text(real.key), .checkpoints = {after, before}},
                 {.file = after, .said = "the difference lies in records 201 to 400"});
    const auto same_size = path_of(real.put("at-700", real.note(700)));
    check_failed({.path = forged.dir(), .checkpoints = {same_size}}, {.file = same_size, .said = "are not those"});
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_the_anchor_is_refused_or_leaves_its_meaning) {
    const evidence_fixture good{1, "because", 12};
    const auto note = good.anchor(12);
    // The line of somebody unknown, whom nobody asked.
    const auto with_stranger = note + key_of(9).note_line("stranger.example", good.at(12).text());
    good.put("anchor", with_stranger);
    check_verified({.path = good.dir(), .key = verifier_text(good.key)});
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < with_stranger.size() * 8; ++bit) {
        auto changed = with_stranger;
        changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1U << (bit % 8)));
        good.put("anchor", changed);
        const auto found = verify::verify_evidence({.path = good.dir(), .key = verifier_text(good.key)});
        if (found.result == outcome::verified) {
            ++accepted;
            BOOST_TEST(bit / 8 >= note.size(), "bit " << bit << " of what is signed");
        } else {
            BOOST_TEST(static_cast<int>(found.result) == 5);
        }
    }
    BOOST_TEST(accepted > 0U);
}

BOOST_AUTO_TEST_CASE(whatever_is_not_an_anchor_is_refused_in_its_place) {
    const evidence_fixture good;
    const auto sign = [&](const std::string& says) {
        const auto text = "valhalla-anchor/v1\n" + says;
        return text + "\n" + good.key.note_line(evidence_origin, text);
    };
    const auto body = good.at(700).text();
    const auto root = body.substr(body.find("700\n") + 4);
    const auto origin = std::string{evidence_origin} + "\n";
    const auto refuse = [&](const std::string& note, const std::string& said) {
        BOOST_TEST_CONTEXT(note) {
            good.put("anchor", note);
            check_failed({.path = good.dir()}, {.file = "anchor", .said = said});
        }
    };
    refuse(good.note(700), "is a checkpoint, which anybody may have put there");
    refuse("", "is not an anchor");
    refuse("hello\n", "is not an anchor");
    refuse(good.note(700) + "trailing\n", "is not an anchor");
    refuse(sign(body + "extension\n"), "is not an anchor");
    refuse(sign(origin + "0700\n" + root), "is not an anchor");
    refuse(sign(origin + "-1\n" + root), "is not an anchor");
    refuse(sign(origin + "99999999999999999999999\n" + root), "is not an anchor");
    refuse(sign(origin + "700\n" + root.substr(1)), "is not an anchor");
    refuse(sign(origin + "18446744073709551615\n" + root), "speaks of 18446744073709551615 records");
    refuse(std::string(70'000, 'a'), "more than 65536 bytes");
    const std::string elsewhere = "valhalla-anchor/v1\nelsewhere.example\n700\n" + root;
    refuse(elsewhere + "\n" + good.key.note_line("elsewhere.example", elsewhere), "is of the origin elsewhere.example");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_an_earlier_epoch_is_held_against_the_key_of_that_epoch) {
    const evidence_fixture trail{1, "because", 12};
    const auto first = path_of(trail.put("first", trail.note(10)));
    const auto second_key = key_of(2);
    const std::string second_origin = "valhalla.example/0123/2";
    history h{audit_seq{13}};
    trail.write({h.entry(events::epoch_started{second_origin, verifier_text(second_key, second_origin), "restored",
                                               "the old anchor"}),
                 h.foreign("X_PING")});
    schema::ledger_store store{trail.path};
    const schema::checkpoint now{.origin = second_origin, .head = store.head()};
    trail.put("anchor", sign_anchor(now, second_key));
    const auto found = verify::verify_evidence({.path = trail.dir(), .checkpoints = {first}});
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->message : ""));
    BOOST_TEST(found.key == verifier_text(second_key, second_origin));
    BOOST_TEST(says(found.checked, "by the key that record 2 names"));
    check_verified({.path = trail.dir(), .key = verifier_text(second_key, second_origin), .checkpoints = {first}});
    // Who knows the first key only must hear that there is another one.
    check_failed({.path = trail.dir(), .key = verifier_text(trail.key)},
                 {.file = "anchor", .said = "is of the origin " + second_origin});
    check_failed({.path = trail.path, .key = verifier_text(trail.key), .checkpoints = {first}},
                 {.file = "anchor", .said = "is of the origin " + second_origin});
    std::filesystem::remove(trail.dir() / "anchor");
    check_failed({.path = trail.path, .key = verifier_text(trail.key), .checkpoints = {first}},
                 {.record = 13, .said = "begins the epoch " + second_origin});
    trail.put("anchor", trail.anchor(12));
    check_failed({.path = trail.dir()}, {.file = "anchor", .said = "not of " + second_origin});
    const auto stranger = sign_checkpoint({.origin = "unknown.example", .head = trail.at(5).head}, trail.key);
    const auto other = path_of(trail.put("other", stranger));
    trail.put("anchor", sign_anchor(now, second_key));
    check_failed({.path = trail.dir(), .checkpoints = {other}},
                 {.file = other, .said = "no record of the trail names"});
}

BOOST_AUTO_TEST_CASE(witnesses_are_counted_once_each) {
    const evidence_fixture good;
    const auto text = good.at(evidence_records).text();
    const auto first = key_of(11);
    const auto second = key_of(12);
    const auto with_one = good.note(evidence_records) + cosignature_line(first, "w1.example", text, 1'700'000'000);
    good.put_anchor();
    const auto note = path_of(good.put("note", with_one));
    const auto w1 = witness_text(first, "w1.example");
    const auto w2 = witness_text(second, "w2.example");
    const auto found =
        verify::verify_evidence({.path = good.dir(), .checkpoints = {note}, .witnesses = {w1, w2}, .quorum = 1});
    BOOST_TEST(!found.what.has_value());
    BOOST_TEST(says(found.checked, "1 of 2 witnesses cosigned " + note + " (size 700)"));
    check_failed({.path = good.dir(), .checkpoints = {note}, .witnesses = {w1, w2}, .quorum = 2},
                 {.file = note, .said = "1 of 2 witnesses cosigned " + note + " (size 700); 2 are asked for"});
    // Without a quorum all that are named must have cosigned.
    check_verified({.path = good.dir(), .checkpoints = {note}, .witnesses = {w1}});
    check_failed({.path = good.dir(), .checkpoints = {note}, .witnesses = {w1, w2}},
                 {.file = note, .said = "1 of 2 witnesses cosigned " + note + " (size 700); 2 are asked for"});
    check_verified({.path = good.dir(), .checkpoints = {note}, .witnesses = {w2}, .quorum = 0});
    check_refused({.path = good.dir(), .checkpoints = {note}, .witnesses = {w1}, .quorum = 2}, outcome::wrong_usage,
                  "only 1 different");
    check_refused({.path = good.dir(),
                   .checkpoints = {note},
                   .witnesses = {w1, w1, witness_text(first, "alias.example")},
                   .quorum = 2},
                  outcome::wrong_usage, "only 1 different");
    check_refused({.path = good.dir(), .checkpoints = {note}, .witnesses = {verifier_text(good.key)}},
                  outcome::wrong_usage, "for cosignatures");
    check_refused({.path = good.dir(), .key = w1}, outcome::wrong_usage, "for cosignatures");
    // No witness ever sees an anchor.
    check_failed({.path = good.dir(), .witnesses = {w1}, .quorum = 1}, {.file = "anchor", .said = "0 of 1 witnesses"});
    // A cosignature of another time than it says, and one over another tree.
    auto forged =
        good.note(evidence_records) + cosignature_line(second, "w2.example", good.at(699).text(), 1'700'000'000);
    good.put("note", forged);
    check_failed({.path = good.dir(), .checkpoints = {note}, .witnesses = {w2}},
                 {.file = note, .said = "cosignature of w2.example"});
    good.put("note", with_one + cosignature_line(second, "w2.example", text, 1'700'000'005));
    check_verified({.path = good.dir(), .checkpoints = {note}, .witnesses = {w1, w2}, .quorum = 2});
    check_failed({.path = good.path,
                  .checkpoints = {note},
                  .witnesses = {w1, witness_text(key_of(13), "w3.example")},
                  .quorum = 2},
                 {.file = note, .said = "1 of 2 witnesses"});
}

BOOST_AUTO_TEST_CASE(a_key_may_be_given_in_a_file) {
    const evidence_fixture good;
    good.put_anchor();
    check_verified({.path = good.dir(), .key = path_of(good.put("key.pub", verifier_text(good.key) + "\n"))});
    check_refused({.path = good.dir(), .key = path_of(good.put("bad.pub", "hello"))}, outcome::wrong_usage,
                  "neither a verifier key nor a file");
    check_refused({.path = good.dir(), .key = "nothing"}, outcome::wrong_usage, "--key nothing: there is no such file");
    check_refused({.path = good.dir(), .key = "a+b+c"}, outcome::wrong_usage, "neither a verifier key nor a file");
    check_refused({.path = good.dir(), .checkpoints = {"/nothing"}}, outcome::unreadable, "there is no file /nothing");
}

BOOST_AUTO_TEST_CASE(the_checkpoint_beside_a_backup_is_held_against_it) {
    const evidence_fixture good;
    const auto key = verifier_text(good.key);
    const auto copy = good.dir() / "backup.db";
    std::filesystem::copy_file(good.path, copy);
    check_failed({.path = copy, .key = key}, {.said = "no signed checkpoint is here"});
    good.put("backup.db.checkpoint", good.note(evidence_records));
    check_verified({.path = copy, .key = key});
    good.put("backup.db.checkpoint", evidence_fixture{2}.note(evidence_records));
    check_failed({.path = copy, .key = key}, {.file = path_of(copy) + ".checkpoint", .said = ""});
    // One that is named takes its place.
    check_verified({.path = copy, .key = key, .checkpoints = {path_of(good.put("note", good.note(600)))}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
