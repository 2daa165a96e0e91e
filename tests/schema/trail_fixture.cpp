// SPDX-License-Identifier: Apache-2.0
#include "tests/schema/trail_fixture.hpp"

#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include "schema/audit_run.hpp"

namespace valhalla::tests {

audit_entry history::entry(event what, std::optional<session_id> session, std::string actor_name) {
    const audit_seq seq = std::exchange(next_, next(next_));
    audit_entry made{.seq = seq,
                     .ts = time_of(raw(seq)),
                     .who = {.name = std::move(actor_name), .via = actor_via::unix_socket, .uid = 1000, .gid = 1000},
                     .session = session,
                     .what = std::move(what)};
    tally_.take(made);
    if (const auto* loaded = std::get_if<events::policy_loaded>(&made.what)) {
        policy_ = loaded->sha256;
    }
    return made;
}

audit_entry history::created() {
    return entry(events::database_created{"0123456789abcdef0123456789abcdef",
                                          {band::caution, "default", time_of(raw(next_)), "{}"}},
                 std::nullopt, "valhallad");
}

audit_entry history::started(std::int64_t id, const std::string& operator_name) {
    return entry(events::session_started{.id = session_id{id},
                                         .operator_name = operator_name,
                                         .started_at = time_of(raw(next_)),
                                         .cone_band = band::caution,
                                         .status = health_level::green,
                                         .notes = "start " + std::to_string(id),
                                         .snapshot_json = R"({"cone":{},"status":{}})"},
                 session_id{id}, operator_name);
}

audit_entry history::ended(std::int64_t id, const std::string& operator_name) {
    const auto before = tally_.records_of(session_id{id});
    return entry(events::session_ended{.id = session_id{id},
                                       .operator_name = operator_name,
                                       .ended_at = time_of(raw(next_)),
                                       .notes = "end " + std::to_string(id),
                                       .reason = end_reason::ended,
                                       .records = before ? std::optional{*before + 1} : std::nullopt},
                 session_id{id}, operator_name);
}

audit_entry history::noted(std::int64_t id, std::string text) {
    return entry(events::session_noted{session_id{id}, std::move(text)}, session_id{id});
}

audit_entry history::decision(bool allowed, std::optional<session_id> session, std::string actor_name) {
    return entry(events::decided{make_judgement({.allowed = allowed,
                                                 .in_band = band::caution,
                                                 .engine = "kestrel",
                                                 .action = "run",
                                                 .reason = "because",
                                                 .rule = "B/boring/run",
                                                 .policy = std::string{shortened_digest(policy_)}})},
                 session, std::move(actor_name));
}

audit_entry history::foreign(const std::string& name, std::string actor_name) {
    return entry(events::foreign{name, R"({"k":1})"}, std::nullopt, std::move(actor_name));
}

session past_session(std::int64_t id, const std::string& operator_name, bool active) {
    session s;
    s.id = session_id{id};
    s.operator_name = operator_name;
    s.active = active;
    return s;
}

namespace {

/// The part of the governor's bookkeeping that keeps a random history possible.
class random_writer {
  public:
    explicit random_writer(std::uint64_t seed) : sample_{seed} {}

