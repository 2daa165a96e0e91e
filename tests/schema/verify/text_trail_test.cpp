// SPDX-License-Identifier: Apache-2.0
//
// Attacks on exports, on logs and on tiles.
#include <sys/mman.h>

#include <boost/test/unit_test.hpp>

#include "schema/export.hpp"
#include "schema/unique_fd.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/verify/evidence_fixture.hpp"

namespace valhalla::tests {
namespace {

namespace fs = std::filesystem;
using verify::outcome;

/// The attacker makes the manifest fit again.
void recompute_manifest(const fs::path& directory, const std::string& name) {
    const auto manifest = directory / "manifest.json";
    auto text = content_of(manifest);
    const auto content = content_of(directory / name);
    const auto entry = text.find("\"" + name + "\"");
    BOOST_REQUIRE(entry != std::string::npos);
    const auto bytes = text.find("\"bytes\": ", entry) + 9;
    text.replace(bytes, text.find(',', bytes) - bytes, std::to_string(content.size()));
    const auto digest = text.find("\"sha256\": \"", entry) + 11;
    text.replace(digest, 64, schema::to_hex(schema::hasher{}.plain(content)));
    put_content(manifest, text);
}

void set_root(const fs::path& directory, const schema::hash256& root) {
    auto text = content_of(directory / "manifest.json");
    text.replace(text.find("\"root\": \"") + 9, 64, schema::to_hex(root));
    put_content(directory / "manifest.json", text);
}

/// An attack on a fresh directory.
template <class Make, class Attack>
void mount_attack(Make make, const Attack& attack, const expected_problem& found) {
    const evidence_fixture victim;
    const fs::path directory = make(victim);
    attack(directory);
    BOOST_TEST_CONTEXT(found.said) {
        check_failed({.path = directory.string()}, found);
    }
}

void attack_export(const std::function<void(const fs::path&)>& how, const expected_problem& found) {
    mount_attack([](const evidence_fixture& f) { return f.put_export(); }, how, found);
}

void attack_tiles(const std::function<void(const fs::path&)>& how, const expected_problem& found) {
    mount_attack([](const evidence_fixture& f) { return f.put_tiles(); }, how, found);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_export)

BOOST_AUTO_TEST_CASE(an_untouched_export_is_verified) {
    const evidence_fixture good;
    const auto found = verify::verify_evidence({.path = good.put_export(), .key = verifier_text(good.key)});
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->file + found.what->message : ""));
    BOOST_TEST(found.kind == "export");
    BOOST_CHECK(found.head == good.at(evidence_records).head);
}

BOOST_AUTO_TEST_CASE(an_export_without_a_checkpoint_is_verified_unless_a_key_is_given) {
    const evidence_fixture good;
    const auto directory = good.put_export(false);
    const auto found = verify::verify_evidence({.path = directory});
    BOOST_TEST(static_cast<int>(found.result) == 0);
    BOOST_TEST(says(found.not_checked, "the export carries no checkpoint"));
    check_failed({.path = directory, .key = verifier_text(good.key)}, {.said = "no signed checkpoint is here"});
    check_verified(
        {.path = directory, .key = verifier_text(good.key), .checkpoints = {good.put("c", good.note(9)).string()}});
}

BOOST_AUTO_TEST_CASE(every_file_of_an_export_counts) {
    for (const auto name : schema::export_documents()) {
        const std::string file{name};
        if (file == "manifest.json") {
            continue;
        }
        attack_export([&](const fs::path& d) { flip_bit(d / file, file == "audit.log" ? 2 : 40); },
                      file == "audit.log" ? expected_problem{.record = 1, .said = "record 1"}
                                          : expected_problem{.file = file, .said = "another SHA-256"});
        attack_export([&](const fs::path& d) { put_content(d / file, content_of(d / file) + "\n"); },
                      file == "audit.log"    ? expected_problem{.record = 701, .said = "record 701"}
                      : file == "checkpoint" ? expected_problem{.file = file, .said = "is not a signed note"}
                                             : expected_problem{.file = file, .said = "bytes, and manifest.json says"});
        attack_export([&](const fs::path& d) { fs::remove(d / file); }, {.file = file, .said = "is missing"});
    }
}

