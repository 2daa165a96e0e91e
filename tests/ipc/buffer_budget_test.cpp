// SPDX-License-Identifier: Apache-2.0
#include "ipc/buffer_budget.hpp"

#include <boost/test/unit_test.hpp>

using valhalla::ipc::buffer_budget;
using valhalla::ipc::buffer_claim;

BOOST_AUTO_TEST_SUITE(buffer_budget_suite)

BOOST_AUTO_TEST_CASE(one_user_gets_three_quarters_and_another_the_rest) {
    buffer_budget budget{1'000};
    std::size_t anna = 0;
    std::size_t ben = 0;
    BOOST_TEST(budget.take(anna, 750));
    BOOST_TEST(!budget.take(anna, 1));
    BOOST_TEST(budget.take(ben, 250));
    BOOST_TEST(!budget.take(ben, 1));
    BOOST_TEST(budget.taken() == 1'000U);
    budget.give_back(anna, 750);
    BOOST_TEST(anna == 0U);
    BOOST_TEST(budget.take(ben, 500));
}

BOOST_AUTO_TEST_CASE(it_is_scarce_from_one_half_on) {
    buffer_budget budget{1'000};
    std::size_t anna = 0;
    BOOST_TEST(budget.take(anna, 500));
    BOOST_TEST(!budget.scarce());
    BOOST_TEST(budget.take(anna, 1));
    BOOST_TEST(budget.scarce());
}

BOOST_AUTO_TEST_CASE(a_claim_grows_as_far_as_there_is_room_and_shrinks_always) {
    buffer_budget budget{1'000};
    std::size_t anna = 0;
    buffer_claim first{budget, anna};
    buffer_claim second{budget, anna};
    BOOST_TEST(first.resize(600));
    BOOST_TEST(!second.resize(200));
    BOOST_TEST(second.bytes() == 0U);
    BOOST_TEST(first.resize(100));
    BOOST_TEST(second.resize(200));
    BOOST_TEST(anna == 300U);
    first.release();
    first.release();
    BOOST_TEST(budget.taken() == 200U);
}

BOOST_AUTO_TEST_CASE(a_claim_that_changes_hands_counts_as_the_others) {
    buffer_budget budget{1'000};
    std::size_t anna = 0;
    std::size_t ben = 700;
    buffer_claim claim{budget, anna};
    BOOST_TEST(claim.resize(50));
    BOOST_TEST(budget.may_take_over(ben, 50));
    BOOST_TEST(!budget.may_take_over(ben, 51));
    claim.pass_to(ben);
    BOOST_TEST(anna == 0U);
    BOOST_TEST(ben == 750U);
    BOOST_TEST(budget.taken() == 50U);
    BOOST_TEST(!claim.resize(51));
    claim.release();
    BOOST_TEST(ben == 700U);
    BOOST_TEST(budget.taken() == 0U);
}

BOOST_AUTO_TEST_CASE(huge_wishes_do_not_wrap_around) {
    buffer_budget budget{1'000};
    std::size_t anna = 0;
    BOOST_TEST(budget.take(anna, 10));
    BOOST_TEST(!budget.take(anna, static_cast<std::size_t>(-1)));
    BOOST_TEST(!budget.take(anna, static_cast<std::size_t>(-10)));
    BOOST_TEST(budget.taken() == 10U);
}

BOOST_AUTO_TEST_SUITE_END()
