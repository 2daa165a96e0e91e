// SPDX-License-Identifier: Apache-2.0
//
// What a handshake may announce. The handshake itself is in tests/system/test_gateway_tls.py.
#include "ipc/http/tls_session.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace valhalla::http::tests {

namespace {

constexpr char alert = 21;
constexpr char cipher_change = 20;
constexpr char handshake = 22;
constexpr char encrypted = 23;

std::string tls_record(char type, std::string_view content) {
    std::string record{type, 3, 3, static_cast<char>(content.size() >> 8U), static_cast<char>(content.size() & 0xFFU)};
    return record.append(content);
}
/// The header of a message and as much of its content.
std::string tls_message(char type, std::size_t announced, std::size_t there) {
    const auto byte = [announced](unsigned shift) { return static_cast<char>((announced >> shift) & 0xFFU); };
    return std::string{type, byte(16), byte(8), byte(0)} + std::string(there, '\xFF');
}
/// A message in records of at most `size` bytes.
std::string in_tls_records(std::string_view message, std::size_t size) {
    std::string all;
    for (; !message.empty(); message.remove_prefix(std::min(size, message.size()))) {
        all += tls_record(handshake, message.substr(0, size));
    }
    return all;
}
/// Given to it in pieces of so many bytes.
bool is_admitted(handshake_guard& guard, std::string_view text, std::size_t piece) {
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        if (!guard.admits(text.substr(0, piece))) {
            return false;
        }
    }
    return true;
}

constexpr std::size_t longest_message = handshake_guard::max_message_bytes - 4;

}  // namespace

BOOST_AUTO_TEST_SUITE(http_handshake_guard)

BOOST_AUTO_TEST_CASE(messages_up_to_the_bound_are_admitted_however_they_are_cut) {
    const auto good =
        tls_message(1, longest_message, longest_message) + tls_message(16, 0, 0) + tls_message(1, 300, 300);
    const auto bad = good + tls_message(1, longest_message + 1, 0);
    for (const std::size_t record : {1U, 2U, 3U, 5U, 1'000U, 16'384U}) {
        for (const std::size_t piece : {1U, 7U, 100'000U}) {
            handshake_guard admitting;
            BOOST_TEST(is_admitted(admitting, in_tls_records(good, record), piece));
            handshake_guard refusing;
            BOOST_TEST(!is_admitted(refusing, in_tls_records(bad, record), piece));
        }
    }
}

BOOST_AUTO_TEST_CASE(other_records_between_them_are_passed_over) {
    const auto too_long = tls_message(1, 100'000, 0);
    const auto others = tls_record(alert, too_long) + tls_record(cipher_change, "\x01") +
                        tls_record(encrypted, too_long) + tls_record(handshake, {});
    handshake_guard guard;
    BOOST_TEST(is_admitted(guard, tls_record(handshake, too_long.substr(0, 2)) + others, 3));
    BOOST_TEST(!is_admitted(guard, tls_record(handshake, too_long.substr(2)), 3));
}

BOOST_AUTO_TEST_CASE(what_is_encrypted_after_a_change_of_cipher_is_not_looked_at) {
    const auto sealed = tls_record(handshake, std::string(40, '\xFF'));
    handshake_guard in_clear;
    BOOST_TEST(!is_admitted(in_clear, tls_record(cipher_change, "\x01") + sealed, 4));
    handshake_guard sealing;
    BOOST_TEST(is_admitted(sealing, in_tls_records(tls_message(1, 200, 200), 100), 4));
    sealing.end_at_change_of_cipher();
    BOOST_TEST(is_admitted(sealing, in_tls_records(tls_message(16, 65, 65), 100), 4));
    BOOST_TEST(is_admitted(sealing, tls_record(cipher_change, "\x01") + sealed, 4));
    BOOST_TEST(is_admitted(sealing, sealed, 4));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::http::tests
