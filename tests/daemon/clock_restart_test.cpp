// SPDX-License-Identifier: Apache-2.0
//
// Spans over restarts of the daemon and of the system, while the wall clock is wrong: they go on from what was stored.
#include <array>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/connection.hpp"
#include "schema/verify/replay.hpp"
#include "tests/daemon/ledger_bench.hpp"

namespace commands = valhalla::governor::commands;
using namespace valhalla;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::microseconds;

namespace {

constexpr auto first_day = micros_at(1'795'338'523'000'000);  // 2026-11-22T09:08:43Z

/// A daemon's ledger on a machine whose clocks move when told.
class restarted {
  public:
    restarted() {
        start();
        run(commands::create_database{"00112233445566778899aabbccddeeff"});
    }

    void run(const governor::command& what) { ledger_->bootstrap(what); }
    [[nodiscard]] const governor::state& state() const { return ledger_->initial_state(); }
    void pass(microseconds span) {
        wall_ += span;
        running_ += span;
    }
    void set_clock(unix_micros to) { wall_ = to; }
    void set_right() { wall_ = first_day + running_ - first_running; }
    /// Of the daemon alone, which is away for no time.
    void restart() {
        stop();
        start();
    }
    /// Of the system, whose wall clock shows `to` afterwards.
    void reboot(unix_micros to) {
        stop();
        wall_ = to;
        running_ = 30s;
        boot_ = std::string(32, 'b');
        start();
    }
    [[nodiscard]] health_level health() {
        run(commands::tick{governor::self_checks{}});
        return state().health->status;
    }
    [[nodiscard]] bool locked(const std::string& name) const {
        const auto found = state().locks->find(name);
        return found != state().locks->end() && found->second.holds_at(span_now());
    }
    [[nodiscard]] bool valid_key(const std::string& id) const { return state().keys->at(id).valid_at(span_now()); }
    /// The answer to a change under a request key, by a daemon that then starts anew.
    std::string ask(const std::string& key) {
        const auto sink = std::make_shared<tests::collecting_sink>();
        std::vector<change> batch;
        batch.push_back({.what = tests::event_number(1),
                         .who = {.name = "alice", .via = actor_via::unix_socket, .uid = 1, .gid = 1},
                         .is_owner = true,
                         .token = retry_token{key, schema::hasher{}.plain("append")},
                         .reply = ipc::reply_handle{sink, 1}});
        ledger_->submit(batch);
        ledger_->start();
        restart();
        for (auto& commit : std::exchange(commits_, {})) {
            change_gate::answer(*commit);
        }
        BOOST_TEST_REQUIRE(sink->answers.size() == 1U);
        return sink->answers.front();
    }
    [[nodiscard]] std::filesystem::path database() const { return directory_.path() / "valhalla.db"; }
    void with_stopped(const std::function<void()>& work) {
        stop();
        work();
        start();
    }

  private:
    static constexpr microseconds first_running = 5h;

    [[nodiscard]] span_point span_now() const { return clock_->span(); }
    void stop() {
        ledger_.reset();
        store_.reset();
    }
    void start() {
        store_ = std::make_unique<schema::ledger_store>(database());
        auto found = store_->load();
        clock_ = daemon_clock{{.wall = [this] { return wall_; }, .running = [this] { return running_; }, .boot = boot_},
                              found.clock};
        ledger_ = std::make_unique<valhalla::ledger>(
            *store_,
            restore_state(std::move(found), std::make_shared<const governor::canon>(),
                          std::make_shared<const governor::playbook>(), clock_->span()),
            valhalla::ledger::hooks{
                .on_commit = [this](std::unique_ptr<commit_result> r) { commits_.push_back(std::move(r)); },
                .on_broken = [](const schema::storage_error& e) { BOOST_ERROR(e.what()); },
                .measure = [] { return governor::self_checks{}; },
                .clock = *clock_});
    }

    tests::temporary_directory directory_;
    unix_micros wall_ = first_day;
    microseconds running_ = first_running;
    std::string boot_ = std::string(32, 'a');
    std::optional<daemon_clock> clock_;
    std::unique_ptr<schema::ledger_store> store_;
    std::vector<std::unique_ptr<commit_result>> commits_;  // of the ledger thread, until it has ended
    std::unique_ptr<valhalla::ledger> ledger_;
};

commands::report_health fine() {
    return {"deadman", health_level::green, "fine", 60s};
}
constexpr const char* key_id = "3f0c9a51b2e7";
commands::create_key a_key() {
    return {key_id, std::string(64, 'a'), "ci", access_role::operator_, 60s};
}

/// What the wall clock is set to.
struct clock_setting {
    const char* name;
    unix_micros to;
};
constexpr std::array clock_settings{
    clock_setting{"ahead", first_day + days{3}},          clock_setting{"far ahead", first_day + days{26'000}},
    clock_setting{"behind", first_day - days{3}},         clock_setting{"1970", micros_at(0)},
    clock_setting{"2106", micros_at(1'000'000LL << 32U)}, clock_setting{"right", first_day},
};

template <class Life>
void with_each_setting(const Life& life) {
    for (const auto& one : clock_settings) {
        BOOST_TEST_CONTEXT("the clock is " << one.name) {
            restarted d;
            life(d, one.to);
            d.with_stopped([&d] {
                const auto replayed = schema::replay_and_compare(d.database());
                BOOST_TEST((replayed.problem ? replayed.problem->message : std::string{}) == "");
            });
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clock_restarts)

BOOST_AUTO_TEST_CASE(what_began_before_the_clock_was_set_ends_in_time) {
    with_each_setting([](restarted& d, unix_micros to) {
        d.run(fine());
        d.run(commands::lock_operator{"anna", "left", 60s});
        d.run(a_key());
        d.pass(10s);
        d.set_clock(to);
        d.run(commands::append_event{"X_A", "{}"});
        d.pass(10s);
        d.restart();
        d.set_right();
        d.run(commands::append_event{"X_A", "{}"});
        d.pass(10s);
        d.restart();
        d.pass(20s);
        BOOST_TEST((d.health() == health_level::green));
        BOOST_TEST(d.locked("anna"));
        BOOST_TEST(d.valid_key(key_id));
        d.pass(11s);
        d.restart();
        BOOST_TEST((d.health() == health_level::yellow));
        BOOST_TEST(!d.locked("anna"));
        BOOST_TEST(!d.valid_key(key_id));
    });
}

BOOST_AUTO_TEST_CASE(what_began_while_the_clock_was_wrong_ends_in_time) {
    with_each_setting([](restarted& d, unix_micros to) {
        d.set_clock(to);
        d.run(fine());
        d.run(commands::lock_operator{"anna", "left", 60s});
        d.run(a_key());
        d.pass(20s);
        d.restart();
        d.set_right();
        d.pass(20s);
        d.restart();
        d.pass(10s);
        BOOST_TEST((d.health() == health_level::green));
        BOOST_TEST(d.locked("anna"));
        BOOST_TEST(d.valid_key(key_id));
        d.pass(11s);
        d.restart();
        BOOST_TEST((d.health() == health_level::yellow));
        BOOST_TEST(!d.locked("anna"));
        BOOST_TEST(!d.valid_key(key_id));
    });
}

BOOST_AUTO_TEST_CASE(what_began_while_the_trail_was_ahead_ends_in_time_however_often_the_daemon_is_restarted) {
    with_each_setting([](restarted& d, unix_micros to) {
        d.set_clock(to);
        d.run(commands::append_event{"X_A", "{}"});
        d.set_right();
        d.run(fine());
        d.run(commands::lock_operator{"anna", "left", 60s});
        for (int i = 0; i < 5; ++i) {
            d.pass(10s);
            d.restart();
        }
        BOOST_TEST((d.health() == health_level::green));
        BOOST_TEST(d.locked("anna"));
        d.pass(11s);
        d.restart();
        BOOST_TEST((d.health() == health_level::yellow));
        BOOST_TEST(!d.locked("anna"));
    });
}

BOOST_AUTO_TEST_CASE(what_is_reported_anew_forgets_the_span_that_it_had) {
    restarted d;
    d.set_clock(first_day + days{3});
    d.run(fine());
    d.pass(10s);
    d.set_right();
    d.pass(days{4});  // the clock has caught up with the trail
    d.run(fine());
    d.pass(50s);
    d.restart();
    BOOST_TEST((d.health() == health_level::green));
    d.pass(11s);
    BOOST_TEST((d.health() == health_level::yellow));
}

BOOST_AUTO_TEST_CASE(nothing_is_stored_of_spans_that_the_records_tell) {
    restarted d;
    d.run(fine());
    d.run(commands::lock_operator{"anna", "left", 60s});
    d.run(a_key());
    d.run(commands::start_session{});
    const auto rows = [&d] {
        return schema::connection::open_reader(d.database()).text_of("SELECT COUNT(*) FROM span");
    };
    BOOST_TEST(rows() == "0");
    d.set_clock(first_day + days{3});
    d.run(fine());
    BOOST_TEST(rows() == "1");
    d.run(commands::clear_health{"deadman"});
    BOOST_TEST(rows() == "0");
}

BOOST_AUTO_TEST_CASE(a_session_that_began_while_the_clock_was_wrong_grows_old_in_time) {
    with_each_setting([](restarted& d, unix_micros to) {
        d.set_clock(to);
        d.run(commands::start_session{});
        d.pass(5h);
        d.restart();
        d.set_right();
        d.pass(6h);
        d.restart();
        BOOST_TEST((d.health() == health_level::green));
        d.pass(2h);
        d.restart();
        BOOST_TEST((d.health() == health_level::yellow));
    });
}

BOOST_AUTO_TEST_CASE(a_change_under_a_request_key_is_carried_out_once) {
    with_each_setting([](restarted& d, unix_micros to) {
        const auto first = d.ask("before");
        d.set_clock(to);
        const auto second = d.ask("meanwhile");
        BOOST_TEST(d.ask("before") == first);
        d.set_right();
        BOOST_TEST(d.ask("before") == first);
        BOOST_TEST(d.ask("meanwhile") == second);
        d.pass(23h);
        BOOST_TEST(d.ask("before") == first);
        BOOST_TEST(d.ask("meanwhile") == second);
        d.pass(2h);
        BOOST_TEST(d.ask("before") != first);
        BOOST_TEST(d.ask("meanwhile") != second);
    });
}

BOOST_AUTO_TEST_CASE(after_a_start_of_the_system_the_time_that_it_was_off_counts) {
    restarted d;
    d.run(fine());
    d.run(commands::lock_operator{"anna", "left", 60s});
    d.reboot(first_day + 50s);
    BOOST_TEST((d.health() == health_level::green));
    BOOST_TEST(d.locked("anna"));
    d.pass(11s);
    BOOST_TEST((d.health() == health_level::yellow));
    BOOST_TEST(!d.locked("anna"));
}

BOOST_AUTO_TEST_CASE(after_a_start_of_the_system_with_a_clock_that_cannot_be_right_spans_go_on_where_they_were) {
    for (const auto to : {micros_at(0), first_day - 1h, first_day + days{26'000}}) {
        restarted d;
        const auto answer = d.ask("once");
        d.run(fine());
        d.run(commands::lock_operator{"anna", "left", 60s});
        d.reboot(to);
        d.pass(40s);
        d.set_clock(first_day + 1h);  // by a time server
        d.run(commands::append_event{"X_A", "{}"});
        BOOST_TEST((d.health() == health_level::green));
        BOOST_TEST(d.locked("anna"));
        d.restart();
        BOOST_TEST(d.ask("once") == answer);
        d.pass(21s);
        BOOST_TEST((d.health() == health_level::yellow));
        BOOST_TEST(!d.locked("anna"));
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_an_older_version_kept_in_a_future_that_did_not_come_stays_for_one_window) {
    restarted d;
    const auto first = d.ask("k");
    d.with_stopped([&d] {
        schema::connection::open_writer(d.database())
            .execute("UPDATE request_key SET kept_us = kept_us + 2000000000000000");
    });
    BOOST_TEST(d.ask("k") == first);
    d.pass(25h);
    BOOST_TEST(d.ask("k") != first);
}

BOOST_AUTO_TEST_SUITE_END()
