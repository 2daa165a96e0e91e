// SPDX-License-Identifier: Apache-2.0
#include "schema/state_dir.hpp"

#include <optional>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "schema/errors.hpp"
#include "tests/as_nobody.hpp"
#include "tests/not_tested.hpp"
#include "tests/schema/storage_sentence.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::schema {
namespace {

using tests::check_sentence;

struct directory_fixture {
    tests::temporary_directory parent;
    std::filesystem::path path = parent.path() / "a" / "state";
};

std::optional<storage_error> opening_error(const std::filesystem::path& path) {
    try {
        const state_dir open{path};
    } catch (const storage_error& e) {
        return e;
    }
    return std::nullopt;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(state_directory, directory_fixture)

BOOST_AUTO_TEST_CASE(a_missing_one_is_created_private_with_its_parents) {
    const state_dir open{path};
    struct stat status{};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777U) == 0700U);
    BOOST_TEST(open.database() == path / "valhalla.db");
}

BOOST_AUTO_TEST_CASE(one_that_others_can_read_becomes_private) {
    std::filesystem::create_directories(path);
    std::filesystem::permissions(path, std::filesystem::perms{0755});
    const state_dir open{path};
    BOOST_CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms{0700});
}

BOOST_AUTO_TEST_CASE(a_second_holder_is_refused_until_the_first_is_gone) {
    {
        const state_dir first{path};
        check_sentence(opening_error(path), storage_fault::locked, path.string(), "another valhallad");
        BOOST_TEST(std::string{opening_error(path)->what()}.find(std::to_string(::getpid())) != std::string::npos);
    }
    BOOST_CHECK(!opening_error(path));
}

BOOST_AUTO_TEST_CASE(a_holder_that_died_holds_nothing) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            const state_dir held{path};
            static_cast<void>(::raise(SIGKILL));
        } catch (...) {
            ::_exit(2);
        }
        ::_exit(1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_REQUIRE(WIFSIGNALED(status));
    BOOST_CHECK(!opening_error(path));
}

BOOST_AUTO_TEST_CASE(a_file_in_its_place_is_refused) {
    const auto file = parent.write("file", "content");
    check_sentence(opening_error(file), storage_fault::unusable, file.string(), "not a directory");
    check_sentence(opening_error(file / "below"), storage_fault::unusable, file.string(), "cannot create");
}

BOOST_AUTO_TEST_CASE(one_of_another_user_is_refused) {
    std::filesystem::create_directories(path);
    if (::geteuid() != 0) {
        check_sentence(opening_error("/"), storage_fault::unusable, "/", "belongs to user 0");
    } else if (::chown(path.c_str(), 65534, 65534) == 0) {
        check_sentence(opening_error(path), storage_fault::unusable, path.string(), "belongs to user 65534");
    } else {
        tests::not_tested("root cannot give a directory away");
    }
}

BOOST_AUTO_TEST_CASE(a_place_that_cannot_be_written_is_refused) {
    if (!tests::can_be_nobody()) {
        return tests::not_tested("root cannot be another user");
    }
    std::filesystem::permissions(parent.path(), std::filesystem::perms{0555});
    const int status = tests::as_nobody([&] {
        const auto error = opening_error(parent.path() / "state");
        const std::string text = error ? error->what() : "";
        return error && error->fault() == storage_fault::unusable &&
                       text.find("cannot create the state directory") != std::string::npos &&
                       text.find("Permission denied") != std::string::npos
                   ? 0
                   : 1;
    });
    BOOST_TEST(status == 0);
    std::filesystem::permissions(parent.path(), std::filesystem::perms{0700});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
