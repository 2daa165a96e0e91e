// SPDX-License-Identifier: Apache-2.0
#include "daemon/ledger.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <utility>

#include "daemon/governor/health.hpp"
#include "daemon/render.hpp"
#include "daemon/telemetry/record_line.hpp"
#include "ipc/call_list.hpp"
#include "ipc/excerpt.hpp"
#include "ipc/service/byte_units.hpp"
#include "schema/limits.hpp"

namespace valhalla {

namespace {

ipc::rpc_error ledger_error(const schema::storage_error& fault) {
    if (fault.fault() == schema::storage_fault::full) {
        return {ipc::error_code::storage_full,
                std::string{"the disk is full, nothing was changed: "} + fault.what() +
                    "; free some space, then send the request again",
                {}};
    }
    if (fault.fault() == schema::storage_fault::busy) {
        return {ipc::error_code::overloaded,
                std::string{"nothing was changed: "} + fault.what() + "; then send the request again",
                {}};
    }
    return {ipc::error_code::outcome_unknown,
            std::string{"the database failed while this was being stored: "} + fault.what() +
                "; the daemon stops now; after its restart, check whether the change was made",
            {}};
}

ipc::rpc_error key_reused(const std::string& key) {
    ipc::rpc_error error{
        ipc::error_code::request_key_reused,
        "the request key " + key +
            " was used for another request; a retry repeats the first one exactly, anything else takes "
            "a new key",
        {}};
    ipc::append_text_member(error.data_members, "key", "request_key");
    return error;
}

governor::refusal answers_too_large() {
    governor::refusal no;
    no.kind = governor::refusal_kind::answers_too_large;
    no.message = "the answers up to this call have more than " + std::to_string(ledger::max_joint_bytes) +
                 " bytes together; put fewer calls into one";
    no.key = "calls";
    return no;
}

/// Bytes of what the disk says, in a reason of the health.
constexpr std::size_t max_reason_for_health = 400;

/// Lists of changes go round between three owners, so none may stay large because it was once.
void make_empty(std::vector<change>& list) {
    list.clear();
    if (list.capacity() > ledger::kept_changes) {
        std::vector<change>{}.swap(list);
    }
}

ipc::rpc_error never_tried() {
    return {ipc::error_code::shutting_down,
            "the database failed before this was tried, so nothing was changed; the daemon stops now",
            {}};
}

}  // namespace

ipc::rpc_error ledger::files_lost() const {
    return {ipc::error_code::storage_lost,
            "nothing was changed, and no change is accepted any more: " + displaced_.value() +
                "; what was acknowledged before can be rescued while the daemon runs, its log says how",
            {}};
}

actor daemon_actor() {
    return {.name = "valhallad", .via = actor_via::daemon, .uid = std::nullopt, .gid = std::nullopt};
}

bool ledger::can_wait(const schema::storage_error& fault) noexcept {
    return fault.fault() == schema::storage_fault::full || fault.fault() == schema::storage_fault::busy;
}

ledger::ledger(schema::ledger_store& store, governor::state initial, hooks h)
    : store_{store}, hooks_{std::move(h)}, state_{std::move(initial)}, committed_{state_} {}

ledger::~ledger() {
    if (thread_.joinable()) {
        stop();
    }
}

void ledger::bootstrap(const governor::command& what) {
    try {
        const auto done = execute(what, context_of(daemon_actor(), true));
        if (const auto* no = std::get_if<governor::refusal>(&done.result)) {
            throw std::logic_error{"the daemon's own command was refused: " + no->message};
        }
        commit();
    } catch (const schema::storage_error&) {
        roll_back();
        throw;
    }
}

void ledger::start() {
    thread_ = std::thread{[this] { run(); }};
}

void ledger::submit(std::vector<change>& batch) {
    {
        const std::lock_guard lock{mutex_};
        if (queue_.empty()) {
            queue_.swap(batch);
        } else {
            std::ranges::move(batch, std::back_inserter(queue_));
        }
    }
    make_empty(batch);
    wake_.notify_one();
}

void ledger::handed_out() {
    bool awaited = false;
    {
        const std::lock_guard lock{mutex_};
        awaited = handed_over_-- == max_handed_over;
    }
    if (awaited) {  // else nobody waits for it, and waking the ledger for nothing costs two switches a commit
        wake_.notify_one();
    }
}

void ledger::wake() {
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    wake_.notify_one();
}

void ledger::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void ledger::run() {
    std::vector<change> taken;
    bound_kept_answers();
    do {
        if (!taken.empty()) {
            work_on(taken);
        }
        make_empty(taken);
        housekeeping();
    } while (take_queue(taken));
    static_cast<void>(in_place(true));  // whoever closes the store must know, and whether the stop is a clean one
}

void ledger::work_on(std::span<change> taken) {
    if (taken.front().pieces) {
        put_back(taken.subspan(1));  // so that it can be refused meanwhile
        process(taken.first(1));
        next_tick_ = next_self_check_ = {};
        return;
    }
    const auto first_in_pieces = std::ranges::find_if(taken, [](const change& one) { return one.pieces != nullptr; });
    const auto count = static_cast<std::size_t>(first_in_pieces - taken.begin());
    put_back(taken.subspan(process(taken.first(std::min(count, max_batch)))));
}

void ledger::put_back(std::span<change> rest) {
    for (auto& one : rest | std::views::reverse) {
        backlog_.give_back(one.quota.of_user, std::move(one));
    }
}

/// What is due between two batches. After a fault the loop goes on, for everybody who waits is owed an answer.
void ledger::housekeeping() {
    if (!broken_ && !in_place(false)) {
        keep_time_without_files();
    } else if (!broken_) {
        try {
            keep_time();
            keep_clock_alone();
            forget_old_answers();
            fold_log();
        } catch (const schema::storage_error& fault) {
            if (!can_wait(fault)) {
                break_down(fault);
            }
        }
    }
    more_between_ = hooks_.between_batches && hooks_.between_batches(!broken_);
}

void ledger::fold_log() {
    if (!store_.folds_aside() && store_.wal_bytes() >= schema::limits::wal_checkpoint_bytes && in_place(true)) {
        store_.checkpoint();
        ++figures_.wal_checkpoints;
    }
}

bool ledger::in_place(bool look_now) {
    const auto steady_now = std::chrono::steady_clock::now();
    if (displaced_ || !hooks_.displaced || (!look_now && steady_now < next_look_)) {
        return !displaced_;
    }
    next_look_ = steady_now + look_interval;
    displaced_ = hooks_.displaced();
    if (displaced_) {
        store_.leave_files_alone();
        hooks_.on_displaced(*displaced_);
        next_self_check_ = {};
    }
    return !displaced_;
}

/// Without a record of it.
void ledger::show_health(governor::self_checks measured) {
    state_.self = std::move(measured);
    auto now = governor::evaluate_health(state_, std::max(hooks_.clock.span(), state_.span_now));
    if (now != *state_.health) {
        state_.health = std::make_shared<health_verdict>(std::move(now));
    }
    committed_ = state_;
}

void ledger::keep_time_without_files() {
    const auto steady_now = std::chrono::steady_clock::now();
    if (steady_now >= next_self_check_) {
        next_self_check_ = steady_now + self_check_interval;
        show_health(measure());
        publish(std::make_unique<commit_result>());
        if (hooks_.alive) {
            hooks_.alive(figures_);
        }
    }
    next_tick_ = next_self_check_;
}

/// Nobody waits for this: while changes come in, their own transactions do it.
void ledger::forget_old_answers() {
    const auto steady_now = std::chrono::steady_clock::now();
    more_to_forget_ = false;
    if (steady_now < next_forgetting_) {
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        if (!queue_.empty() || !backlog_.empty()) {
            return;
        }
    }
    next_forgetting_ = steady_now + forgetting_interval;
    try {
        more_to_forget_ = store_.forget_answers(hooks_.clock.span() - hooks_.key_window, forgotten_at_once) > 0;
    } catch (const schema::storage_error& fault) {
        store_.rollback();
        if (!can_wait(fault)) {
            throw;
        }
    }
    if (more_to_forget_) {
        next_forgetting_ = steady_now;
    }
}

/// In the transaction of a batch, whose sync pays for it: as many as the batch keeps, and some of what there is beyond.
void ledger::forget_beside(std::size_t kept) {
    if (in_transaction_ && (kept > 0 || std::chrono::steady_clock::now() >= next_forgetting_)) {
        store_.forget_answers(hooks_.clock.span() - hooks_.key_window,
                              static_cast<std::int64_t>(kept) + forgotten_beside);
    }
}

void ledger::break_down(const schema::storage_error& fault) {
    if (!std::exchange(broken_, true)) {
        hooks_.on_broken(fault);
    }
}

bool ledger::take_queue(std::vector<change>& taken) {
    const auto due = [this] { return stopping_ || woken_ || more_between_ || more_to_forget_ || !queue_.empty(); };
    std::unique_lock lock{mutex_};
    if (!backlog_.empty()) {
        auto newest = std::exchange(queue_, {});
        woken_ = false;
        lock.unlock();
        for (auto& one : newest) {
            backlog_.add(one.quota.of_user, std::move(one));
        }
        backlog_.take(taken, max_batch);
        return true;
    }
    if (broken_) {
        wake_.wait(lock, due);
    } else {
        wake_.wait_until(lock, hooks_.displaced && !displaced_ ? std::min(next_tick_, next_look_) : next_tick_, due);
    }
    woken_ = false;
    if (queue_.empty()) {
        return !stopping_;
    }
    taken.swap(queue_);
    return true;
}

std::size_t ledger::process(std::span<change> batch) {
    auto result = std::make_unique<commit_result>();
    result->answers.reserve(batch.size());
    result->bytes.reserve(last_answer_bytes_);
    std::size_t error_bytes = 0;
    try {
        const bool stored = in_place(false);
        const auto began = std::chrono::steady_clock::now();
        for (auto& one : batch) {
            result->answers.push_back({std::move(one.reply), commit_result::slice{}, one.quota});
            auto& at = result->answers.back();
            if (broken_) {
                at.result = never_tried();
                continue;
            }
            if (!stored) {
                at.result = files_lost();
                continue;
            }
            answer(one, *result, at);
            if (const auto* error = std::get_if<ipc::rpc_error>(&at.result)) {
                error_bytes += error->message.size() + error->data_members.size();
            }
            if (result->bytes.size() + error_bytes >= full_commit_bytes ||
                (result->answers.size() % changes_between_looks == 0 &&
                 std::chrono::steady_clock::now() - began >= full_batch_time)) {
                break;
            }
        }
        if (!broken_) {
            forget_beside(std::exchange(kept_answers_, 0));
            const bool anything = in_transaction_;
            commit();
            if (anything && std::exchange(no_room_, std::nullopt)) {
                next_tick_ = next_self_check_ = {};
            }
        }
    } catch (const schema::storage_error& fault) {
        roll_back();
        for (auto& one : batch.subspan(result->answers.size())) {
            result->answers.push_back({std::move(one.reply), commit_result::slice{}, one.quota});
        }
        for (auto& one : result->answers) {
            one.result = ledger_error(fault);
        }
        if (fault.fault() == schema::storage_fault::full) {
            result->disk_full = fault.what();
            if (!std::exchange(no_room_, fault.what())) {
                next_tick_ = next_self_check_ = {};
            }
        } else if (!can_wait(fault)) {
            break_down(fault);
        }
    }
    figures_.batch_size.note(static_cast<std::int64_t>(result->answers.size()));
    const auto count = result->answers.size();
    last_answer_bytes_ = result->bytes.size();
    publish(std::move(result));
    return count;
}

void ledger::answer(const change& one, commit_result& into, commit_result::answered& at) {
    const auto offset = into.bytes.size();
    span_point now{};
    if (one.token) {
        now = hooks_.clock.span();
        const auto kept = store_.find_answer(one.who.name, one.token->key);
        if (kept && kept->kept_at + hooks_.key_window > now) {
            if (kept->digest != one.token->digest) {
                at.result = key_reused(one.token->key);
                return;
            }
            into.bytes += kept->json;
            at.result = commit_result::slice{offset, into.bytes.size() - offset};
            return;
        }
    }
    if (auto refused = carry_out(one, into.bytes)) {
        into.bytes.resize(offset);
        at.result = *std::move(refused);
        return;
    }
    at.result = commit_result::slice{offset, into.bytes.size() - offset};
    if (one.token && into.bytes.size() > offset) {
        begin_if_needed();
        store_.keep_answer(one.who.name, one.token->key, {one.token->digest, into.bytes.substr(offset), now});
        ++kept_answers_;
    }
}

std::optional<ipc::rpc_error> ledger::carry_out(const change& one, std::string& out) {
    if (one.known) {
        out += *one.known;
        return std::nullopt;
    }
    if (one.together) {
        return carry_out_all(*one.together, context_of(one.who, one.is_owner, one.key), out);
    }
    const auto done = execute(one.what, context_of(one.who, one.is_owner, one.key));
    if (const auto* no = std::get_if<governor::refusal>(&done.result)) {
        return to_wire(*no);
    }
    render_answer(out, std::get<governor::answer>(done.result), state_);
    return one.pieces ? carry_out_pieces(one) : std::nullopt;
}

std::optional<ipc::rpc_error> ledger::carry_out_all(const joint_commands& all, const governor::context& ctx,
                                                    std::string& out) {
    const auto begin = out.size();
    std::vector<audit_entry> records;
    const auto answered = [&](const governor::answer& what,
                              const governor::state& after) -> std::optional<governor::refusal> {
        out += out.size() == begin ? '[' : ',';
        render_answer(out, what, after);
        if (out.size() - begin < max_joint_bytes) {
            return std::nullopt;
        }
        return answers_too_large();
    };
    if (const auto refused = governor::execute_all(state_, all.commands, ctx, records, answered)) {
        auto error = to_wire(refused->why);
        ipc::name_call(error, refused->index, all.methods[refused->index]);
        return error;
    }
    out += ']';
    store(records);
    return std::nullopt;
}

governor::context ledger::context_of(const actor& who, bool is_owner, const std::string& key) const {
    return {.who = who,
            .is_owner = is_owner,
            .now = std::max(hooks_.clock.wall(), state_.last_ts),
            .key = key,
            .span = hooks_.clock.span()};
}

void ledger::begin_if_needed() {
    if (!in_transaction_) {
        store_.begin();
        in_transaction_ = true;
    }
}

governor::outcome ledger::execute(const governor::command& what, const governor::context& ctx) {
    auto done = governor::execute(state_, what, ctx);
    store(done.records);
    return done;
}

void ledger::store(std::span<const audit_entry> records) {
    if (!records.empty()) {
        begin_if_needed();
    }
    for (const auto& record : records) {
        store_.append(record);
        keep_span(record);
        note(record);
    }
}

void ledger::note(const audit_entry& record) {
    if (const auto* decision = std::get_if<events::decided>(&record.what)) {
        ++(decision->what->said().allowed ? uncommitted_.allowed : uncommitted_.denied);
    } else if (auto line = line_of(record)) {
        uncommitted_.lines.push_back(*std::move(line));
    }
}

void ledger::commit() {
    if (in_transaction_) {
        const auto span_now = hooks_.clock.span();
        const bool keep_clock = span_now >= clock_kept_ + clock_interval;
        if (keep_clock) {
            store_.keep_clock(hooks_.clock.mark());
        }
        const auto began = std::chrono::steady_clock::now();
        in_pieces_ ? commit_aside() : store_.commit();
        in_transaction_ = in_pieces_ = false;
        head_ = store_.head();
        clock_kept_ = keep_clock ? span_now : clock_kept_;
        figures_.commit.note(std::chrono::steady_clock::now() - began);
        figures_.decisions_allowed += std::exchange(uncommitted_.allowed, 0);
        figures_.decisions_denied += std::exchange(uncommitted_.denied, 0);
        std::ranges::move(uncommitted_.lines, std::back_inserter(lines_));
        uncommitted_.lines.clear();
    }
    committed_ = state_;
}

void ledger::roll_back() noexcept {
    if (in_transaction_) {
        store_.rollback();
        in_transaction_ = false;
    }
    in_pieces_ = false;
    uncommitted_ = {};
    kept_answers_ = 0;
    state_ = committed_;
}

void ledger::keep_time() {
    const auto steady_now = std::chrono::steady_clock::now();
    if (steady_now >= next_tick_) {
        tick(steady_now);
    }
    // A batch may have brought a signal that goes stale sooner than anything known before.
    next_tick_ = next_self_check_;
    const auto now = std::max(hooks_.clock.span(), state_.span_now);
    if (const auto due = governor::next_health_change(state_, now)) {
        next_tick_ = std::min(next_tick_, steady_now + nap(*due - now));
    }
}

void ledger::tick(std::chrono::steady_clock::time_point steady_now) {
    governor::commands::tick what;
    if (steady_now >= next_self_check_) {
        watch_clock();
        what.measured = measure();
        what.measured->wal_mib = store_.wal_bytes() / static_cast<std::int64_t>(mib);
        if (no_room_) {
            what.measured->findings.push_back(
                {health_level::red, "Changes are refused: " + ipc::excerpt(*no_room_, max_reason_for_health) + "."});
        }
        const std::lock_guard lock{mutex_};
        what.measured->ledger_queue = static_cast<std::int64_t>(queue_.size() + backlog_.size());
        next_self_check_ = steady_now + self_check_interval;
    }
    const auto before = state_.health;
    try {
        static_cast<void>(execute(what, context_of(daemon_actor(), true)));
        commit();
    } catch (const schema::storage_error& fault) {
        roll_back();
        if (!can_wait(fault)) {
            throw;
        }
        if (what.measured) {
            show_health(*what.measured);  // which cannot be recorded now
        }
    }
    if (state_.health != before) {
        publish(std::make_unique<commit_result>());
    }
    if (what.measured && hooks_.alive) {
        figures_.wal_bytes = store_.wal_bytes();
        hooks_.alive(figures_);
    }
}

void ledger::publish(std::unique_ptr<commit_result> result) {
    result->state = in_transaction_ ? committed_ : state_;
    result->head = head_;
    figures_.wal_bytes = store_.wal_bytes();
    result->figures = figures_;
    result->lines = std::exchange(lines_, {});
    {
        // Whoever takes the answers is slower than the disk: the ledger waits, and with it those who ask. When it
        // stops, nobody takes any more.
        std::unique_lock lock{mutex_};
        wake_.wait(lock, [this] { return stopping_ || handed_over_ < max_handed_over; });
        ++handed_over_;
    }
    hooks_.on_commit(std::move(result));
}

}  // namespace valhalla
