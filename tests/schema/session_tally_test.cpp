// SPDX-License-Identifier: Apache-2.0
#include "schema/model/session_tally.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/schema/trail_fixture.hpp"

namespace valhalla::tests {

BOOST_AUTO_TEST_SUITE(session_tallies)

BOOST_AUTO_TEST_CASE(records_count_for_the_session_that_they_name) {
    session_tally tally;
    history h;
    BOOST_TEST(tally.take(h.created()));
    BOOST_TEST(tally.take(h.started(7)));
    BOOST_TEST(tally.take(h.started(3, "bert")));
    BOOST_TEST(tally.take(h.noted(7, "x")));
    BOOST_TEST(tally.take(h.decision(true)));
    BOOST_TEST(tally.count(session_id{3}));
    BOOST_TEST(tally.records_of(session_id{7}).value() == 2);
    BOOST_TEST(tally.records_of(session_id{3}).value() == 2);
    BOOST_TEST(tally.take(h.ended(7)));
    BOOST_TEST(!tally.records_of(session_id{7}).has_value());
    BOOST_TEST(tally.records_of(session_id{3}).value() == 2);
}

BOOST_AUTO_TEST_CASE(a_session_that_is_not_active_takes_no_records) {
    session_tally tally;
    history h;
    BOOST_TEST(!tally.count(session_id{1}));
    BOOST_TEST(!tally.take(h.noted(1, "before its start")));
    BOOST_TEST(tally.take(h.started(1)));
    BOOST_TEST(tally.take(h.ended(1)));
    BOOST_TEST(!tally.take(h.noted(1, "after its end")));
    BOOST_CHECK(tally == session_tally{});
}

BOOST_AUTO_TEST_CASE(any_number_of_sessions_in_any_order_is_kept_apart) {
    for (std::int64_t sessions = 0; sessions < 70; ++sessions) {
        session_tally tally;
        for (std::int64_t i = 0; i < sessions; ++i) {
            const std::int64_t id = 2 * (i * 71 % sessions) + 1;  // 71 is prime and larger than all: each once
            tally.open(session_id{id}, 1'000 * id);
        }
        for (std::int64_t id = 0; id <= 2 * sessions + 1; ++id) {
            const bool there = id % 2 == 1 && id < 2 * sessions;
            BOOST_TEST(tally.count(session_id{id}) == there);
            BOOST_TEST(tally.records_of(session_id{id}).value_or(-1) == (there ? 1'000 * id + 1 : -1));
        }
    }
}

BOOST_AUTO_TEST_CASE(imported_sessions_are_open_while_they_are_active) {
    session_tally tally;
    history h;
    events::imported_state past;
    past.sessions = {past_session(4, "anna", true), past_session(5, "bert", false)};
    BOOST_TEST(tally.take(h.entry(past)));
    BOOST_TEST(tally.records_of(session_id{4}).value() == 0);
    BOOST_TEST(!tally.records_of(session_id{5}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
