// SPDX-License-Identifier: Apache-2.0
#include "schema/ledger_store.hpp"

#include <algorithm>
#include <string>

#include <boost/test/unit_test.hpp>

#include "schema/limits.hpp"
#include "schema/reader.hpp"
#include "tests/full_disk.hpp"
#include "tests/schema/trail_fixture.hpp"

namespace valhalla::schema {
namespace {

using tests::full_disk;
using tests::history;
using tests::store_fixture;

/// Root over the records themselves, as an outsider would compute it.
hash256 root_of_records(const std::filesystem::path& path) {
    hasher h;
    compact_range range;
    reader r{path};
    r.each_record(audit_seq{1}, audit_seq{static_cast<std::int64_t>(r.trail_size())},
                  [&](std::string_view record) { range.append(h.leaf(record), h); });
    return range.root(h);
}

std::vector<audit_entry> decisions(history& h, std::size_t count) {
    std::vector<audit_entry> entries;
    for (std::size_t i = 0; i < count; ++i) {
        entries.push_back(h.decision(i % 3 != 0));
    }
    return entries;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ledger, store_fixture)

BOOST_AUTO_TEST_CASE(a_new_database_holds_nothing) {
    ledger_store store{path};
    const stored_state state = store.load();
    BOOST_TEST(state.instance.empty());
    BOOST_TEST(!state.current_cone.has_value());
    BOOST_TEST(raw(state.next_seq) == 1);
    BOOST_TEST(raw(state.next_session) == 1);
    BOOST_CHECK(state.limits == thresholds{});
    BOOST_TEST(store.head().size == 0U);
    BOOST_TEST(to_hex(store.head().root) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(the_stored_bytes_are_the_encoded_record) {
    history h;
    ledger_store store{path};
    const audit_entry entry = h.created();
    std::string expected;
    encode_record(entry, expected);
    store.begin();
    BOOST_TEST(store.append(entry) == expected);
    store.commit();
    reader r{path};
    r.each_record(audit_seq{1}, audit_seq{1}, [&](std::string_view record) { BOOST_TEST(record == expected); });
    BOOST_CHECK(store.head().root == hasher{}.leaf(expected));
}

BOOST_AUTO_TEST_CASE(the_head_is_the_root_over_the_stored_records_and_survives_a_restart) {
    history h;
    tree_head last;
    std::size_t size = 0;
    // Around tile borders, in one transaction and over restarts.
    for (const std::size_t next : {1U, 255U, 256U, 257U, 700U, 65'535U, 65'536U, 65'537U, 66'000U}) {
        ledger_store store{path};
        BOOST_CHECK(size == 0 || store.head() == last);
        append(store, size == 0 ? std::vector{h.created()} : decisions(h, next - size));
        size = next;
        last = store.head();
        BOOST_TEST(last.size == size);
        BOOST_TEST(to_hex(last.root) == to_hex(root_of_records(path)), "size " << size);
    }
    BOOST_TEST(count("tree_tile") == 66'000 / 256 + 1);
}

BOOST_AUTO_TEST_CASE(a_rollback_leaves_no_trace) {
    history h;
    ledger_store store{path};
    append(store, {h.created(), h.started(1), h.foreign("X_KNOWN", "anna")});
    const tree_head before = store.head();
    {
        history lost{audit_seq{4}};
        store.begin();
        store.append(lost.ended(1));
        store.append(lost.foreign("X_LOST", "nobody"));
        for (const audit_entry& entry : decisions(lost, 300)) {
            store.append(entry);
        }
        store.rollback();
    }
    BOOST_CHECK(store.head() == before);
    BOOST_TEST(reader{path}.trail_size() == 3U);
    BOOST_TEST(count("tree_tile") == 0);
    BOOST_TEST(query("SELECT active FROM session") == "1");
    BOOST_TEST(query("SELECT COUNT(*) FROM event_kind WHERE name = 'X_LOST'") == "0");
    // What the rolled back transaction had named gets numbers anew, and the tree goes on as if nothing had been.
    append(store, {h.foreign("X_OTHER", "somebody"), h.foreign("X_LOST", "nobody")});
    BOOST_TEST(query("SELECT o.id < l.id FROM event_kind AS o, event_kind AS l WHERE o.name = 'X_OTHER' AND l.name = "
                     "'X_LOST'") == "1");
    BOOST_TEST(reader{path}.audit({.event = "X_LOST"}).records.size() == 1U);
    BOOST_TEST(to_hex(store.head().root) == to_hex(root_of_records(path)));
}

BOOST_AUTO_TEST_CASE(a_store_that_dies_in_a_transaction_leaves_the_last_commit) {
    history h;
    tree_head before;
    {
        ledger_store store{path};
        append(store, {h.created(), h.started(1)});
        before = store.head();
        store.begin();
        store.append(h.ended(1));
    }
    ledger_store store{path};
    BOOST_CHECK(store.head() == before);
    BOOST_TEST(store.load().sessions.at(0).active);
}

BOOST_AUTO_TEST_CASE(a_record_out_of_order_is_refused) {
    history h;
    ledger_store store{path};
    append(store, {h.created()});
    for (const std::int64_t seq : {1, 3}) {
        store.begin();
        BOOST_CHECK_THROW(store.append(history{audit_seq{seq}}.decision(true)), storage_error);
        store.rollback();
    }
    audit_entry earlier = history{audit_seq{2}}.decision(true);
    earlier.ts = history::time_of(0);
    store.begin();
    BOOST_CHECK_THROW(store.append(earlier), storage_error);
    // After a failed append nothing but a rollback is possible.
    BOOST_CHECK_THROW(store.append(history{audit_seq{2}}.decision(true)), storage_error);
    BOOST_CHECK_THROW(store.commit(), storage_error);
    store.rollback();
    append(store, {h.decision(true)});
    BOOST_TEST(reader{path}.trail_size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_too_large_is_refused) {
    history h;
    ledger_store store{path};
    append(store, {h.created(), h.started(1)});
    store.begin();
    BOOST_CHECK_THROW(store.append(h.noted(1, std::string(max_record_bytes, 'x'))), storage_error);
    store.rollback();
    BOOST_TEST(reader{path}.trail_size() == 2U);
}

BOOST_AUTO_TEST_CASE(load_gives_what_a_daemon_needs_to_go_on) {
    history h;
    cone wide{band::expansion, "good", history::time_of(9), R"({"a":1.50})"};
    thresholds limits;
    limits.deny_rate_red = 0.5;
    limits.band_c_status = health_level::red;
    const health_signal signal{"disk", health_level::yellow, "slow", history::time_of(11), history::time_of(19),
                               "anna"};
    std::vector<audit_entry> entries{
        h.created(),
        h.started(1, "anna"),
        h.ended(1, "anna"),
        h.started(2, "bert"),
        h.started(3, "anna"),
        h.ended(3, "anna"),
        h.entry(events::policy_loaded{std::string(64, 'b'), "built-in"}),
        h.entry(events::playbook_loaded{std::string(64, 'c'), "built-in"}),
        h.entry(events::cone_changed{wide}),
        h.entry(events::thresholds_changed{{}, limits}),
        h.entry(events::health_reported{signal}),
        h.entry(events::health_reported{{"net", health_level::red, "down", history::time_of(6), {}, "anna"}}),
        h.entry(events::health_cleared{"net"}),
        h.entry(events::health_changed{health_level::green, {health_level::yellow, {"disk is slow"}}}),
        h.entry(events::step_set{"preflight", true, "done", {}}, session_id{2}, "bert"),
        h.decision(true, session_id{2}),
        h.decision(false),
    };
    write(entries);
    ledger_store store{path};
    const stored_state state = store.load();
    BOOST_TEST(state.instance == "0123456789abcdef0123456789abcdef");
    BOOST_CHECK(state.current_cone == wide);
    BOOST_CHECK(state.limits == limits);
    BOOST_REQUIRE(state.signals.size() == 1U);
    BOOST_CHECK(state.signals.front() == signal);
    BOOST_REQUIRE(state.sessions.size() == 2U);
    BOOST_TEST(raw(state.sessions[0].id) == 2);
    BOOST_TEST(state.sessions[0].active);
    BOOST_TEST(raw(state.sessions[0].first_seq) == 4);
    BOOST_TEST(raw(state.sessions[1].id) == 3);
    BOOST_TEST(!state.sessions[1].active);
    BOOST_REQUIRE(state.latest.has_value());
    BOOST_TEST(raw(state.latest->id) == 3);
    const step_progress expected{true, "done", "bert", session_id{2}, history::time_of(15)};
    BOOST_CHECK((state.progress == progress_map{{"preflight", expected}}));
    BOOST_CHECK(state.recorded_status == health_level::yellow);
    BOOST_TEST(state.recorded_policy == std::string(64, 'b'));
    BOOST_TEST(state.recorded_playbook == std::string(64, 'c'));
    BOOST_REQUIRE(state.newest_marks.size() == entries.size());
    BOOST_CHECK(state.newest_marks[15] == decision_mark::allow);
    BOOST_CHECK(state.newest_marks[16] == decision_mark::deny);
    BOOST_TEST(raw(state.next_session) == 4);
    BOOST_TEST(raw(state.next_seq) == 18);
    BOOST_CHECK(state.last_ts == history::time_of(17));
}

BOOST_AUTO_TEST_CASE(the_records_of_active_sessions_are_counted_anew_at_start) {
    history h;
    std::vector<audit_entry> entries{h.created(), h.started(1, "anna"), h.started(2, "bert"), h.started(3, "zoe")};
    for (int i = 0; i < 700; ++i) {  // over two complete tiles and an open one
        entries.push_back(h.decision(true, i % 3 == 0 ? std::nullopt : std::optional{session_id{1 + i % 2}}));
    }
    entries.push_back(h.ended(3, "zoe"));
    const auto named = [&](std::int64_t id) {
        return std::ranges::count_if(entries, [id](const audit_entry& e) { return e.session == session_id{id}; });
    };
    using counts = std::vector<std::pair<session_id, std::int64_t>>;
    write(entries);
    BOOST_CHECK(
        (ledger_store{path}.load().active_records == counts{{session_id{1}, named(1)}, {session_id{2}, named(2)}}));
    ledger_store store{path};
    store.begin();
    store.append(h.decision(true, session_id{1}));
    store.rollback();
    history again{audit_seq{706}};
    append(store, {again.decision(true, session_id{2})});
    BOOST_CHECK((store.load().active_records == counts{{session_id{1}, named(1)}, {session_id{2}, named(2) + 1}}));
}

BOOST_AUTO_TEST_CASE(marks_are_those_of_the_newest_records_alone) {
    history h;
    ledger_store store{path};
    append(store, {h.created()});
    append(store, decisions(h, 500));
    append(store, {h.foreign("X_LAST")});
    const auto marks = store.load().newest_marks;
    BOOST_TEST(marks.size() == deny_window_size);
    BOOST_CHECK(marks.back() == decision_mark::none);
    BOOST_CHECK(marks.front() != decision_mark::none);
}

BOOST_AUTO_TEST_CASE(an_import_keeps_original_times_ids_and_gaps) {
    history h;
    session running;
    running.id = session_id{1};
    running.operator_name = "anna";
    running.active = true;
    session strange;
    strange.id = session_id{2};
    strange.operator_name = "anna";
    strange.ended_at = history::time_of(-5);
    strange.why_ended = end_reason::imported;
    const cone old{band::stabilize, "old", history::time_of(-1000), "{}"};
    events::imported_state state{.imported_cone = old,
                                 .imported_thresholds = thresholds{.deny_rate_yellow = 0.1},
                                 .progress = progress_map{{"preflight", {true, {}, "anna", {}, {}}}},
                                 .sessions = {running, strange},
                                 .source = "seed"};
    events::imported_line line{"CONE_DENY", R"({"x":1})", history::time_of(-9), "2023", 1, "{}"};
    write({h.created(), h.entry(state), h.entry(line)});
    ledger_store store{path};
    const stored_state loaded = store.load();
    BOOST_CHECK(loaded.current_cone == old);
    BOOST_TEST(loaded.limits.deny_rate_yellow == 0.1);
    BOOST_CHECK(loaded.progress == *state.progress);
    BOOST_REQUIRE(loaded.sessions.size() == 1U);
    running.first_seq = audit_seq{2};
    BOOST_CHECK(loaded.sessions[0] == running);
    BOOST_TEST(raw(loaded.latest->id) == 2);
    BOOST_TEST(loaded.latest->snapshot_json.empty());
    BOOST_CHECK(loaded.newest_marks.back() == decision_mark::deny);
}

BOOST_AUTO_TEST_CASE(a_full_disk_rolls_back_and_recovers_by_itself) {
    history h;
    ledger_store store{path};
    append(store, {h.created(), h.started(1)});
    append(store, decisions(h, 100));
    const tree_head before = store.head();
    const std::int64_t next = 103;
    {
        const full_disk full{128UL * 1024};
        history lost{audit_seq{next}};
        store.begin();
        const auto too_many = [&] {
            for (const audit_entry& entry : decisions(lost, 3'000)) {
                store.append(entry);
            }
            store.commit();
        };
        BOOST_CHECK_EXCEPTION(too_many(), storage_error, [](const storage_error& e) {
            BOOST_TEST(std::string{e.what()}.find("no space left") != std::string::npos);
            return e.fault() == storage_fault::full;
        });
        store.rollback();
        BOOST_CHECK(store.head() == before);
        reader r{path};
        BOOST_TEST(r.trail_size() == before.size);
        // Still full: refused again, still in order.
        history again{audit_seq{next}};
        store.begin();
        BOOST_CHECK_THROW(
            {
                for (const audit_entry& entry : decisions(again, 3'000)) {
                    store.append(entry);
                }
                store.commit();
            },
            storage_error);
        store.rollback();
    }
    history more{audit_seq{next}};
    append(store, decisions(more, 3'000));
    BOOST_TEST(store.head().size == before.size + 3'000);
    BOOST_TEST(to_hex(store.head().root) == to_hex(root_of_records(path)));
    BOOST_TEST(query("PRAGMA integrity_check") == "ok");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_finds_no_room_leaves_the_log_and_can_be_made_later) {
    history h;
    tree_head expected;
    const auto is_full = [](const storage_error& e) { return e.fault() == storage_fault::full; };
    {
        ledger_store store{path};
        append(store, {h.created(), h.started(1)});
        append(store, decisions(h, 1'000));
        static_cast<void>(store.checkpoint());
        append(store, decisions(h, 200));  // over the beginning of a log that is long enough
        const full_disk full{std::filesystem::file_size(path)};
        BOOST_CHECK_EXCEPTION((void)store.checkpoint(), storage_error, is_full);
        BOOST_CHECK_EXCEPTION((void)store.checkpoint(), storage_error, is_full);
        expected = store.head();
        store.leave_files_alone();  // as after a kill: closing it would be a checkpoint
    }
    {
        const full_disk full{std::filesystem::file_size(path)};
        const ledger_store store{path};  // what the start cannot move can still be read
        BOOST_CHECK(store.head() == expected);
    }
    ledger_store store{path};
    append(store, decisions(h, 10));
    BOOST_TEST(store.checkpoint() == 0);
    BOOST_TEST(to_hex(store.head().root) == to_hex(root_of_records(path)));
}

BOOST_AUTO_TEST_CASE(answers_are_forgotten_in_the_transaction_that_keeps_others) {
    history story;
    ledger_store store{path};
    append(store, {story.created()});
    const auto keep = [&](const std::string& key, unix_micros when) {
        store.keep_answer("anna", key, {hash256{}, "{}", span_of(when)});
    };
    store.begin();
    for (int i = 0; i < 5; ++i) {
        keep("old-" + std::to_string(i), history::time_of(i));
    }
    store.commit();
    store.begin();
    keep("new", history::time_of(10));
    BOOST_TEST(store.forget_answers(span_of(history::time_of(9)), 3) == 3);
    store.rollback();
    BOOST_TEST(query("SELECT COUNT(*) FROM request_key") == "5");
    store.begin();
    keep("new", history::time_of(10));
    BOOST_TEST(store.forget_answers(span_of(history::time_of(9)), 3) == 3);
    store.commit();
    BOOST_TEST(query("SELECT GROUP_CONCAT(key) FROM (SELECT key FROM request_key ORDER BY key)") == "new,old-3,old-4");
    BOOST_TEST(store.forget_answers(span_of(history::time_of(9)), 3) == 2);  // outside of one
    BOOST_TEST(store.forget_answers(span_of(history::time_of(9)), 3) == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_from_the_future_is_from_now) {
    history story;
    ledger_store store{path};
    append(store, {story.created()});
    store.begin();
    store.keep_answer("anna", "old", {hash256{}, "{}", span_of(history::time_of(1))});
    store.keep_answer("anna", "future", {hash256{}, "{}", span_of(history::time_of(99))});
    store.commit();
    store.bound_answers(span_of(history::time_of(5)));
    BOOST_TEST((store.find_answer("anna", "old")->kept_at == span_of(history::time_of(1))));
    BOOST_TEST((store.find_answer("anna", "future")->kept_at == span_of(history::time_of(5))));
}

BOOST_AUTO_TEST_CASE(spans_and_the_clock_are_stored_with_what_is_committed_and_not_otherwise) {
    history story;
    ledger_store store{path};
    append(store, {story.created()});
    BOOST_TEST(store.load().spans.empty());
    BOOST_TEST(!store.load().clock.has_value());
    const stored_span lock{span_kind::lock_ends, "anna", span_of(history::time_of(7))};
    const stored_span session{span_kind::session_began, "1", span_of(history::time_of(2))};
    const clock_mark mark{span_of(history::time_of(3)), history::time_of(4), std::chrono::microseconds{5}, "b"};
    store.begin();
    store.keep_span(lock);
    store.keep_span(session);
    store.keep_clock(mark);
    store.commit();
    BOOST_CHECK((store.load().spans == std::vector{lock, session}));
    BOOST_CHECK((store.load().clock == mark));
    store.begin();
    store.drop_span(span_kind::lock_ends, "anna");
    store.rollback();
    BOOST_CHECK((store.load().spans == std::vector{lock, session}));
    {
        store.begin();
        store.drop_span(span_kind::lock_ends, "anna");  // also after a rollback
        store.drop_span(span_kind::lock_ends, "bert");
        store.commit();
    }
    BOOST_CHECK((store.load().spans == std::vector{session}));
}

BOOST_AUTO_TEST_CASE(forgetting_answers_that_fails_leaves_no_transaction_open) {
    history story;
    ledger_store store{path};
    append(store, {story.created()});
    store.begin();
    store.keep_answer("anna", "key-1", {hash256{}, "{}", span_of(history::time_of(1))});
    store.commit();
    tamper("CREATE TRIGGER no_delete BEFORE DELETE ON request_key BEGIN SELECT RAISE(ABORT, 'no'); END");

    BOOST_CHECK_THROW(store.forget_answers(span_of(history::time_of(2)), 10), storage_error);

    append(store, {story.decision(true)});
    BOOST_CHECK(store.find_answer("anna", "key-1").has_value());
}

BOOST_AUTO_TEST_CASE(checkpoints_move_the_log_and_its_size_is_known) {
    history h;
    ledger_store store{path};
    append(store, {h.created()});
    append(store, decisions(h, 2'000));
    BOOST_TEST(store.wal_bytes() > 2'000 * 300);
    BOOST_TEST(store.checkpoint() == 0);
    BOOST_TEST(store.wal_bytes() == 0);
    // The log begins anew.
    append(store, {h.decision(true)});
    BOOST_TEST(store.wal_bytes() >= limits::page_bytes);
    BOOST_TEST(store.wal_bytes() < 10 * limits::page_bytes);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_waits_for_no_reader) {
    history h;
    ledger_store store{path};
    append(store, {h.created()});
    reader r{path};
    r.begin_snapshot();
    append(store, decisions(h, 1'000));
    BOOST_TEST(store.checkpoint() > 0);
    BOOST_TEST(r.trail_size() == 1U);
    r.end_snapshot();
    BOOST_TEST(store.checkpoint() == 0);
    BOOST_TEST(r.trail_size() == 1'001U);
}

BOOST_AUTO_TEST_CASE(calls_out_of_turn_are_refused) {
    history h;
    ledger_store store{path};
    BOOST_CHECK_THROW(store.commit(), storage_error);
    BOOST_CHECK_THROW(store.append(h.created()), storage_error);
    store.begin();
    BOOST_CHECK_THROW(store.begin(), storage_error);
    BOOST_CHECK_THROW(store.checkpoint(), storage_error);
    store.rollback();
    store.rollback();
    append(store, {history{}.created()});
}

BOOST_AUTO_TEST_CASE(a_hole_in_the_trail_is_noticed_at_start) {
    history h;
    {
        ledger_store store{path};
        append(store, {h.created()});
        append(store, decisions(h, 600));
    }
    tamper(
        "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = (SELECT MIN(seq) FROM audit WHERE seq >= 550);"
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit\n"
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;");
    BOOST_CHECK_EXCEPTION(ledger_store{path}, storage_error,
                          [](const storage_error& e) { return e.fault() == storage_fault::broken; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::schema
