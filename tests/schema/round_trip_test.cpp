// SPDX-License-Identifier: Apache-2.0
//
// Files in, through the database, files out: what users keep when they come from the program before.
#include <sstream>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "schema/errors.hpp"
#include "schema/export.hpp"
#include "schema/import.hpp"
#include "schema/ledger_store.hpp"
#include "schema/model/json_text.hpp"
#include "schema/proof/checkpoint.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/import_fixture.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;
using namespace valhalla::schema;
using tests::content_of;
using tests::put_content;

namespace {

const std::filesystem::path old_files = std::filesystem::path{TEST_DATA_DIR} / "seed-data";
constexpr std::array<std::string_view, 4> old_documents{"go_session.json", "go_progress.json", "cone_state.json",
                                                        "thresholds.json"};

import_plan planned(const std::filesystem::path& directory) {
    auto result = tests::read_import(directory, "ann");
    const auto* problem = std::get_if<import_problem>(&result);
    BOOST_REQUIRE_MESSAGE(problem == nullptr, (problem != nullptr ? problem->text() : std::string{}));
    return std::get<import_plan>(std::move(result));
}

std::vector<boost::json::value> json_lines(const std::filesystem::path& file) {
    std::vector<boost::json::value> out;
    std::istringstream in{content_of(file)};
    for (std::string line; std::getline(in, line);) {
        out.push_back(boost::json::parse(line));
    }
    return out;
}

/// Stands for the signer of a daemon.
std::string sign(const tree_head& head) {
    return sign_checkpoint({"valhalla.example/round-trip", head}, signing_key::from_seed({}));
}

/// A fresh database that took in a directory, and its export.
class imported_state_dir {
  public:
    explicit imported_state_dir(const std::filesystem::path& from) {
        const auto plan = planned(from);
        ledger_store store{database()};
        store.begin();
        append(store, events::database_created{std::string(32, 'a'), {band::caution, "default", now(), "{}"}});
        for (const auto& part : plan.parts) {
            append(store, part);
        }
        for (const auto& line : tests::lines_of(plan)) {
            append(store, line);
        }
        store.commit();
        head_ = store.head();
        export_to(directory());
    }

    void export_to(const std::filesystem::path& to) const {
        reader from{database()};
        static_cast<void>(write_export(from, to, sign));
    }
    [[nodiscard]] std::filesystem::path database() const { return dir_.path() / "valhalla.db"; }
    [[nodiscard]] std::filesystem::path directory() const { return dir_.path() / "export"; }
    [[nodiscard]] const tree_head& head() const noexcept { return head_; }

