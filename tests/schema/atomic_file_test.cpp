// SPDX-License-Identifier: Apache-2.0
#include "schema/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "schema/errors.hpp"
#include "schema/proof/sha256_stream.hpp"
#include "tests/not_tested.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla::schema;
using valhalla::tests::content_of;
using valhalla::tests::put_content;
using valhalla::tests::temporary_directory;

namespace {

std::size_t entries(const std::filesystem::path& directory) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{directory}, {}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(atomic_files)

BOOST_AUTO_TEST_CASE(a_file_is_not_there_before_it_is_published) {
    const temporary_directory dir;
    const auto path = dir.path() / "f";
    put_content(path, "old");
    atomic_file file{path};
    const std::string large(1'000'000, 'x');  // more than the buffer
    file.write(large);
    file.write("end");
    file.seal();
    BOOST_TEST(content_of(path) == "old");
    file.publish();
    BOOST_TEST((content_of(path) == large + "end"));
    BOOST_TEST(file.size() == large.size() + 3);
    BOOST_TEST(entries(dir.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_not_published_leaves_nothing_behind) {
    const temporary_directory dir;
    {
        atomic_file file{dir.path() / "f"};
        file.write("half");
        BOOST_TEST(entries(dir.path()) == 1U);
    }
    BOOST_TEST(entries(dir.path()) == 0U);
}

BOOST_AUTO_TEST_CASE(a_file_in_an_open_directory_goes_where_that_was_moved) {
    const temporary_directory dir;
    const auto path = dir.path() / "d" / "f";
    std::filesystem::create_directory(dir.path() / "d");
    const unique_fd opened{::open((dir.path() / "d").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    std::filesystem::rename(dir.path() / "d", dir.path() / "moved");
    std::filesystem::create_directory(dir.path() / "d");
    replace_file_in(opened.get(), path, "old");
    replace_file_in(opened.get(), path, "new");
    BOOST_TEST(content_of(dir.path() / "moved" / "f") == "new");
    BOOST_TEST(entries(dir.path() / "moved") == 1U);
    BOOST_TEST(entries(dir.path() / "d") == 0U);
    std::filesystem::create_directory(dir.path() / "moved" / "g");
    BOOST_CHECK_THROW(replace_file_in(opened.get(), dir.path() / "d" / "g", "x"), storage_error);
    BOOST_TEST(entries(dir.path() / "moved") == 2U);
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_is_replaced) {
    const temporary_directory dir;
    put_content(dir.path() / ".f.tmp", "left over");
    replace_file(dir.path() / "f", "new");
    BOOST_TEST(content_of(dir.path() / "f") == "new");
    BOOST_TEST(entries(dir.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_link_in_the_way_is_not_written_through) {
    const temporary_directory dir;
    put_content(dir.path() / "victim", "mine");
    std::filesystem::create_symlink("victim", dir.path() / ".f.tmp");
    std::filesystem::create_symlink("victim", dir.path() / "f");
    replace_file(dir.path() / "f", "new");
    BOOST_TEST(content_of(dir.path() / "victim") == "mine");
    BOOST_TEST(content_of(dir.path() / "f") == "new");
    BOOST_TEST(!std::filesystem::is_symlink(dir.path() / "f"));
}

BOOST_AUTO_TEST_CASE(others_may_not_read_it) {
    const temporary_directory dir;
    replace_file(dir.path() / "f", "x");
    struct stat about{};
    BOOST_REQUIRE(::stat((dir.path() / "f").c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 07777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_place_that_is_not_there_is_unusable) {
    const temporary_directory dir;
    BOOST_CHECK_EXCEPTION(replace_file(dir.path() / "no" / "f", "x"), storage_error,
                          [](const storage_error& e) { return e.fault() == storage_fault::unusable; });
    std::filesystem::create_directory(dir.path() / "d");
    put_content(dir.path() / "d" / "x", "");
    BOOST_CHECK_EXCEPTION(replace_file(dir.path() / "d", "x"), storage_error,
                          [](const storage_error& e) { return e.fault() == storage_fault::unusable; });
    BOOST_TEST(entries(dir.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_full_device_is_full) {
    if (!std::filesystem::exists("/dev/full")) {
        return valhalla::tests::not_tested("there is no /dev/full");
    }
    // A write to /dev/full is the one way to meet ENOSPC without a device of our own.
    const unique_fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    BOOST_REQUIRE(full);
    BOOST_CHECK_EXCEPTION(write_all(full.get(), "x", "/dev/full"), storage_error,
                          [](const storage_error& e) { return e.fault() == storage_fault::full; });
}

BOOST_AUTO_TEST_CASE(pieces_hash_like_the_whole) {
    sha256_stream stream;
    stream.update("ab");
    stream.update("");
    stream.update("c");
    BOOST_TEST(to_hex(stream.finish()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_SUITE_END()
