// SPDX-License-Identifier: Apache-2.0
//
// The ledger: one thread that owns the only writing connection and the state that the rules work on.
//
//   I/O thread  --submit(changes of one turn)-->  queue
//   ledger      takes all that is queued, executes it in order, ONE transaction, ONE fsync; when that is more than one
//               batch takes, users take turns with what is left
//   ledger      --commit_result(new state, all answers)-->  `on_commit`, called on the ledger thread
//
// While a commit waits for the disk the next batch gathers: no timer, so a lone client waits for nobody. No answer is
// handed out before its fsync returned. When the disk is full the batch is rolled back as a whole and answered
// `storage_full`; when the writer breaks, nothing more is acknowledged and `on_broken` is called once. When the files
// are not those at their paths any more, changes are refused with `storage_lost`; reads, and copies of what is open, go
// on.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/change_quota.hpp"
#include "daemon/clock.hpp"
#include "daemon/clock_watch.hpp"
#include "daemon/governor/governor.hpp"
#include "daemon/telemetry/ledger_figures.hpp"
#include "daemon/telemetry/log_entry.hpp"
#include "daemon/user_turns.hpp"
#include "ipc/call.hpp"
#include "schema/ledger_store.hpp"

namespace valhalla {

/// Who acts when nobody asked: the daemon itself.
[[nodiscard]] actor daemon_actor();

/// What makes a retry of a change known as one: the key that the client chose, and what it asked for.
struct retry_token {
    std::string key;
    schema::hash256 digest{};  ///< of the method and its parameters
};

/// Several commands of one sender, all or nothing. Their answer is an array of the answers that they have alone.
struct joint_commands {
    std::vector<governor::command> commands;
    std::vector<std::string_view> methods;  ///< that they came as; what an error names
};

/// What follows a command and is one change with it, however long it is: its pieces are carried out one by one in the
/// transaction that it began. In between the ledger refuses other changes instead of letting them wait, and nothing of
/// it is there before all of it is. Ledger thread, or wherever the change is dropped.
class further_pieces {
  public:
    further_pieces() = default;
    virtual ~further_pieces() = default;
    further_pieces(const further_pieces&) = delete;
    further_pieces& operator=(const further_pieces&) = delete;

    /// The next one, some milliseconds of work; nothing when there are no more; or why all of it is refused.
    [[nodiscard]] virtual std::variant<std::monostate, governor::command, ipc::rpc_error> next() = 0;
};

/// A command with its sender and the place where the answer goes.
struct change {
    governor::command what;
    std::unique_ptr<const joint_commands> together{};  ///< when there are any, instead of `what`
    /// When there is one, nothing is carried out: the answer is the one that was kept for `token`. If there is none, it
    /// is this one, which is then kept; the empty one is not kept.
    std::unique_ptr<const std::string> known{};
    std::unique_ptr<further_pieces> pieces{};  ///< that come after `what`; usually none
    actor who;
    bool is_owner = false;
    std::string key{};  ///< id of the key that he came with; empty: there is none
    std::optional<retry_token> token{};
    ipc::reply_handle reply;
    change_quota::hold quota{};
};

/// What one commit (or one refused batch) brought about. Made on the ledger thread, consumed on the I/O thread.
struct commit_result {
    /// Where in `bytes` an answer stands.
    struct slice {
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    struct answered {
        ipc::reply_handle reply;
        std::variant<slice, ipc::rpc_error> result;
        change_quota::hold quota{};
    };
    governor::state state;
    schema::tree_head head;
    std::string bytes;  ///< all answers of the commit, one after the other
    std::vector<answered> answers;
    std::vector<log_entry> lines;  ///< for the log, of records that are on the disk
    ledger_figures figures;
    std::optional<std::string> disk_full{};  ///< why nothing of it was stored
};

class ledger {
  public:
    struct hooks {
        std::function<void(std::unique_ptr<commit_result>)> on_commit;
        std::function<void(const schema::storage_error&)> on_broken;
        /// Fills in what can only be measured outside (disk space); called every `self_check_interval`.
        std::function<governor::self_checks()> measure;
        /// The loop goes round: called after each of these measurements. May be empty.
        std::function<void(const ledger_figures&)> alive{};
        daemon_clock clock{};
        /// The log has something to say of the clock. May be empty.
        std::function<void(const clock_news&)> on_clock{};
        /// Work that needs the writing connection, in pieces of some milliseconds, called between two batches; true
        /// while there is more. After a fault `usable` is false: then it only ends what it began. Must not throw. May
        /// be empty.
        std::function<bool(bool usable)> between_batches{};
        /// What is not where it was of the files that are written to; called once a second and before each fold of the
        /// log. From then on nothing is stored. May be empty.
        std::function<std::optional<std::string>()> displaced{};
        /// Called once, after that.
        std::function<void(const std::string& what)> on_displaced{};
        /// How long the answer to a change with a request key is kept for its retry.
        std::chrono::seconds key_window{std::chrono::hours{24}};
    };

