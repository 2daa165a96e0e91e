// SPDX-License-Identifier: Apache-2.0
#include "ipc/socket_path.hpp"

#include <cstring>
#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "ipc/unix_server.hpp"
#include "tests/ipc/wire_fixture.hpp"

using namespace valhalla;
using ipc::listen_on_path;
using tests::temporary_directory;

namespace {

constexpr int backlog = 4;

std::string why_not(const std::string& path) {
    try {
        const auto made = listen_on_path(path, std::nullopt, backlog);
        ::close(made.descriptor);
        return {};
    } catch (const ipc::listen_error& error) {
        return error.what();
    }
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

mode_t mode_of(const std::string& path) {
    struct stat about{};
    ::lstat(path.c_str(), &about);
    return about.st_mode;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(socket_path)

BOOST_AUTO_TEST_CASE(the_socket_is_for_its_owner_and_group_whatever_the_umask) {
    const temporary_directory directory;
    for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
        const std::string path = directory.path() / ("s" + std::to_string(mask));
        const mode_t before = ::umask(mask);
        const auto made = listen_on_path(path, ::getegid(), backlog);
        ::umask(before);
        BOOST_TEST(mode_of(path) == (S_IFSOCK | 0660U));
        ::close(made.descriptor);
    }
}

BOOST_AUTO_TEST_CASE(a_path_too_long_for_a_socket_is_refused) {
    const temporary_directory directory;
    const std::string path = directory.path() / std::string(100, 'x');
    BOOST_TEST(contains(why_not(path), "a socket's path at most 107; choose a shorter one"));
    std::string longest = directory.path().string() + "/";
    longest.resize(107, 'x');
    BOOST_TEST(why_not(longest).empty());
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_named) {
    const temporary_directory directory;
    const std::string path = directory.path() / "no" / "sock";
    BOOST_TEST(contains(why_not(path), "the directory " + (directory.path() / "no").string() + ": No such file"));
}

BOOST_AUTO_TEST_CASE(a_file_in_the_place_of_the_directory_is_named) {
    const temporary_directory directory;
    directory.write("file", "");
    BOOST_TEST(contains(why_not(directory.path() / "file" / "sock"), "file is not a directory"));
}

BOOST_AUTO_TEST_CASE(what_is_no_socket_stays) {
    const temporary_directory directory;
    const std::string file = directory.write("sock", "precious");
    BOOST_TEST(contains(why_not(file), "something that is not a socket is there"));
    BOOST_TEST(std::filesystem::file_size(file) == 8U);
    const std::string link = directory.path() / "link";
    std::filesystem::create_symlink(directory.path() / "nowhere", link);
    BOOST_TEST(contains(why_not(link), "something that is not a socket is there"));
    std::filesystem::create_directory(directory.path() / "dir");
    BOOST_TEST(contains(why_not(directory.path() / "dir"), "something that is not a socket is there"));
}

BOOST_AUTO_TEST_CASE(a_socket_that_somebody_listens_on_is_left_to_him) {
    tests::wire_fixture f;
    BOOST_TEST(contains(why_not(f.path()), "another process is listening there"));
    auto client = f.connect();
    client.send(tests::request("1", "cone.state"));
    BOOST_TEST(contains(client.line(), "\"band\""));
}

BOOST_AUTO_TEST_CASE(a_socket_that_was_left_over_is_replaced) {
    const temporary_directory directory;
    const std::string path = directory.path() / "sock";
    const auto left = listen_on_path(path, std::nullopt, backlog);
    ::close(left.descriptor);
    BOOST_TEST(why_not(path).empty());
}

BOOST_AUTO_TEST_CASE(only_the_own_socket_is_removed) {
    const temporary_directory directory;
    const std::string path = directory.path() / "sock";
    const auto first = listen_on_path(path, std::nullopt, backlog);
    ::close(first.descriptor);
    const auto second = listen_on_path(path, std::nullopt, backlog);
    auto of_another = second.where;
    of_another.inode += 1;
    ipc::release_socket_path(of_another);
    BOOST_TEST(std::filesystem::exists(path));
    ipc::release_socket_path(second.where);
    BOOST_TEST(!std::filesystem::exists(path));
    ::close(second.descriptor);
}

BOOST_AUTO_TEST_CASE(an_inherited_socket_is_served_and_its_path_left_alone) {
    const temporary_directory directory;
    const std::string path = directory.path() / "sock";
    const auto made = listen_on_path(path, std::nullopt, backlog);
    {
        tests::wire_fixture f;
        f.on_io([&] {
            f.server().stop_accepting();
            f.server().adopt(made.descriptor);
        });
        tests::raw_client client{path};
        client.send(tests::request("1", "cone.state"));
        BOOST_TEST(contains(client.line(), "\"band\""));
    }
    BOOST_TEST(std::filesystem::exists(path));
}

BOOST_AUTO_TEST_SUITE_END()
