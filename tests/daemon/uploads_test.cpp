// SPDX-License-Identifier: Apache-2.0
#include "daemon/uploads.hpp"

#include <chrono>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "schema/errors.hpp"
#include "tests/full_disk.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/temporary_directory.hpp"

using valhalla::uploads;
using valhalla::ipc::error_code;
using valhalla::ipc::rpc_error;
using valhalla::tests::full_disk;
using valhalla::tests::temporary_directory;

namespace {

using valhalla::tests::content_of;

template <class T>
error_code code_of(const uploads::result<T>& r) {
    return std::get<rpc_error>(r).code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(uploads_suite)

BOOST_AUTO_TEST_CASE(pieces_are_appended_in_order) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    const auto id = std::get<std::int64_t>(files.begin());
    BOOST_TEST(std::get<std::uint64_t>(files.put(id, "audit.log", "one\n")) == 4U);
    BOOST_TEST(std::get<std::uint64_t>(files.put(id, "audit.log", "two\n")) == 8U);
    BOOST_TEST(content_of(dir.path() / "upload" / std::to_string(id) / "audit.log") == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(a_piece_with_its_offset_may_come_twice) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    const auto id = std::get<std::int64_t>(files.begin());
    const auto put = [&](std::string_view text, std::int64_t offset) {
        return files.put(id, "audit.log", text, offset);
    };
    BOOST_TEST((code_of(put("one\n", 1)) == error_code::invalid_params));
    BOOST_TEST(std::get<std::uint64_t>(put("one\n", 0)) == 4U);
    BOOST_TEST(std::get<std::uint64_t>(put("two\n", 4)) == 8U);
    BOOST_TEST(std::get<std::uint64_t>(put("two\n", 4)) == 8U);
    BOOST_TEST(std::get<std::uint64_t>(put("one\n", 0)) == 8U);
    const auto misfit = put("TWO\n", 4);
    BOOST_TEST((code_of(misfit) == error_code::invalid_params));
    BOOST_TEST(std::get<rpc_error>(misfit).message.ends_with("go on from 8"));
    BOOST_TEST((code_of(put("two\nthree\n", 4)) == error_code::invalid_params));
    BOOST_TEST((code_of(put("x", 9'223'372'036'854'775'807)) == error_code::invalid_params));
    BOOST_TEST(content_of(dir.path() / "upload" / std::to_string(id) / "audit.log") == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(of_a_piece_that_finds_no_room_nothing_stays) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    const auto id = std::get<std::int64_t>(files.begin());
    BOOST_TEST(std::get<std::uint64_t>(files.put(id, "audit.log", "one\n")) == 4U);
    const auto refused = [&] {
        const full_disk limit{6};
        return files.put(id, "audit.log", "two\nthree\n", 4);
    }();
    BOOST_TEST((code_of(refused) == error_code::storage_full));
    const auto first = [&] {
        const full_disk limit{6};
        return files.put(id, "sessions.json", "{\"sessions\":[]}");
    }();
    BOOST_TEST((code_of(first) == error_code::storage_full));
    BOOST_TEST(!std::filesystem::exists(dir.path() / "upload" / std::to_string(id) / "sessions.json"));
    BOOST_TEST(content_of(dir.path() / "upload" / std::to_string(id) / "audit.log") == "one\n");
    BOOST_TEST(std::get<std::uint64_t>(files.put(id, "audit.log", "two\nthree\n", 4)) == 14U);
    BOOST_TEST(content_of(dir.path() / "upload" / std::to_string(id) / "audit.log") == "one\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(only_files_of_an_import_are_taken) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    const auto id = std::get<std::int64_t>(files.begin());
    for (const char* name : {"../valhalla.db", "/etc/passwd", "audit.log/x", "", "manifest.json"}) {
        BOOST_TEST((code_of(files.put(id, name, "x")) == error_code::unknown_document), name);
    }
}

BOOST_AUTO_TEST_CASE(an_upload_that_is_gone_or_never_was_is_refused) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    BOOST_TEST((code_of(files.put(7, "audit.log", "x")) == error_code::no_such_upload));
    const auto id = std::get<std::int64_t>(files.begin());
    files.cancel(id);
    BOOST_TEST(!std::filesystem::exists(dir.path() / "upload" / std::to_string(id)));
    BOOST_TEST((code_of(files.read(id, "alice")) == error_code::no_such_upload));
}

BOOST_AUTO_TEST_CASE(the_oldest_gives_way_when_too_many_are_open) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    const auto first = std::get<std::int64_t>(files.begin());
    for (std::size_t i = 0; i < uploads::max_open; ++i) {
        BOOST_TEST(std::holds_alternative<std::int64_t>(files.begin()));
    }
    BOOST_TEST((code_of(files.put(first, "audit.log", "x")) == error_code::no_such_upload));
}

BOOST_AUTO_TEST_CASE(what_an_earlier_process_left_is_removed) {
    const temporary_directory dir;
    {
        uploads files{dir.path() / "upload"};
        static_cast<void>(files.put(std::get<std::int64_t>(files.begin()), "audit.log", "torn"));
    }
    const uploads files{dir.path() / "upload"};
    BOOST_TEST(!std::filesystem::exists(dir.path() / "upload"));
}

BOOST_AUTO_TEST_CASE(a_directory_of_somebody_else_is_left_alone) {
    const temporary_directory dir;
    const auto theirs = dir.path() / "upload" / "2024";
    std::filesystem::create_directories(theirs);
    BOOST_CHECK_EXCEPTION(uploads{dir.path() / "upload"}, valhalla::schema::storage_error, [](const auto& e) {
        return std::string{e.what()}.find("upload is not of this program, which uses that name for imports") !=
               std::string::npos;
    });
    BOOST_TEST(std::filesystem::exists(theirs));
}

BOOST_AUTO_TEST_CASE(one_is_read_at_a_time) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    const auto id = std::get<std::int64_t>(files.begin());
    auto first = std::get<uploads::reading>(files.read(id, "alice"));
    BOOST_TEST((code_of(files.read(id, "bert")) == error_code::overloaded));
    first.reset();
    BOOST_TEST(std::holds_alternative<uploads::reading>(files.read(id, "bert")));
}

BOOST_AUTO_TEST_CASE(a_problem_names_file_line_and_key) {
    const temporary_directory dir;
    uploads files{dir.path() / "upload"};
    const auto id = std::get<std::int64_t>(files.begin());
    BOOST_TEST(std::holds_alternative<std::uint64_t>(
        files.put(id, "cone_state.json",
                  "{\n\"band\":\"Z\",\"reason\":\"\",\"updated_at_utc\":\"2026-01-01T00:00:00Z\","
                  "\"metrics\":{}}\n")));
    const auto reading = std::get<uploads::reading>(files.read(id, "alice"));
    while (!reading->advance(std::chrono::milliseconds{1})) {
    }
    const auto read = reading->take();
    BOOST_TEST_REQUIRE(std::holds_alternative<valhalla::schema::import_problem>(read));
    const auto error = uploads::refused(std::get<valhalla::schema::import_problem>(read));
    BOOST_TEST((error.code == error_code::import_refused));
    BOOST_TEST(error.message.find("cone_state.json:2") != std::string::npos, error.message);
    BOOST_TEST(error.data_members == R"("line":2,"file":"cone_state.json","key":"band")", error.data_members);
}

BOOST_AUTO_TEST_SUITE_END()