    /// Most changes in one transaction: bounds the time that a commit and the hand-over of its answers take.
    static constexpr std::size_t max_batch = 4'096;
    /// A batch takes no further change when it has worked for so long: the changes behind it wait, and the
    /// watchdog is fed between two. It is looked at once for so many changes.
    static constexpr std::chrono::milliseconds full_batch_time{50};
    static constexpr std::size_t changes_between_looks = 8;
    /// Room for changes that a list keeps when it is empty; what it needed beyond is given back.
    static constexpr std::size_t kept_changes = 4'096;
    /// Bytes of answers, refusals included, from which on a commit takes no further change, and commits that may wait
    /// for the I/O thread: together they bound what is answered and not handed out.
    static constexpr std::size_t full_commit_bytes = std::size_t{4} << 20U;
    static constexpr std::size_t max_handed_over = 4;
    /// Most bytes that the answers of joint commands have together: they are one row when they are kept for a retry,
    /// and one answer, which the wire must have room for.
    static constexpr std::size_t max_joint_bytes = std::size_t{768} << 10U;
    static constexpr std::chrono::seconds self_check_interval{5};
    static constexpr std::chrono::seconds look_interval{1};
    /// How long the thread may sleep when health changes by itself after `until`: never until a moment that is due
    /// already, which would be a busy loop, nor so long that a clock could not count it.
    [[nodiscard]] static constexpr std::chrono::microseconds nap(std::chrono::microseconds until) noexcept {
        return std::clamp<std::chrono::microseconds>(until, std::chrono::milliseconds{1}, self_check_interval);
    }
    /// Kept answers that one turn of housekeeping forgets while nobody waits: a transaction of a few milliseconds.
    static constexpr std::int64_t forgotten_at_once = 1'000;
    /// What a batch forgets beyond as many as it keeps: so that there are fewer with every batch, and not felt.
    static constexpr std::int64_t forgotten_beside = 64;
    /// How often it is looked whether there are any.
    static constexpr std::chrono::seconds forgetting_interval{1};
    /// How often the clock is stored, with a commit that there is anyway, or by itself while there is none.
    static constexpr std::chrono::minutes clock_interval{1};
    static constexpr std::chrono::minutes clock_interval_alone{10};
    /// A record whose time is nearer to the span clock than this tells where its span begins or ends.
    static constexpr std::chrono::seconds told_by_record{1};

    ledger(schema::ledger_store& store, governor::state initial, hooks h);
    ~ledger();
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;

    /// Runs one command of the daemon's own before the thread starts. Throws `storage_error`, rolled back; a refusal is
    /// a `std::logic_error`, for the daemon does not ask what its rules refuse.
    void bootstrap(const governor::command& what);
    /// Likewise: what the daemon measures of itself, and of the clock.
    void bootstrap_tick();
    [[nodiscard]] const governor::state& initial_state() const noexcept { return state_; }
    /// Before the thread starts; then they come with what is published.
    [[nodiscard]] const ledger_figures& figures() const noexcept { return figures_; }
    /// Before the thread starts: lines for the log, of records of `bootstrap`; the next call gives none of them.
    [[nodiscard]] std::vector<log_entry> take_lines() noexcept { return std::exchange(lines_, {}); }

    void start();
    /// Queues changes in order and leaves `batch` empty. How many may wait is the sender's to bound.
    void submit(std::vector<change>& batch);
    /// The I/O thread is done with a commit result; it must say so of each.
    void handed_out();
    /// Any thread: has `between_batches` called soon.
    void wake();
    /// Everything queued is committed and answered, then the thread ends. Nothing may be submitted afterwards.
    void stop();

