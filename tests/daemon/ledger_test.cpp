// SPDX-License-Identifier: Apache-2.0
#include "daemon/ledger.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "daemon/restore.hpp"
#include "schema/ledger_store.hpp"
#include "schema/reader.hpp"
#include "tests/daemon/ledger_bench.hpp"
#include "tests/temporary_directory.hpp"

namespace commands = valhalla::governor::commands;
using namespace valhalla;
using tests::event_number;
using tests::ledger_bench;

BOOST_AUTO_TEST_SUITE(ledger_suite)

BOOST_AUTO_TEST_CASE(changes_that_wait_together_share_one_commit_and_keep_their_order) {
    ledger_bench b;
    std::vector<change> batch;
    for (int i = 0; i < 100; ++i) {
        batch.push_back(b.change_of(event_number(i), static_cast<std::uint64_t>(i)));
    }
    b.ledger().submit(batch);
    BOOST_TEST(batch.empty());
    b.ledger().start();
    BOOST_TEST(b.finish() == 1U);
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 100U);
    const auto first = boost::json::parse(b.sink->answers.front().substr(2)).at("seq").as_int64();
    for (int i = 0; i < 100; ++i) {
        const auto expected = std::to_string(i) + "={\"seq\":" + std::to_string(first + i) + "}";
        BOOST_TEST(b.sink->answers[static_cast<std::size_t>(i)] == expected);
    }
}

