// SPDX-License-Identifier: Apache-2.0
#include "schema/signing_key_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "schema/errors.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::schema {

namespace {

// As `openssl genpkey -algorithm ed25519` wrote it; its public half, as `openssl pkey -pubout` did.
constexpr std::string_view openssl_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view openssl_rsa_like =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE "
    "KEY-----\n";

std::string refusal_of(const std::filesystem::path& path) {
    try {
        static_cast<void>(load_signing_key(path));
    } catch (const storage_error& e) {
        BOOST_CHECK(e.fault() == storage_fault::unusable);
        return e.what();
    }
    return "accepted";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(signing_key_files, tests::temporary_directory)

BOOST_AUTO_TEST_CASE(a_created_key_is_private_and_loads_again) {
    const auto file = path() / "signing.key";
    const auto created = create_signing_key(file);
    struct stat status{};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777U) == 0600U);
    const auto loaded = load_signing_key(file);
    BOOST_REQUIRE(loaded.has_value());
    BOOST_CHECK(loaded->public_key() == created.public_key());
    BOOST_CHECK_THROW(static_cast<void>(create_signing_key(file)), storage_error);
}

BOOST_AUTO_TEST_CASE(a_key_of_openssl_is_read) {
    const auto file = write("signing.key", openssl_key);
    ::chmod(file.c_str(), 0400);
    const auto loaded = load_signing_key(file);
    BOOST_REQUIRE(loaded.has_value());
    ed25519_key seed{};
    for (std::size_t i = 0; i < seed.size(); ++i) {
        seed[i] = static_cast<std::byte>(i);
    }
    BOOST_CHECK(loaded->seed() == seed);
}

BOOST_AUTO_TEST_CASE(no_file_is_no_key) {
    BOOST_CHECK(!load_signing_key(path() / "none").has_value());
}

BOOST_AUTO_TEST_CASE(a_key_that_others_can_use_is_refused) {
    for (const ::mode_t mode : {0640U, 0604U, 0660U, 0620U, 0644U}) {
        const auto file = write("signing.key", openssl_key);
        ::chmod(file.c_str(), mode);
        BOOST_TEST(refusal_of(file).find("can be used by others") != std::string::npos, mode);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_ed25519_key_is_refused) {
    for (const std::string_view content :
         {std::string_view{}, std::string_view{"hello\n"}, openssl_key.substr(0, 70), openssl_rsa_like}) {
        const auto file = write("signing.key", content);
        ::chmod(file.c_str(), 0600);
        BOOST_TEST(refusal_of(file).find("holds no Ed25519 key") != std::string::npos, content);
    }
}

BOOST_AUTO_TEST_CASE(a_directory_or_a_pipe_is_refused_and_does_not_hang) {
    BOOST_TEST(refusal_of(path()).find("not a regular file") != std::string::npos);
    const auto pipe = path() / "pipe";
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    BOOST_TEST(refusal_of(pipe).find("not a regular file") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