  private:
    /// What hinders now and need not hinder later: nothing was done, and nothing is wrong with what is stored.
    [[nodiscard]] static bool can_wait(const schema::storage_error& fault) noexcept;
    void run();
    /// Waits for changes or for the next thing due by time; false when stopping with nothing left.
    bool take_queue(std::vector<change>& taken);
    void put_back(std::span<change> rest);
    /// Carries out those that were taken, as far as one batch goes; the others are to come.
    void work_on(std::span<change> taken);
    /// Commits as many of them as make a full commit, and says how many.
    std::size_t process(std::span<change> batch);
    /// Executes `what` and appends its records, opening the transaction with the first one.
    governor::outcome execute(const governor::command& what, const governor::context& ctx);
    /// Executes one change, or gives the answer that was kept for it.
    void answer(const change& one, commit_result& into, commit_result::answered& at);
    /// Executes what it asks for and appends its answer to `out`; nothing, or why it was refused.
    [[nodiscard]] std::optional<ipc::rpc_error> carry_out(const change& one, std::string& out);
    [[nodiscard]] std::optional<ipc::rpc_error> carry_out_all(const joint_commands& all, const governor::context& ctx,
                                                              std::string& out);
    /// After the command itself; when one is refused, nothing of the change stays.
    [[nodiscard]] std::optional<ipc::rpc_error> carry_out_pieces(const change& one);
    /// Between two of them: answers who waits, looks at the time and the files; or says why it goes no further.
    [[nodiscard]] std::optional<ipc::rpc_error> look_up();
    void refuse_waiting();
    void show_time();
    [[nodiscard]] governor::context context_of(const actor& who, bool is_owner, const std::string& key = {}) const;
    void store(std::span<const audit_entry> records);
    void note(const audit_entry& record);
    /// Stores where the span of this record begins or ends, when the record does not tell it.
    void keep_span(const audit_entry& record);
    void keep_clock_alone();
    [[nodiscard]] governor::self_checks measure();
    void begin_if_needed();
    void commit();
    /// In the store, of what may take long: meanwhile who waits is refused.
    void commit_aside();
    void roll_back() noexcept;
    void housekeeping();
    /// Moves the write-ahead log into the database when there is enough of it.
    void fold_log();
    void bound_kept_answers();
    void forget_old_answers();
    void forget_beside(std::size_t kept);
    /// Whether the files are where they were, as far as is known.
    bool in_place(bool look_now);
    [[nodiscard]] ipc::rpc_error files_lost() const;
    void show_health(governor::self_checks measured);
    /// Instead of storing anything: shows what is wrong, and that the loop goes round.
    void keep_time_without_files();
    /// Nothing more is stored from here on.
    void break_down(const schema::storage_error& fault);
    /// Puts in a `tick` when one is due and works out when the next one is. Precondition: no transaction is open.
    void keep_time();
    void tick(std::chrono::steady_clock::time_point steady_now);
    /// Looks at the clock, and tells the log what is new.
    void watch_clock();
    void publish(std::unique_ptr<commit_result> result);

    schema::ledger_store& store_;
    hooks hooks_;
    governor::state state_;      // ledger thread, from start() on
    governor::state committed_;  // what to go back to
    /// What the open transaction adds to the figures and the log, once it is on the disk.
    struct uncommitted {
        std::uint64_t allowed = 0;
        std::uint64_t denied = 0;
        std::vector<log_entry> lines;
    } uncommitted_;
    clock_watch watch_{hooks_.clock};
    const span_point started_ = hooks_.clock.span();
    span_point clock_kept_ = span_point::min();  // when the clock was stored last
    bool keep_clock_now_ = false;
    ledger_figures figures_;
    std::vector<log_entry> lines_;                            // to go with what is published next
    user_turns<const change_quota::usage*, change> backlog_;  // ledger thread
    schema::tree_head head_ = store_.head();                  // of the last commit
    bool in_transaction_ = false;
    bool in_pieces_ = false;  // what the transaction is of
    bool broken_ = false;
    std::optional<std::string> no_room_;    // why the last change was refused; until one is stored
    std::optional<std::string> displaced_;  // the files are not where they were: nothing more is stored
    bool more_between_ = false;             // `between_batches` said so
    bool more_to_forget_ = false;           // answers whose time is over, while nothing else is to be done
    std::size_t kept_answers_ = 0;          // in the open transaction
    std::size_t last_answer_bytes_ = 0;     // of the last commit: what the next one is likely to need
    std::chrono::steady_clock::time_point next_tick_{};
    std::chrono::steady_clock::time_point next_self_check_{};
    std::chrono::steady_clock::time_point next_forgetting_{};
    std::chrono::steady_clock::time_point next_look_{};

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<change> queue_;    // guarded by mutex_
    std::size_t handed_over_ = 0;  // guarded by mutex_
    bool stopping_ = false;        // guarded by mutex_
    bool woken_ = false;           // guarded by mutex_
    std::thread thread_;
};

}  // namespace valhalla