BOOST_AUTO_TEST_CASE(figures_and_lines_for_the_log_come_with_the_commit_that_they_are_of) {
    ledger_bench b;
    const auto commits_before = b.ledger().figures().commit.count();
    static_cast<void>(b.ledger().take_lines());
    std::vector<change> batch;
    batch.push_back(b.change_of(commands::start_session{.notes = "quietly", .supersede = false}, 1));
    batch.push_back(b.change_of(commands::start_session{}, 2));  // refused: nothing to log
    batch.push_back(b.change_of(event_number(1), 3));
    b.ledger().submit(batch);
    b.ledger().start();
    b.finish();
    BOOST_TEST_REQUIRE(b.commits.size() == 1U);
    const auto& figures = b.commits.front()->figures;
    BOOST_TEST(figures.batch_size.count() == 1U);
    BOOST_TEST(figures.batch_size.sum() == 3);
    BOOST_TEST(figures.commit.count() == commits_before + 1);
    BOOST_TEST(!b.commits.front()->disk_full.has_value());
    const auto& lines = b.commits.front()->lines;
    BOOST_TEST_REQUIRE(lines.size() == 1U);
    BOOST_TEST((lines.front().id == message_ids::session_started));
    BOOST_TEST(lines.front().text.find("quietly") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_answer_is_handed_out_only_when_its_record_is_committed) {
    ledger_bench b;
    b.ledger().start();
    std::vector<change> batch;
    batch.push_back(b.change_of(event_number(1), 1));
    b.ledger().submit(batch);
    b.wait_for_commit();
    schema::reader other{b.database()};
    BOOST_TEST(other.trail_size() == b.commits.front()->head.size);
    BOOST_TEST(static_cast<std::uint64_t>(raw(b.commits.front()->state.next_seq)) - 1 == other.trail_size());
    b.finish();
}

BOOST_AUTO_TEST_CASE(a_ledger_that_is_stuck_does_not_say_that_it_is_alive) {
    const tests::temporary_directory directory;
    schema::ledger_store store{directory.path() / "valhalla.db"};
    std::atomic<int> alive = 0;
    std::promise<void> reached;
    std::promise<void> release;
    valhalla::ledger stuck{store,
                           restore_state(store.load(), std::make_shared<const governor::canon>(),
                                         std::make_shared<const governor::playbook>(), span_point{}),
                           {.on_commit = [](const std::unique_ptr<commit_result>&) {},
                            .on_broken = [](const schema::storage_error& e) { BOOST_ERROR(e.what()); },
                            .measure =
                                [&] {
                                    reached.set_value();
                                    release.get_future().wait();
                                    return governor::self_checks{};
                                },
                            .alive = [&](const ledger_figures&) { ++alive; },
                            .clock = daemon_clock{{.wall = [] { return micros_at(1'700'000'000'000'000); }}}}};
    stuck.start();
    reached.get_future().wait();
    BOOST_TEST(alive == 0);
    release.set_value();
    stuck.stop();
    BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(refusals_fill_a_commit_as_answers_do) {
    ledger_bench b;
    std::vector<change> batch;
    // The key is repeated in the refusal, so these have some 200 KiB each.
    for (std::uint64_t n = 0; n < 100; ++n) {
        auto one = b.change_of(event_number(1), n);
        one.token = retry_token{std::string(200'000, 'k'), schema::hasher{}.plain(std::to_string(n))};
        batch.push_back(std::move(one));
    }
    b.ledger().submit(batch);
    b.ledger().start();
    b.wait_for_commits(4);
    for (int n = 0; n < 4; ++n) {
        b.ledger().handed_out();
    }
    BOOST_TEST(b.finish() >= 5U);
    BOOST_TEST(b.sink->answers.size() == 100U);
}

BOOST_AUTO_TEST_CASE(a_refusal_between_changes_harms_neither) {
    ledger_bench b;
    std::vector<change> batch;
    batch.push_back(b.change_of(commands::start_session{}, 1));
    batch.push_back(b.change_of(commands::start_session{}, 2));
    batch.push_back(b.change_of(commands::end_session{}, 3));
    b.ledger().submit(batch);
    b.ledger().start();
    b.finish();
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 3U);
    BOOST_TEST(b.sink->answers[0].starts_with("1={"));
    BOOST_TEST(b.sink->answers[1] == "2!session_active");
    BOOST_TEST(b.sink->answers[2].starts_with("3={"));
}

BOOST_AUTO_TEST_CASE(what_is_queued_when_it_stops_is_answered) {
    ledger_bench b;
    b.ledger().start();
    for (int i = 0; i < 50; ++i) {
        std::vector<change> batch;
        batch.push_back(b.change_of(event_number(i), static_cast<std::uint64_t>(i)));
        b.ledger().submit(batch);
    }
    b.finish();
    BOOST_TEST(b.sink->answers.size() == 50U);
}

BOOST_AUTO_TEST_CASE(joint_commands_are_one_change_with_an_answer_for_each) {
    ledger_bench b;
    std::vector<change> batch;
    batch.push_back(b.joint_change_of({event_number(1), commands::start_session{}, event_number(2)}, 1));
    b.ledger().submit(batch);
    b.ledger().start();
    BOOST_TEST(b.finish() == 1U);
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 1U);
    const auto answers = boost::json::parse(b.sink->answers.front().substr(2)).as_array();
    BOOST_TEST_REQUIRE(answers.size() == 3U);
    BOOST_TEST(answers[1].at("active").as_bool());
    BOOST_TEST(answers[2].at("seq").as_int64() == answers[0].at("seq").as_int64() + 2);
}

BOOST_AUTO_TEST_CASE(joint_commands_that_are_refused_undo_only_their_own) {
    ledger_bench b;
    std::vector<change> batch;
    batch.push_back(b.change_of(event_number(1), 1));
    batch.push_back(b.joint_change_of({event_number(2), commands::end_session{}}, 2));
    batch.push_back(b.change_of(event_number(3), 3));
    b.ledger().submit(batch);
    b.ledger().start();
    BOOST_TEST(b.finish() == 1U);
    BOOST_TEST_REQUIRE(b.sink->answers.size() == 3U);
    BOOST_TEST(b.sink->answers[1] == "2!no_active_session");
    const auto first = boost::json::parse(b.sink->answers[0].substr(2)).at("seq").as_int64();
    BOOST_TEST(boost::json::parse(b.sink->answers[2].substr(2)).at("seq").as_int64() == first + 1);
    BOOST_TEST(static_cast<std::int64_t>(b.commits.front()->head.size) == first + 1);
}

BOOST_AUTO_TEST_CASE(many_large_answers_take_several_commits) {
    ledger_bench b;
    constexpr std::size_t notes_bytes = 16'000;
    constexpr std::size_t count = 2 * ledger::full_commit_bytes / notes_bytes;
    std::vector<change> batch;
    for (std::size_t i = 0; i < count; ++i) {
        batch.push_back(
            b.change_of(commands::start_session{.notes = std::string(notes_bytes, 'n'), .supersede = true}, i));
    }
    b.ledger().submit(batch);
    b.ledger().start();
    BOOST_TEST(b.finish() > 2U);
    for (const auto& commit : b.commits) {
        BOOST_TEST(commit->bytes.size() < ledger::full_commit_bytes + 4 * notes_bytes);
    }
    BOOST_TEST(b.sink->answers.size() == count);
}

BOOST_AUTO_TEST_CASE(the_ledger_waits_for_whoever_hands_its_answers_out) {
    ledger_bench b;
    b.ledger().start();
    std::vector<change> batch;
    for (std::uint64_t i = 0; i < ledger::max_handed_over; ++i) {
        batch.push_back(b.change_of(event_number(0), i));
        b.ledger().submit(batch);
        b.wait_for_commits(i + 1);
    }
    batch.push_back(b.change_of(event_number(1), 9));
    b.ledger().submit(batch);
    schema::reader other{b.database()};
    const auto before = b.newest_head();
    while (other.trail_size() == before) {
        std::this_thread::yield();  // it is on the disk, but not handed over
    }
    BOOST_TEST(b.newest_head() == before);
    b.ledger().handed_out();
    b.wait_for_commits(ledger::max_handed_over + 1);
    b.finish();
}

BOOST_AUTO_TEST_CASE(it_sleeps_neither_for_nothing_nor_beyond_what_a_clock_counts) {
    using namespace std::chrono_literals;
    BOOST_TEST((ledger::nap(-5us) == 1ms));
    BOOST_TEST((ledger::nap(2s) == 2s));
    BOOST_TEST((ledger::nap(std::chrono::years{8'000}) == ledger::self_check_interval));
}

BOOST_AUTO_TEST_CASE(the_state_after_a_restart_is_the_state_before) {
    const tests::temporary_directory directory;
    const auto path = directory.path() / "valhalla.db";
    const auto rules = std::make_shared<const governor::canon>();
    const auto steps = std::make_shared<const governor::playbook>();
    governor::state before;
    {
        schema::ledger_store store{path};
        std::int64_t now = 1'700'000'000'000'000;
        ledger one{store,
                   restore_state(store.load(), rules, steps, span_point{}),
                   {.on_commit = [](auto) {},
                    .on_broken = [](const schema::storage_error& e) { BOOST_ERROR(e.what()); },
                    .measure = [] { return governor::self_checks{}; },
                    .clock = daemon_clock{{.wall = [&now] { return micros_at(now += 1'000); }}}}};
        one.bootstrap(commands::create_database{"00112233445566778899aabbccddeeff"});
        one.bootstrap(commands::start_session{.notes = "n", .supersede = false});
        one.bootstrap(commands::note_session{"remark"});
        one.bootstrap(commands::set_cone{.to = band::survival, .reason = "flood", .metrics_json = R"({"x":1.50})"});
        one.bootstrap(commands::report_health{
            .source = "s", .level = health_level::yellow, .message = "m", .ttl = std::chrono::seconds{60}});
        one.bootstrap(commands::set_thresholds{{{"deny_rate_red", 0.5}}});
        one.bootstrap(commands::start_session{.notes = {}, .supersede = true});
        one.bootstrap(commands::append_event{"X_A", "{}"});
        before = one.initial_state();
    }
    schema::ledger_store store{path};
    const auto after = restore_state(store.load(), rules, steps, span_point{});
    BOOST_TEST(governor::same_records(before, after));
}

BOOST_AUTO_TEST_CASE(users_take_turns_with_what_one_batch_leaves) {
    ledger_bench b;
    change_quota quota{{.changes = 100'000, .bytes = std::size_t{1} << 30U}};
    constexpr std::size_t of_one = 2 * ledger::max_batch;
    std::vector<change> batch;
    const auto add = [&](std::uint32_t uid, std::uint64_t ticket) {
        batch.push_back(b.change_of(event_number(1), ticket));
        batch.back().quota = quota.take(uid, 1);
    };
    for (std::size_t n = 0; n < of_one; ++n) {
        add(1, n);
    }
    add(2, of_one);
    b.ledger().submit(batch);
    b.ledger().start();
    b.finish();
    BOOST_TEST_REQUIRE(b.sink->answers.size() == of_one + 1);
    const auto of_another = std::ranges::find_if(
        b.sink->answers, [](const std::string& each) { return each.starts_with(std::to_string(of_one) + "="); });
    // Behind the first batch and one turn of the first user at most.
    const auto place = static_cast<std::size_t>(of_another - b.sink->answers.begin());
    BOOST_TEST(place <= ledger::max_batch + 16);
    std::uint64_t next = 0;
    for (const auto& each : b.sink->answers) {
        if (&each != &*of_another) {
            BOOST_TEST(each.starts_with(std::to_string(next++) + "="));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
