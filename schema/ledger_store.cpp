// SPDX-License-Identifier: Apache-2.0
#include "schema/ledger_store.hpp"

#include <atomic>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/access_store.hpp"
#include "schema/audit_log.hpp"
#include "schema/connection.hpp"
#include "schema/epoch_store.hpp"
#include "schema/limits.hpp"
#include "schema/log_folder.hpp"
#include "schema/projection.hpp"
#include "schema/request_key_store.hpp"
#include "schema/session_store.hpp"
#include "schema/span_store.hpp"
#include "schema/statement.hpp"
#include "schema/tree_store.hpp"
#include "schema/witness_store.hpp"

namespace valhalla::schema {

struct ledger_store::impl {
    /// `doomed`: a call failed, only `rollback` helps. `broken`: nothing helps but a restart.
    enum class phase : std::uint8_t { idle, open, doomed, broken };

    explicit impl(const std::filesystem::path& database) : db{connection::open_writer(database)} {
        sqlite3_wal_hook(db.handle(), &impl::on_commit, this);
        fold_log();
        settled = log.end();
        position = settled;
    }

    /// What lies in the log may never have reached the disk, where a sync failed before the daemon ended: the kernel
    /// has forgotten that, and the next sync succeeds. Written anew into the database and synced there, it can be
    /// signed.
    void fold_log() const {
        try {
            db.check(sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_FULL, nullptr, nullptr),
                     "folding the log");
        } catch (const storage_error& e) {
            if (e.fault() != storage_fault::full) {  // a full disk can still be read
                throw;
            }
        }
    }

    static int on_commit(void* self, sqlite3* /*db*/, const char* /*schema*/, int pages) {
        auto& store = *static_cast<impl*>(self);
        store.wal_bytes = store.db.wal_bytes(pages);
        return SQLITE_OK;
    }

    void expect(phase needed, const char* what) const {
        if (now == phase::broken) {
            throw storage_error{storage_fault::broken, db.name() + ": the store stopped after an earlier I/O error"};
        }
        if (now != needed) {
            throw storage_error{storage_fault::failed, fmt::format("{}: {} out of turn", db.name(), what)};
        }
    }

    /// Runs `work` outside of a transaction.
    template <class Work>
    void stop_if_broken(Work&& work) {
        try {
            work();
        } catch (const storage_error& e) {
            now = e.fault() == storage_fault::broken ? phase::broken : now;
            throw;
        }
    }

    /// Runs `work` inside the transaction; whatever it throws decides what is still allowed.
    template <class Work>
    decltype(auto) guarded(Work&& work) {
        try {
            return work();
        } catch (const storage_error& e) {
            now = e.fault() == storage_fault::broken ? phase::broken : phase::doomed;
            throw;
        } catch (...) {
            now = phase::doomed;
            throw;
        }
    }

    /// A transaction of its own.
    template <class Work>
    void alone(ledger_store& store, Work&& work) {
        store.begin();
        try {
            guarded(std::forward<Work>(work));
        } catch (...) {
            store.rollback();
            throw;
        }
        store.commit();
    }

    void rollback() {
        if (db.in_transaction()) {  // SQLite may have rolled back by itself
            rollback_.run();
        }
        tree.rolled_back();
        log.forget();
        spans.rolled_back();
        position = settled;
    }

    connection db;
    audit_log log{db};
    tree_store tree{db, log};
    projection tables{db};
    request_key_store answers{db};
    span_store spans{db};
    statement begin_{db, "BEGIN IMMEDIATE"};
    statement commit_{db, "COMMIT"};
    statement rollback_{db, "ROLLBACK"};
    audit_log::position position;
    audit_log::position settled;              ///< as of the last commit
    std::atomic<std::int64_t> wal_bytes = 0;  ///< asked for while another thread commits
    log_folder aside{db.name()};
    phase now = phase::idle;
};

ledger_store::ledger_store(const std::filesystem::path& database) : impl_{std::make_unique<impl>(database)} {}
ledger_store::~ledger_store() = default;

stored_state ledger_store::load() {
    const connection& db = impl_->db;
    session_shelf sessions{db};
    instance_store instance{db};
    health_store health{db};
    stored_state state;
    state.instance = instance.instance();
    state.current_epoch = epoch_store{db}.current();
    state.current_cone = cone_shelf{db}.current();
    state.limits = threshold_shelf{db}.load();
    state.signals = health.signals();
    state.sessions = sessions.current_of_each_operator();
    state.latest = sessions.latest();
    for (const session& s : state.sessions) {
        if (s.active) {
            state.active_records.emplace_back(s.id, impl_->log.records_of(s.id));
        }
    }
    state.progress = progress_shelf{db}.load();
    state.witnessed = witness_store{db}.load();
    access_store access{db};
    state.locks = access.locks();
    state.keys = access.keys();
    state.recorded_status = health.recorded_status();
    state.recorded_policy = instance.loaded("policy");
    state.recorded_playbook = instance.loaded("playbook");
    state.imported = impl_->log.holds("IMPORT");
    state.newest_marks = impl_->log.newest_marks(deny_window_size);
    state.next_session = sessions.next_id();
    state.next_seq = next(impl_->position.last);
    state.last_ts = impl_->position.ts;
    state.clock = impl_->spans.mark();
    state.spans = impl_->spans.all();
    return state;
}

void ledger_store::begin() {
    impl& self = *impl_;
    self.expect(impl::phase::idle, "begin");
    self.stop_if_broken([&] { self.begin_.run(); });
    self.now = impl::phase::open;
}