  private:
    static unix_micros now() { return micros_at(1'800'000'000'000'000); }
    void append(ledger_store& store, event what) {
        static_cast<void>(
            store.append({next_, now(), {"ann", actor_via::unix_socket, 1000, 100}, {}, std::move(what)}));
        next_ = next(next_);
    }

    tests::temporary_directory dir_;
    audit_seq next_{1};
    tree_head head_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(round_trip)

BOOST_AUTO_TEST_CASE(the_old_documents_come_out_as_they_went_in) {
    const imported_state_dir state{old_files};
    for (const auto name : old_documents) {
        BOOST_TEST(boost::json::parse(content_of(state.directory() / name)) ==
                   boost::json::parse(content_of(old_files / name)));
    }
    // Key order and layout too, where the old order is not that of insertion.
    for (const std::string name : {"go_session.json", "cone_state.json", "thresholds.json"}) {
        BOOST_TEST(content_of(state.directory() / name) == content_of(old_files / name) + "\n");
    }
}

BOOST_AUTO_TEST_CASE(every_old_line_is_found_in_order) {
    const imported_state_dir state{old_files};
    const auto old_lines = json_lines(old_files / "audit.log");
    std::vector<boost::json::value> found;
    for (const auto& record : json_lines(state.directory() / "audit.log")) {
        if (record.as_object().contains("imported")) {
            found.push_back(record);
        }
    }
    BOOST_TEST_REQUIRE(found.size() == old_lines.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        BOOST_TEST(found[i].at("event") == old_lines[i].at("event"));
        BOOST_TEST(found[i].at("payload") == old_lines[i].at("payload"));
        BOOST_TEST(found[i].at("imported").at("ts_utc") == old_lines[i].at("ts_utc"));
        BOOST_TEST(found[i].at("imported").at("line").to_number<std::size_t>() == i + 1);
        BOOST_TEST(found[i].at("ts_utc").as_string() == "2027-01-15T08:00:00.000000Z");
    }
}

BOOST_AUTO_TEST_CASE(the_manifest_names_size_digest_and_root) {
    const imported_state_dir state{old_files};
    const auto manifest = boost::json::parse(content_of(state.directory() / "manifest.json"));
    BOOST_TEST(manifest.at("format").as_int64() == 1);
    BOOST_TEST(manifest.at("tree_size").to_number<std::uint64_t>() == state.head().size);
    BOOST_TEST(manifest.at("root").as_string() == to_hex(state.head().root));
    BOOST_TEST_REQUIRE(manifest.at("files").as_array().size() + 1 == export_documents().size());
    for (const auto& file : manifest.at("files").as_array()) {
        const auto content = content_of(state.directory() / std::string_view{file.at("name").as_string()});
        BOOST_TEST(file.at("bytes").to_number<std::size_t>() == content.size());
        BOOST_TEST(file.at("sha256").as_string() == to_hex(hasher{}.plain(content)));
    }
}

BOOST_AUTO_TEST_CASE(the_same_data_gives_the_same_bytes) {
    const imported_state_dir state{old_files};
    const tests::temporary_directory again;
    put_content(again.path() / "cone_state.json", "what was there before");
    state.export_to(again.path());
    for (const auto name : export_documents()) {
        BOOST_TEST(content_of(again.path() / name) == content_of(state.directory() / name));
    }
    const auto files = std::distance(std::filesystem::directory_iterator{again.path()}, {});
    BOOST_TEST(static_cast<std::size_t>(files) == export_documents().size());
}

BOOST_AUTO_TEST_CASE(our_own_export_is_taken_in_again) {
    const imported_state_dir first{old_files};
    const imported_state_dir second{first.directory()};
    for (const auto name : old_documents) {
        BOOST_TEST(content_of(second.directory() / name) == content_of(first.directory() / name));
    }
    BOOST_TEST(content_of(second.directory() / "sessions.json") == content_of(first.directory() / "sessions.json"));
    const auto before = json_lines(first.directory() / "audit.log");
    std::vector<boost::json::value> found;
    for (const auto& record : json_lines(second.directory() / "audit.log")) {
        if (record.as_object().contains("imported")) {
            auto original = record.at("imported").at("original").as_object();
            original["ts_utc"] = record.at("imported").at("ts_utc");
            original["event"] = record.at("event");
            original["payload"] = record.at("payload");
            found.emplace_back(std::move(original));
        }
    }
    BOOST_TEST((found == before));  // each record of the first trail, whole
    const imported_state_dir third{second.directory()};
    BOOST_TEST(third.head().size > second.head().size);
}

BOOST_AUTO_TEST_CASE(an_end_without_a_start_survives) {
    const tests::temporary_directory old;
    put_content(old.path() / "go_session.json",
                R"({"session":{"active":false,"started_at_utc":null,"ended_at_utc":"2026-11-22T09:08:43.352142Z",)"
                R"("cone_band":null,"status":null,"notes":"Work complete","snapshot":null}})");
    const imported_state_dir first{old.path()};
    BOOST_TEST(boost::json::parse(content_of(first.directory() / "go_session.json")) ==
               boost::json::parse(content_of(old.path() / "go_session.json")));
    const imported_state_dir second{first.directory()};
    BOOST_TEST(content_of(second.directory() / "go_session.json") == content_of(first.directory() / "go_session.json"));
}

BOOST_AUTO_TEST_CASE(metrics_keep_their_digits) {
    const tests::temporary_directory old;
    const std::string_view metrics = R"({ "rate": 0.10, "big": 12345678901234567890, "text": "\u00e9" })";
    put_content(
        old.path() / "cone_state.json",
        R"({"band":"C","reason":"r","updated_at_utc":"2026-11-22T09:08:43Z","metrics":)" + std::string{metrics} + "}");
    const imported_state_dir state{old.path()};
    const auto out = minify_json(content_of(state.directory() / "cone_state.json"));
    BOOST_TEST((out.find(minify_json(metrics)) != std::string::npos), out);
}

BOOST_AUTO_TEST_CASE(a_place_that_is_no_directory_is_unusable) {
    const imported_state_dir state{old_files};
    const tests::temporary_directory dir;
    put_content(dir.path() / "file", "x");
    for (const auto& place : {dir.path() / "file", dir.path() / "file" / "below"}) {
        BOOST_CHECK_EXCEPTION(state.export_to(place), storage_error,
                              [](const storage_error& e) { return e.fault() == storage_fault::unusable; });
    }
    state.export_to(dir.path() / "new" / "deeper");
    BOOST_TEST(std::filesystem::exists(dir.path() / "new" / "deeper" / "manifest.json"));
}

BOOST_AUTO_TEST_SUITE_END()