    audit_entry next_entry() {
        const std::string who = "operator-" + std::to_string(sample_.number(1, 5));
        const auto active = active_.find(who);
        const auto session = active == active_.end() ? std::nullopt : std::optional{active->second};
        switch (sample_.number(0, 19)) {
            case 0: return start_or_end(who);
            case 1:
                return session ? history_.entry(events::session_noted{*session, sample_.text()}, session, who)
                               : start_or_end(who);
            case 2: return history_.entry(events::cone_changed{cone_now()}, session, who);
            case 3: return history_.entry(events::health_reported{signal(who)}, session, who);
            case 4: return history_.entry(events::health_cleared{source()}, session, who);
            case 5:
                return history_.entry(
                    events::health_changed{sample_.level(), {sample_.level(), {sample_.text(), sample_.text()}}});
            case 6: return history_.entry(events::thresholds_changed{sample_.limits(), sample_.limits()}, session, who);
            case 7:
                return history_.entry(events::step_set{"step-" + std::to_string(sample_.number(1, 9)), sample_.coin(),
                                                       sample_.maybe_text(), sample_.maybe_text()},
                                      session, who);
            case 8: return history_.entry(events::foreign{"X_" + who, sample_.json_object()}, session, who);
            case 9: return policy();
            case 10: return history_.entry(events::playbook_loaded{sample_.text(), sample_.text()});
            case 11:
                return history_.entry(events::epoch_started{sample_.text() + std::to_string(++epochs_), sample_.text(),
                                                            sample_.text(), sample_.maybe_text()});
            case 12:
                return history_.entry(events::checkpoint_witnessed{"log-" + std::to_string(sample_.number(1, 3)),
                                                                   {sample_.number(1, 1'000), std::string(64, 'b')}});
            case 13:
                return history_.entry(
                    events::operator_locked{{who, sample_.text(), history_.next_time(), until(), "anna"}});
            case 14: return history_.entry(events::operator_unlocked{who, sample_.maybe_text()});
            case 15: return key_made();
            case 16:
                return history_.entry(events::key_revoked{key_id(sample_.number(0, keys_)), who, sample_.maybe_text()});
            case 17:
                return history_.entry(events::access_denied{"cone.set", access_role::owner, access_role::viewer, 3,
                                                            history_.next_time(), history_.next_time()},
                                      session, who);
            default: return history_.decision(sample_.coin(), session, who);
        }
    }

    audit_entry first() { return history_.created(); }
    audit_entry policy() {
        const auto digit = "0123456789abcdef"[sample_.number(0, 15)];
        return history_.entry(events::policy_loaded{std::string(64, digit), sample_.text()});
    }

    audit_entry imported() {
        events::imported_state state{.imported_cone = sample_.any_cone(),
                                     .imported_thresholds = sample_.limits(),
                                     .progress = sample_.progress(),
                                     .sessions = {},
                                     .source = "old"};
        for (int i = 0; i < 3; ++i) {
            session s = sample_.any_session();
            s.id = std::exchange(next_session_, next(next_session_));
            s.active = false;
            state.sessions.push_back(std::move(s));
        }
        return history_.entry(std::move(state));
    }

  private:
    audit_entry start_or_end(const std::string& who) {
        if (const auto active = active_.find(who); active != active_.end()) {
            const session_id id = active->second;
            active_.erase(active);
            return history_.ended(raw(id), who);
        }
        const session_id id = std::exchange(next_session_, next(next_session_));
        active_.emplace(who, id);
        return history_.started(raw(id), who);
    }
    /// Some run out while the history goes on.
    std::optional<unix_micros> until() {
        return sample_.maybe<unix_micros>(
            [this] { return micros_at(micros_count(history_.next_time()) + sample_.number(1, 60'000'000)); });
    }
    static std::string key_id(std::int64_t number) {
        auto digits = std::to_string(number);
        return std::string(12 - digits.size(), '0') + digits;
    }
    audit_entry key_made() {
        return history_.entry(events::key_created{{.id = key_id(++keys_),
                                                   .name = sample_.text(),
                                                   .role = static_cast<access_role>(sample_.number(1, 3)),
                                                   .hash = std::string(64, 'c'),
                                                   .created_at = history_.next_time(),
                                                   .created_by = "anna",
                                                   .expires_at = until()}});
    }
    // The record's time is the cone's and the signal's.
    cone cone_now() {
        cone c = sample_.any_cone();
        c.updated_at = history_.next_time();
        return c;
    }
    std::string source() { return "source-" + std::to_string(sample_.number(1, 4)); }
    health_signal signal(const std::string& who) {
        return {source(),
                sample_.level(),
                sample_.text(),
                history_.next_time(),
                sample_.maybe<unix_micros>([this] { return sample_.time(); }),
                who};
    }

    sampler sample_;
    history history_;
    std::map<std::string, session_id> active_;
    session_id next_session_{1};
    int epochs_ = 0;
    std::int64_t keys_ = 0;
};

}  // namespace

std::vector<audit_entry> random_history(std::uint64_t seed, std::size_t records) {
    random_writer writer{seed};
    std::vector<audit_entry> entries{writer.first(), writer.imported(), writer.policy()};
    while (entries.size() < records) {
        entries.push_back(writer.next_entry());
    }
    return entries;
}

void store_fixture::append(schema::ledger_store& store, const std::vector<audit_entry>& entries) {
    store.begin();
    for (const audit_entry& entry : entries) {
        store.append(entry);
    }
    store.commit();
}

void store_fixture::write(const std::vector<audit_entry>& entries) const {
    schema::ledger_store store{path};
    append(store, entries);
}

std::string store_fixture::query(const std::string& sql) const {
    SQLite::Database db{path.string(), SQLITE_OPEN_READONLY};
    return db.execAndGet(sql).getString();
}

std::int64_t store_fixture::count(const std::string& table) const {
    return std::stoll(query("SELECT COUNT(*) FROM " + table));
}

void store_fixture::attack(const std::string& sql) const {
    const std::string all =
        query("SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'");
    const std::string back =
        query("SELECT group_concat(sql, ';' || char(10)) FROM sqlite_schema WHERE type = 'trigger'");
    tamper(all);
    tamper(sql);
    tamper(back);
}

void store_fixture::split_rows() const {
    attack("CREATE TABLE split AS SELECT * FROM audit WHERE 0");
    {
        SQLite::Database db{path.string(), SQLITE_OPEN_READWRITE};
        SQLite::Transaction all{db};
        SQLite::Statement rows{db, "SELECT seq, leaves, records FROM audit ORDER BY seq"};
        SQLite::Statement insert{db, "INSERT INTO split VALUES (?1, ?2, ?3, ?4)"};
        schema::audit_run run;
        while (rows.executeStep()) {
            const auto leaves = rows.getColumn(1);
            const std::string records = rows.getColumn(2).getString();
            BOOST_REQUIRE(
                run.read(audit_seq{rows.getColumn(0).getInt64()},
                         {static_cast<const std::byte*>(leaves.getBlob()), static_cast<std::size_t>(leaves.getBytes())},
                         records));
            for (std::size_t at = 0; at < run.size(); ++at) {
                const std::string line = std::string{run.record(at)} + '\n';
                insert.bind(1, raw(run.seq(at)));
                insert.bind(2, micros_count(schema::stored_header(line.substr(0, line.size() - 1)).ts));
                insert.bind(3, run.leaf(at).data(), static_cast<int>(run.leaf(at).size()));
                insert.bind(4, line.data(), static_cast<int>(line.size()));
                insert.exec();
                insert.reset();
            }
        }
        rows.reset();
        all.commit();
    }
    attack("DELETE FROM audit; INSERT INTO audit SELECT * FROM split ORDER BY seq; DROP TABLE split");
}

void store_fixture::tamper(const std::string& sql) const {
    SQLite::Database db{path.string(), SQLITE_OPEN_READWRITE};
    db.exec(sql);
}

}  // namespace valhalla::tests
