// SPDX-License-Identifier: Apache-2.0
//
// The running ledger while somebody sets the wall clock.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/connection.hpp"
#include "tests/daemon/ledger_bench.hpp"

namespace commands = valhalla::governor::commands;
using namespace valhalla;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::microseconds;
using tests::event_number;
using tests::ledger_bench;

namespace {

class running_ledger : public ledger_bench {
  public:
    running_ledger() { ledger().start(); }

    /// The position of its answer in `sink->answers` once `finish` has been called.
    std::size_t ask(governor::command what, std::optional<retry_token> token = std::nullopt) {
        std::vector<change> batch;
        batch.push_back(change_of(std::move(what), asked_));
        batch.back().token = std::move(token);
        ledger().submit(batch);
        wait_for_commits(asked_ + 1);
        ledger().handed_out();
        return asked_++;
    }
    [[nodiscard]] std::string answer(std::size_t number) const {
        const auto& text = sink->answers.at(number);
        return text.substr(text.find_first_of("=!"));
    }

  private:
    std::size_t asked_ = 0;
};

const std::vector<microseconds>& wrong_by() {
    static const std::vector<microseconds> all{days{3}, days{26'000}, -days{3}, -days{19'000}, 1h, -1s};
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clock_ledger)

BOOST_AUTO_TEST_CASE(a_change_that_is_sent_again_is_carried_out_once_whatever_the_clock_does_meanwhile) {
    for (const auto by : wrong_by()) {
        BOOST_TEST_CONTEXT("set by " << by.count() << " us") {
            running_ledger b;
            const auto again = [&b] {
                return b.ask(event_number(1), retry_token{"k", schema::hasher{}.plain("append")});
            };
            const auto first = again();
            b.set_clock(by);
            b.ask(event_number(2));  // so that the trail has this time
            const auto while_wrong = again();
            b.let_pass(20h);
            b.set_clock(-by);
            const auto when_right = again();
            b.let_pass(3h);
            const auto within = again();
            b.let_pass(2h);
            const auto beyond = again();
            b.finish();
            BOOST_TEST(b.answer(while_wrong) == b.answer(first));
            BOOST_TEST(b.answer(when_right) == b.answer(first));
            BOOST_TEST(b.answer(within) == b.answer(first));
            BOOST_TEST(b.answer(beyond) != b.answer(first));
        }
    }
}

BOOST_AUTO_TEST_CASE(answers_are_forgotten_when_their_time_is_over_also_where_the_trail_is_ahead) {
    running_ledger b;
    b.set_clock(days{26'000});
    b.ask(event_number(1), retry_token{"k", schema::hasher{}.plain("append")});
    b.set_clock(-days{26'000});
    b.let_pass(25h);
    b.await(
        [&b] {
            return schema::connection::open_reader(b.database()).text_of("SELECT COUNT(*) FROM request_key") == "0";
        },
        "the answer is forgotten");
    b.finish();
}

BOOST_AUTO_TEST_CASE(a_lock_and_a_signal_end_in_time_while_the_trail_is_ahead) {
    running_ledger b;
    b.set_clock(days{26'000});
    b.ask(event_number(1));
    b.set_clock(-days{26'000});
    b.ask(commands::report_health{"deadman", health_level::green, "fine", 600s});
    b.ask(commands::lock_operator{"alice", "left", 600s});
    b.let_pass(500s);
    const auto locked = b.ask(commands::start_session{});
    b.let_pass(200s);
    const auto unlocked = b.ask(commands::start_session{});
    b.finish();
    BOOST_TEST(b.answer(locked) == "!operator_locked");
    BOOST_TEST(b.answer(unlocked).starts_with("={"), b.answer(unlocked));
    BOOST_TEST(b.answer(unlocked).find("Signal deadman was not renewed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_is_told_to_the_log_the_health_and_the_figures) {
    ledger_bench b;
    b.set_clock(days{3});
    b.ledger().bootstrap(event_number(1));
    b.set_clock(-days{3});
    b.ledger().start();  // which looks at once
    b.await([&b] { return !b.news().empty(); }, "something is said of the clock");
    std::vector<change> batch;
    batch.push_back(b.change_of(event_number(2), 1));
    b.ledger().submit(batch);
    b.wait_for_commit();
    b.finish();
    const auto news = b.news();
    BOOST_TEST_REQUIRE(news.size() == 1U);
    BOOST_TEST(news.front().trail_is_ahead);
    BOOST_TEST(!news.front().set_by);  // it was set to and fro between two looks
    const auto& shown = *b.commits.back();
    BOOST_TEST((shown.figures.trail_ahead > days{2}));
    BOOST_TEST((shown.state.health->status == health_level::yellow));
    BOOST_TEST_REQUIRE(!shown.state.health->reasons.empty());
    BOOST_TEST(shown.state.health->reasons.front().starts_with("The trail is ahead of the clock of the system"));
}

BOOST_AUTO_TEST_CASE(where_the_clock_stood_is_stored_with_what_is_committed) {
    running_ledger b;
    const auto stored = [&b] {
        return std::stoll(schema::connection::open_reader(b.database()).text_of("SELECT span_us FROM span_clock"));
    };
    const auto before = stored();
    b.ask(event_number(1));
    BOOST_TEST(stored() == before);  // not with every commit
    b.let_pass(2min);
    b.ask(event_number(2));
    BOOST_TEST(stored() >= before + 120'000'000);
    b.finish();
}

BOOST_AUTO_TEST_CASE(where_the_clock_stood_is_stored_now_and_then_also_while_nobody_asks_for_anything) {
    running_ledger b;
    const auto stored = [&b] {
        return std::stoll(schema::connection::open_reader(b.database()).text_of("SELECT span_us FROM span_clock"));
    };
    const auto before = stored();
    b.let_pass(1h);
    b.await([&] { return stored() >= before + 3'600'000'000; }, "the clock is stored");
    b.finish();
}

BOOST_AUTO_TEST_SUITE_END()
