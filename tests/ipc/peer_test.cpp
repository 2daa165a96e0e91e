// SPDX-License-Identifier: Apache-2.0
#include "ipc/peer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

namespace valhalla::tests {

using ipc::user_names;

namespace {

/// A user database that can be changed.
struct database {
    std::optional<std::string> name;
    int asked = 0;
    [[nodiscard]] user_names::source source() {
        return [this](std::uint32_t /*uid*/) {
            ++asked;
            return name;
        };
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(names_of_users)

BOOST_AUTO_TEST_CASE(a_name_that_was_not_there_is_asked_for_again) {
    database users;
    user_names names{users.source()};
    BOOST_TEST(names.of(1'234) == "uid:1234");
    users.name = "eve";
    BOOST_TEST(names.of(1'234) == "eve");
}

BOOST_AUTO_TEST_CASE(a_name_is_kept_for_a_while_and_no_longer) {
    database users{.name = "eve"};
    user_names keeping{users.source(), std::chrono::hours{1}};
    BOOST_TEST(keeping.of(1) == "eve");
    users.name = "adam";
    BOOST_TEST(keeping.of(1) == "eve");
    BOOST_TEST(keeping.of(2) == "adam");
    BOOST_TEST(users.asked == 2);
    user_names forgetting{users.source(), std::chrono::hours{0}};
    BOOST_TEST(forgetting.of(1) == "adam");
    users.name = "eve";
    BOOST_TEST(forgetting.of(1) == "eve");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