std::string_view ledger_store::append(const audit_entry& entry) {
    impl& self = *impl_;
    self.expect(impl::phase::open, "append");
    return self.guarded([&]() -> std::string_view {
        if (entry.seq != next(self.position.last) || entry.ts < self.position.ts) {
            throw storage_error{storage_fault::failed, fmt::format("record {} does not follow record {}",
                                                                   raw(entry.seq), raw(self.position.last))};
        }
        const std::string_view record = self.log.encode(entry);
        if (record.size() > max_record_bytes) {
            throw storage_error{storage_fault::failed,
                                fmt::format("record {} has {} bytes", raw(entry.seq), record.size())};
        }
        const hash256 leaf = self.tree.hash_leaf(record);
        self.log.append(entry, leaf);
        self.tree.append(leaf);
        self.tables.apply(entry);
        self.position = {entry.seq, entry.ts};
        return record;
    });
}

std::optional<kept_answer> ledger_store::find_answer(std::string_view actor, std::string_view key) {
    impl& self = *impl_;
    std::optional<kept_answer> found;
    if (self.now == impl::phase::open) {
        found = self.guarded([&] { return self.answers.find(actor, key); });
    } else {
        self.expect(impl::phase::idle, "find_answer");
        self.stop_if_broken([&] { found = self.answers.find(actor, key); });
    }
    return found;
}

void ledger_store::keep_answer(std::string_view actor, std::string_view key, const kept_answer& what) {
    impl& self = *impl_;
    self.expect(impl::phase::open, "keep_answer");
    self.guarded([&] { self.answers.put(actor, key, what); });
}

std::int64_t ledger_store::forget_answers(span_point t, std::int64_t limit) {
    impl& self = *impl_;
    std::int64_t forgotten = 0;
    const auto forget = [&] { forgotten = self.answers.forget_before(t, limit); };
    if (self.now == impl::phase::open) {
        self.guarded(forget);
        return forgotten;
    }
    self.expect(impl::phase::idle, "forget_answers");
    bool any = false;
    self.stop_if_broken([&] { any = self.answers.any_before(t); });
    if (any) {
        self.alone(*this, forget);
    }
    return forgotten;
}

void ledger_store::bound_answers(span_point now) {
    impl& self = *impl_;
    self.expect(impl::phase::idle, "bound_answers");
    bool any = false;
    self.stop_if_broken([&] { any = self.answers.any_after(now); });
    if (any) {
        self.alone(*this, [&] { self.answers.none_after(now); });
    }
}

void ledger_store::keep_span(const stored_span& one) {
    impl_->expect(impl::phase::open, "keep_span");
    impl_->guarded([&] { impl_->spans.put(one); });
}

void ledger_store::drop_span(span_kind kind, std::string_view name) {
    impl_->expect(impl::phase::open, "drop_span");
    impl_->guarded([&] { impl_->spans.remove(kind, name); });
}

void ledger_store::drop_spans_of_gone_locks() {
    impl_->expect(impl::phase::open, "drop_spans_of_gone_locks");
    impl_->guarded([&] { impl_->spans.remove_of_gone_locks(); });
}

void ledger_store::keep_clock(const clock_mark& mark) {
    impl_->expect(impl::phase::open, "keep_clock");
    impl_->guarded([&] { impl_->spans.put_mark(mark); });
}

void ledger_store::commit() {
    impl& self = *impl_;
    self.expect(impl::phase::open, "commit");
    try {
        self.guarded([&] {
            self.log.flush();
            self.commit_.run();
        });
    } catch (const storage_error&) {
        rollback();
        throw;
    }
    self.tree.committed();
    self.spans.committed();
    self.settled = self.position;
    self.now = impl::phase::idle;
}

void ledger_store::rollback() noexcept {
    impl& self = *impl_;
    if (self.now == impl::phase::broken) {
        return;  // what is on the disk is unknown until it is opened anew
    }
    try {
        self.rollback();
        self.now = impl::phase::idle;
    } catch (const std::exception&) {
        self.now = impl::phase::broken;
    }
}

const tree_head& ledger_store::head() const noexcept {
    return impl_->tree.head();
}

void ledger_store::sync_log() {
    impl& self = *impl_;
    self.expect(impl::phase::open, "sync_log");
    self.guarded([&] {
        sqlite3_file* log = nullptr;
        self.db.check(
            sqlite3_file_control(self.db.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log)),
            "finding the log");
        if (log != nullptr && log->pMethods != nullptr && log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
            self.db.raise(SQLITE_IOERR_FSYNC, "syncing the log");
        }
    });
}

bool ledger_store::folds_aside() const noexcept {
    return impl_->aside.under_way();
}

std::int64_t ledger_store::checkpoint() {
    impl& self = *impl_;
    self.expect(impl::phase::idle, "checkpoint");
    bool only_the_rest = false;  // of what was written meanwhile
    self.stop_if_broken([&] { only_the_rest = self.aside.ended(); });
    if (self.aside.under_way()) {
        return self.wal_bytes;
    }
    if (self.wal_bytes >= limits::wal_aside_bytes && !only_the_rest) {
        self.aside.begin();
        return self.wal_bytes;
    }
    int in_log = 0;
    int moved = 0;
    self.stop_if_broken([&] {
        self.db.check(sqlite3_wal_checkpoint_v2(self.db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved),
                      "checkpoint");
    });
    self.wal_bytes = self.db.wal_bytes(in_log - moved);
    return self.wal_bytes;
}

std::int64_t ledger_store::wal_bytes() const noexcept {
    return impl_->wal_bytes;
}

void ledger_store::leave_files_alone() {
    impl_->db.leave_files_alone();
}

std::unique_ptr<database_copy> ledger_store::copy_to(const std::filesystem::path& file) const {
    impl_->expect(impl::phase::idle, "copy_to");
    return std::make_unique<database_copy>(impl_->db, file);
}

}  // namespace valhalla::schema
