// SPDX-License-Identifier: Apache-2.0
#include "tests/schema/verify/evidence_fixture.hpp"

#include <algorithm>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include "schema/export.hpp"
#include "schema/proof/merkle_proof.hpp"
#include "schema/proof/tile_path.hpp"
#include "tests/schema/file_content.hpp"

namespace valhalla::tests {

namespace fs = std::filesystem;
using namespace schema;

std::string verifier_text(const signing_key& key, const std::string& name) {
    return verifier_key{.name = name, .algorithm = note_algorithm::ed25519, .key = key.public_key()}.text();
}

std::vector<audit_entry> signed_history(const signing_key& key, const std::string& reason) {
    history h;
    std::vector<audit_entry> all{h.created()};
    const auto add = [&](event what, std::optional<session_id> session = {}) {
        all.push_back(h.entry(std::move(what), session));
    };
    add(events::epoch_started{evidence_origin, verifier_text(key), "first start", std::nullopt});
    add(events::policy_loaded{std::string(64, 'a'), "built-in"});
    add(events::playbook_loaded{std::string(64, 'b'), "built-in"});
    all.push_back(h.started(1));
    all.push_back(h.noted(1, "a note with \"quotes\" and \u00e4"));
    add(events::cone_changed{{band::stabilize, "storm", h.next_time(), R"({"wind":0.3})"}}, session_id{1});
    add(events::health_reported{{"probe", health_level::yellow, "slow", h.next_time(), std::nullopt, "anna"}});
    add(events::health_changed{health_level::green, {health_level::yellow, {"probe: slow"}}});
    auto limits = thresholds{};
    limits.deny_rate_red = 0.30000000000000004;
    add(events::thresholds_changed{thresholds{}, limits});
    add(events::step_set{"confirm", true, "done", std::nullopt}, session_id{1});
    all.push_back(h.foreign("X_PING"));
    while (raw(all.back().seq) < 600) {
        const auto last = raw(all.back().seq);
        // Few of the decisions are of the session, so that a bundle of it is small.
        const bool of_session = last < 40 || (last + 1) % 111 == 0 || last > 594;
        all.push_back(h.decision(last % 3 != 0, of_session ? std::optional{session_id{1}} : std::nullopt,
                                 last % 2 == 0 ? "anna" : "bert"));
        if (raw(all.back().seq) == 300) {
            auto& what = std::get<events::decided>(all.back().what).what;
            auto said = what->said();
            said.reason = reason;
            what = make_judgement(std::move(said));
        }
    }
    all.push_back(h.ended(1));
    all.push_back(h.started(2, "bert"));
    while (raw(all.back().seq) < evidence_records) {
        all.push_back(h.decision(true, std::nullopt, "bert"));
    }
    return all;
}

evidence_fixture::evidence_fixture(unsigned char key_seed, const std::string& reason, std::int64_t count)
    : evidence_fixture{key_of(key_seed), [&](const signing_key& signer) {
                           auto entries = signed_history(signer, reason);
                           entries.resize(static_cast<std::size_t>(count), entries.front());
                           return entries;
                       }} {}

evidence_fixture::evidence_fixture(signing_key signer, const history_of& entries) : key{std::move(signer)} {
    write(entries(key));
    reader all{path};
    hasher h;
    all.each_record(audit_seq{1}, audit_seq{static_cast<std::int64_t>(all.trail_size())}, [&](std::string_view record) {
        records.emplace_back(record);
        leaves.push_back(h.leaf(record));
    });
}

namespace {

subtree_source subtrees_of(const std::vector<hash256>& leaves) {
    return [&leaves](unsigned height, std::uint64_t index) {
        return hasher{}.root_of(std::span{leaves}.subspan(index << height, std::size_t{1} << height));
    };
}

}  // namespace

checkpoint evidence_fixture::at(std::uint64_t size) const {
    return {.origin = evidence_origin, .head = {size, hasher{}.root_of(std::span{leaves}.first(size))}};
}

tlog_proof evidence_fixture::proof(std::int64_t seq, std::uint64_t size) const {
    hasher h;
    const auto index = static_cast<std::uint64_t>(seq) - 1;
    const auto bytes = std::as_bytes(std::span{records[index]});
    return {.extra = std::vector<std::byte>{bytes.begin(), bytes.end()},
            .index = index,
            .hashes = inclusion_proof(index, size, subtrees_of(leaves), h),
            .checkpoint = note(size)};
}

fs::path evidence_fixture::put(const std::string& name, std::string_view content) const {
    const auto file = dir() / name;
    fs::create_directories(file.parent_path());
    put_content(file, content);
    return file;
}

fs::path evidence_fixture::put_export(bool with_checkpoint) const {
    reader from{path};
    const auto sign = [this](const tree_head& head) { return note(head.size); };
    write_export(from, dir() / "export", with_checkpoint ? checkpoint_signer{sign} : checkpoint_signer{});
    return dir() / "export";
}

fs::path evidence_fixture::put_tiles() const {
    std::vector<hash256> level_hashes = leaves;
    const auto put_level = [&](std::optional<unsigned> level, std::size_t count, auto content_of) {
        for (std::size_t i = 0; i * tile_width < count; ++i) {
            const auto width = std::min(tile_width, count - i * tile_width);
            const tile_path where{.level = level, .index = i, .width = static_cast<unsigned>(width)};
            std::string content;
            for (std::size_t j = i * tile_width; j < i * tile_width + width; ++j) {
                content += content_of(j);
            }
            put("tiles/" + where.text(), content);
        }
    };
    put_level(std::nullopt, records.size(), [&](std::size_t i) {
        const auto size = records[i].size();
        return std::string{static_cast<char>(size / 256), static_cast<char>(size % 256)} + records[i];
    });
    for (unsigned level = 0; !level_hashes.empty(); ++level) {
        put_level(level, level_hashes.size(), [&](std::size_t i) {
            return std::string{reinterpret_cast<const char*>(level_hashes[i].data()), sizeof(hash256)};
        });
        std::vector<hash256> above;
        for (std::size_t i = 0; i + tile_width <= level_hashes.size(); i += tile_width) {
            above.push_back(hasher{}.root_of(std::span{level_hashes}.subspan(i, tile_width)));
        }
        level_hashes = std::move(above);
    }
    put("tiles/checkpoint", note(records.size()));
    return dir() / "tiles";
}

fs::path evidence_fixture::put_bundle(std::int64_t session) const {
    put("bundle/checkpoint", note(records.size()));
    for (std::int64_t seq = 1; seq <= static_cast<std::int64_t>(records.size()); ++seq) {
        const auto entry = std::get<audit_entry>(decode_record(records[static_cast<std::size_t>(seq - 1)]));
        if (entry.session == session_id{session}) {
            put("bundle/" + std::to_string(seq) + ".tlog-proof", proof(seq, records.size()).text());
        }
    }
    return dir() / "bundle";
}

fs::path evidence_fixture::put_log() const {
    std::string lines;
    for (const auto& record : records) {
        lines += record + "\n";
    }
    return put("audit.jsonl", lines);
}

void evidence_fixture::attack(const std::string& sql) const {
    const std::string all =
        query("SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'");
    const std::string back =
        query("SELECT group_concat(sql, ';' || char(10)) FROM sqlite_schema WHERE type = 'trigger'");
    tamper(all);
    tamper(sql);
    tamper(back);
}

void check_verified(const verify::request& what) {
    const auto found = verify::verify_evidence(what);
    BOOST_TEST(found.text() != "");
    BOOST_TEST(!found.what.has_value(), (found.what ? found.what->file + ": " + found.what->message : ""));
    BOOST_TEST(static_cast<int>(found.result) == 0);
}

void check_failed(const verify::request& what, const expected_problem& expected) {
    const auto found = verify::verify_evidence(what);
    BOOST_TEST(static_cast<int>(found.result) == 5);
    BOOST_REQUIRE_MESSAGE(found.what.has_value(), "verified, and should have said: " << expected.said);
    BOOST_TEST_CONTEXT(found.what->file << ": " << found.what->message << " (should say: " << expected.said << ")") {
        BOOST_TEST((found.what->record ? raw(*found.what->record) : 0) == expected.record.value_or(0));
        if (!expected.record) {
            BOOST_TEST(found.what->table == expected.table);
            BOOST_TEST(found.what->file == expected.file);
        }
        BOOST_TEST(found.what->message.find(expected.said) != std::string::npos);
    }
}

void check_refused(const verify::request& what, verify::outcome how, const std::string& said) {
    const auto found = verify::verify_evidence(what);
    BOOST_TEST(static_cast<int>(found.result) == static_cast<int>(how));
    BOOST_REQUIRE(found.what.has_value());
    BOOST_TEST(found.what->message.find(said) != std::string::npos, found.what->message << " / " << said);
}

bool says(const std::vector<std::string>& sentences, const std::string& words) {
    return std::ranges::any_of(sentences, [&](const auto& s) { return s.find(words) != std::string::npos; });
}

void edit(const fs::path& file, const std::string& from, const std::string& to) {
    auto content = content_of(file);
    const auto at = content.find(from);
    BOOST_REQUIRE(at != std::string::npos);
    put_content(file, content.replace(at, from.size(), to));
}

void flip_bit(const fs::path& file, std::size_t byte) {
    auto content = content_of(file);
    BOOST_REQUIRE(byte < content.size());
    content[byte] = static_cast<char>(static_cast<unsigned char>(content[byte]) ^ 1U);
    put_content(file, content);
}

}  // namespace valhalla::tests
