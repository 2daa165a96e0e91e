// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/tar_writer.hpp"

#include <stdexcept>
#include <string>

#include <boost/test/unit_test.hpp>

#include "ipc/http/sha256.hpp"

using namespace valhalla::http;

namespace {

std::string small_archive() {
    tar_writer tar;
    tar.begin("folder/one", 5);
    tar.write("12");
    auto bytes = tar.take();
    tar.write("345");
    tar.begin("folder/empty", 0);
    tar.finish();
    return bytes + tar.take();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_tar_writer)

BOOST_AUTO_TEST_CASE(it_comes_as_it_is_written_and_is_whole_blocks) {
    const auto bytes = small_archive();
    BOOST_TEST(bytes.size() % 512 == 0U);
    BOOST_TEST(bytes.substr(0, 10) == "folder/one");
    BOOST_TEST(bytes.substr(257, 5) == "ustar");
    BOOST_TEST(bytes.substr(512, 5) == "12345");
    BOOST_TEST(bytes.substr(1'024, 12) == "folder/empty");
    BOOST_TEST(bytes.substr(bytes.size() - 1'024).find_first_not_of('\0') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_same_files_are_the_same_bytes) {
    BOOST_TEST(small_archive() == small_archive());
}

BOOST_AUTO_TEST_CASE(more_than_was_said_is_refused) {
    tar_writer tar;
    tar.begin("one", 2);
    BOOST_CHECK_THROW(tar.write("123"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(digests_are_those_of_the_standard) {
    sha256_digest digest;
    digest.add("a");
    digest.add("bc");
    BOOST_TEST(digest.end() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest.begin();
    BOOST_TEST(digest.end() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_SUITE_END()