BOOST_AUTO_TEST_CASE(a_document_that_was_edited_with_its_manifest_is_not_what_the_records_make) {
    const auto edited = [](const std::string& file, const std::string& from, const std::string& to,
                           const std::string& said) {
        attack_export(
            [&](const fs::path& d) {
                edit(d / file, from, to);
                recompute_manifest(d, file);
            },
            {.file = file, .said = said});
    };
    edited("go_session.json", "\"active\": true", "\"active\": false",
           "is not what the records make it, first at byte 31");
    edited("go_progress.json", "true", "false", "is not what the records make it");
    edited("cone_state.json", "storm", "calms", "is not what the records make it");
    edited("thresholds.json", "0.30000000000000004", "0.3", "is not what the records make it");
    edited("sessions.json", "\"operator\":\"anna\"", "\"operator\":\"annb\"", "is not what the records make it");
    edited("sessions.json", "]}\n", "]}\n ", "goes on behind");
    edited("sessions.json", "\n]}\n", "", "is not what the records make it");
}

BOOST_AUTO_TEST_CASE(an_edited_trail_with_its_manifest_is_found) {
    const auto edited = [](const std::string& from, const std::string& to, const expected_problem& found) {
        attack_export(
            [&](const fs::path& d) {
                edit(d / "audit.log", from, to);
                recompute_manifest(d, "audit.log");
            },
            found);
    };
    edited("because", "becausf", {.file = "manifest.json", .said = "states the root"});
    edited("\"seq\":77,", "\"seq\":78,", {.record = 77, .said = "it is missing; the next one is 78"});
    edited("\"seq\":77,", "\"seq\":76,", {.record = 77, .said = "record 76 stands in its place"});
    edited("\"seq\":77,", "\"seq\":099,", {.record = 77, .said = "record 77: "});
    edited("\"seq\":77,", "\"seq\": 77,", {.record = 77, .said = "not in the form in which records are written"});
    edited("\"event\":\"CONE_ALLOW\"", "\"event\":\"CONE_DENY\"", {.record = 14, .said = "payload.allowed"});
    edited("\"event\":\"X_PING\"", "\"event\":\"Y_PING\"", {.record = 12, .said = "is not the name of an event"});
    edited("T22:18:37.000000Z", "T22:18:35.000000Z", {.record = 317, .said = "time is before"});
    edited("\"id\":1,\"operator\":\"anna\",\"end_reason\"", "\"id\":3,\"operator\":\"anna\",\"end_reason\"",
           {.record = 601, .said = "payload.id: is not the session that the record names"});
    edited("because", std::string(66'000, 'x'), {.record = 13, .said = "more than 65535 bytes"});
    // The root as well: now only the signature tells.
    attack_export(
        [&](const fs::path& d) {
            edit(d / "audit.log", "because", "becausf");
            recompute_manifest(d, "audit.log");
            schema::compact_range range;
            schema::hasher h;
            const auto text = content_of(d / "audit.log");
            for (std::size_t at = 0; at < text.size();) {
                const auto end = text.find('\n', at);
                range.append(h.leaf(std::string_view{text}.substr(at, end - at)), h);
                at = end + 1;
            }
            set_root(d, range.root(h));
        },
        {.file = "checkpoint", .said = "are not those that it was signed for"});
}

BOOST_AUTO_TEST_CASE(what_was_altered_lies_behind_the_last_checkpoint_that_agrees) {
    const evidence_fixture good;
    const auto directory = good.put_export();
    const auto older = good.put("older", good.note(150)).string();
    auto text = content_of(directory / "audit.log");
    text.replace(text.find("because", text.find("\"seq\":200,")), 7, "becausf");
    put_content(directory / "audit.log", text);
    const auto listed = verify::verify_evidence({.path = directory, .checkpoints = {older}});
    BOOST_REQUIRE(listed.what.has_value());
    BOOST_TEST(listed.what->message ==
               "has another SHA-256 than manifest.json says; the difference lies in records 151 to 700");
    BOOST_TEST(listed.head.size == 150U);
    BOOST_CHECK(listed.head == good.at(150).head);
    BOOST_CHECK(!listed.last_ts);
    recompute_manifest(directory, "audit.log");
    check_failed({.path = directory, .checkpoints = {older}},
                 {.file = "manifest.json", .said = "; the difference lies in records 151 to 700"});
    const auto alone = verify::verify_evidence({.path = directory});
    BOOST_TEST(alone.head.size == 0U);
    BOOST_TEST(alone.text().find("good until") == std::string::npos);
    // A checkpoint that somebody else signed vouches for nothing.
    const evidence_fixture stranger{9};
    const auto forged = good.put("forged", sign_checkpoint(good.at(150), stranger.key)).string();
    BOOST_TEST(verify::verify_evidence({.path = directory, .checkpoints = {forged}}).head.size == 0U);
}

BOOST_AUTO_TEST_CASE(lines_that_were_cut_dropped_or_swapped_are_found) {
    const auto rewritten = [](auto change, const expected_problem& found) {
        attack_export(
            [&](const fs::path& d) {
                auto text = content_of(d / "audit.log");
                change(text);
                put_content(d / "audit.log", text);
                recompute_manifest(d, "audit.log");
            },
            found);
    };
    const auto line = [](const std::string& text, int number) {
        std::size_t at = 0;
        for (int i = 1; i < number; ++i) {
            at = text.find('\n', at) + 1;
        }
        return at;
    };
    rewritten([&](std::string& t) { t.resize(line(t, 651)); },
              {.file = "audit.log", .said = "holds 650 records, and manifest.json says 700"});
    rewritten([&](std::string& t) { t.pop_back(); }, {.record = 700, .said = "does not end with a newline"});
    rewritten([&](std::string& t) { t.erase(line(t, 90), line(t, 91) - line(t, 90)); },
              {.record = 90, .said = "it is missing; the next one is 91"});
    rewritten(
        [&](std::string& t) {
            const auto first = t.substr(line(t, 90), line(t, 91) - line(t, 90));
            t.insert(line(t, 92), first);
            t.erase(line(t, 90), first.size());
        },
        {.record = 90, .said = "it is missing; the next one is 91"});
}

BOOST_AUTO_TEST_CASE(the_manifest_and_the_checkpoint_count) {
    const auto manifest = [](const std::string& from, const std::string& to, const std::string& said) {
        attack_export([&](const fs::path& d) { edit(d / "manifest.json", from, to); },
                      {.file = "manifest.json", .said = said});
    };
    manifest("{", "", "is not JSON");
    manifest("\"tree_size\": 700", "\"tree_size\": -700", "tree_size is not a number");
    manifest("\"tree_size\": 700", "\"tree_size\": 99999999999999999999", "tree_size is not a number");
    manifest("cone_state.json", "../../etc/passwd", "cannot be part of it");
    manifest("cone_state.json", "cone_state.jsom", "does not name cone_state.json");
    manifest("cone_state.json", "sessions.json", "names sessions.json twice");
    attack_export([](const fs::path& d) { edit(d / "manifest.json", "\"tree_size\": 700", "\"tree_size\": 699"); },
                  {.file = "checkpoint", .said = "speaks of 700 records, and manifest.json of 699"});
    attack_export([](const fs::path& d) { flip_bit(d / "checkpoint", 190 - 20); },
                  {.file = "checkpoint", .said = "another SHA-256"});
    attack_export([](const fs::path& d) { set_root(d, {}); },
                  {.file = "manifest.json", .said = "states the root 0000"});
    const evidence_fixture other;
    const auto directory = other.put_export();
    edit(directory / "manifest.json", "\"format\": 1", "\"format\": 2");
    check_refused({.path = directory}, outcome::unreadable, "format of exports that is not known");
}

BOOST_AUTO_TEST_CASE(what_the_manifest_does_not_name_is_said) {
    const evidence_fixture good;
    const auto directory = good.put_export();
    put_content(directory / "extra.json", "{}");
    BOOST_TEST(says(verify::verify_evidence({.path = directory}).not_checked, "1 more in the directory"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(verify_log)

BOOST_AUTO_TEST_CASE(a_checkpoint_in_memory_has_the_name_that_it_was_given) {
    const evidence_fixture good;
    const auto log = good.put_log().string();
    const schema::unique_fd memory{::memfd_create("what was kept", MFD_CLOEXEC)};
    const auto path = "/proc/self/fd/" + std::to_string(memory.get());
    put_content(path, good.note(700));
    const auto found = verify::verify_evidence({.log = log, .checkpoints = {path}});
    BOOST_TEST(says(found.checked, "what was kept: signed, and a prefix of this trail (size 700)"));
    put_content(path, "no note");
    check_failed({.log = log, .checkpoints = {path}}, {.file = "what was kept", .said = "is not a signed note"});
}

BOOST_AUTO_TEST_CASE(a_log_is_held_against_its_checkpoint) {
    const evidence_fixture good;
    const auto log = good.put_log().string();
    const auto newest = good.put("newest", good.note(700)).string();
    const auto older = good.put("older", good.note(600)).string();
    check_verified({.log = log, .key = verifier_text(good.key), .checkpoints = {newest}});
    check_verified({.log = log, .checkpoints = {newest}});
    check_refused({.log = log}, outcome::wrong_usage, "needs a --checkpoint");
    check_refused({.path = log, .log = log, .checkpoints = {newest}}, outcome::wrong_usage, "either a path or --log");
    check_refused({.path = log}, outcome::unreadable, "given with --log");
    check_refused({.log = log + "x", .checkpoints = {newest}}, outcome::unreadable, "there is no file");
    check_failed({.log = log, .checkpoints = {older}},
                 {.file = log, .said = "holds 700 records, and the checkpoint speaks of 600"});
    edit(log, "because", "becausf");
    check_failed({.log = log, .checkpoints = {newest}},
                 {.file = newest, .said = "are not those that it was signed for"});
    auto text = content_of(good.put_log());
    put_content(log, text.substr(0, text.find("{\"v\":1,\"seq\":650,")));
    check_failed({.log = log, .checkpoints = {newest}},
                 {.file = newest, .said = "speaks of 700 records, and the trail holds 649"});
    put_content(log, text.substr(text.find("{\"v\":1,\"seq\":2,")));
    check_failed({.log = log, .checkpoints = {newest}}, {.record = 1, .said = "it is missing; the next one is 2"});
    put_content(log, "{\"v\":1,\"seq\":1,\"x\":\"" + std::string(1'000'000, 'x'));
    check_failed({.log = log, .checkpoints = {newest}}, {.record = 1, .said = "more than 65535 bytes"});
}

BOOST_AUTO_TEST_CASE(an_altered_log_is_good_until_the_last_checkpoint_that_agrees) {
    const evidence_fixture good;
    const auto log = good.put_log().string();
    const std::vector<std::string> kept{good.put("kept-100", good.note(100)).string(),
                                        good.put("kept-200", good.note(200)).string(),
                                        good.put("newest", good.note(700)).string()};
    edit(log, "because", "becausf");  // of the first record that has a reason
    const auto altered = verify::verify_evidence({.log = log, .checkpoints = kept});
    BOOST_REQUIRE(altered.what.has_value());
    BOOST_TEST(altered.what->file == kept[0]);
    BOOST_TEST(altered.what->message.find("the difference lies in records 1 to 100") != std::string::npos);
    BOOST_TEST(altered.text().find("good until") == std::string::npos);
    put_content(log, content_of(good.put_log()));
    edit(log, "\"seq\":77,", "\"seq\": 77,");
    const auto torn = verify::verify_evidence({.log = log, .checkpoints = kept});
    BOOST_TEST(torn.head.size == 0U);
    put_content(log, content_of(good.put_log()));
    edit(log, "\"seq\":150,", "\"seq\": 150,");
    const auto later = verify::verify_evidence({.log = log, .checkpoints = kept});
    BOOST_TEST(later.text().find("good until   100 records") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(verify_tiles)

BOOST_AUTO_TEST_CASE(untouched_tiles_are_verified) {
    const evidence_fixture good;
    const auto directory = good.put_tiles();
    const auto found = verify::verify_evidence({.path = directory, .key = verifier_text(good.key)});
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->file + found.what->message : ""));
    BOOST_TEST(found.kind == "tiles");
    BOOST_CHECK(found.head == good.at(evidence_records).head);
    BOOST_TEST(fs::exists(directory / "tile/1/000.p/2"));
    // A log that grew since: the full tile stands in for the partial one.
    for (const char* kind : {"tile/0/002", "tile/1/000"}) {
        const auto partial = directory / (std::string{kind} + (kind[5] == '0' ? ".p/188" : ".p/2"));
        const auto content = content_of(partial);
        fs::remove_all(partial.parent_path());
        put_content(directory / kind, content + std::string(8192 - content.size(), 'x'));
    }
    check_verified({.path = directory, .key = verifier_text(good.key)});
}

BOOST_AUTO_TEST_CASE(every_tile_and_every_bundle_counts) {
    const auto file = [](const std::string& name, const std::string& said) {
        return expected_problem{.file = name, .said = said};
    };
    const auto flip = [](const std::string& name, std::size_t byte) {
        return [=](const fs::path& d) { flip_bit(d / name, byte); };
    };
    attack_tiles(flip("tile/0/000", 33), file("tile/0/000", "not what the entries make it, first at hash 1"));
    attack_tiles(flip("tile/0/001", 8191), file("tile/0/001", "first at hash 255"));
    attack_tiles(flip("tile/0/002.p/188", 0), file("tile/0/002.p/188", "first at hash 0"));
    attack_tiles(flip("tile/1/000.p/2", 40), file("tile/1/000.p/2", "first at hash 1"));
    attack_tiles(
        [](const fs::path& d) {
            fs::rename(d / "tile/0/000", d / "t");
            fs::rename(d / "tile/0/001", d / "tile/0/000");
            fs::rename(d / "t", d / "tile/0/001");
        },
        file("tile/0/000", "first at hash 0"));
    for (const std::string name : {"tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/000",
                                   "tile/entries/001", "tile/entries/002.p/188", "checkpoint"}) {
        attack_tiles([&](const fs::path& d) { fs::remove(d / name); }, file(name, "is missing"));
    }
    attack_tiles([](const fs::path& d) { put_content(d / "tile/0/000", content_of(d / "tile/0/000") + "x"); },
                 file("tile/0/000", "goes on behind"));
    attack_tiles([](const fs::path& d) { put_content(d / "tile/0/000", content_of(d / "tile/0/000").substr(32)); },
                 file("tile/0/000", "has 8160 bytes, and 256 hashes have 8192"));
}

BOOST_AUTO_TEST_CASE(every_entry_counts) {
    attack_tiles([](const fs::path& d) { edit(d / "tile/entries/001", "because", "becausf"); },
                 {.file = "tile/0/001", .said = "first at hash 0, of record 257"});
    attack_tiles([](const fs::path& d) { edit(d / "tile/entries/001", "\"seq\":300,", "\"seq\":301,"); },
                 {.record = 300, .said = "it is missing; the next one is 301"});
    attack_tiles(
        [](const fs::path& d) {
            const auto content = content_of(d / "tile/entries/001");
            put_content(d / "tile/entries/001", content.substr(0, content.size() - 10));
        },
        {.file = "tile/entries/001", .said = "ends in the middle of record 512"});
    attack_tiles(
        [](const fs::path& d) { put_content(d / "tile/entries/001", content_of(d / "tile/entries/001") + "x"); },
        {.file = "tile/entries/001", .said = "goes on behind its last entry, record 512"});
    attack_tiles([](const fs::path& d) { flip_bit(d / "tile/entries/000", 0); }, {.record = 1, .said = "record 1"});
    attack_tiles(
        [](const fs::path& d) {
            fs::rename(d / "tile/entries/000", d / "t");
            fs::rename(d / "tile/entries/001", d / "tile/entries/000");
            fs::rename(d / "t", d / "tile/entries/001");
        },
        {.record = 1, .said = "it is missing; the next one is 257"});
}

BOOST_AUTO_TEST_CASE(tiles_under_the_checkpoint_of_another_size_are_found) {
    const evidence_fixture good;
    const auto directory = good.put_tiles();
    good.put("tiles/checkpoint", good.note(512));
    check_verified({.path = directory});
    good.put("tiles/checkpoint", good.note(0));
    check_failed({.path = directory}, {.file = "checkpoint", .said = "no record of the trail names a key"});
    check_verified({.path = directory, .key = verifier_text(good.key)});
    auto more = good.at(700);
    more.head.size = 701;
    good.put("tiles/checkpoint", sign_checkpoint(more, good.key));
    check_failed({.path = directory}, {.file = "tile/entries/002.p/189", .said = "is missing"});
    more.head.size = ~0ULL;
    good.put("tiles/checkpoint", sign_checkpoint(more, good.key));
    check_failed({.path = directory}, {.file = "tile/entries/002", .said = "is missing"});
    const evidence_fixture forged{1, "because I say so"};
    good.put("tiles/checkpoint", forged.note(700));
    check_failed({.path = directory}, {.file = "checkpoint", .said = "are not those that it was signed for"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
