// SPDX-License-Identifier: Apache-2.0
//
// Files that are damaged in ways that nobody thought of. For each: verification ends within seconds and says that it
// failed, unless every answer of a daemon is what it was, also after more was written; and whatever a daemon that had
// the file open would be asked, it answers truly formed or says that the database is damaged. Each runs in a process of
// its own, so that a crash or an endless loop is seen. VALHALLA_MUTANTS (how many) and VALHALLA_MUTANT_SEED (the first
// one) make it a campaign; a failure names its seed.
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/integrity.hpp"
#include "schema/model/record_scan.hpp"
#include "schema/reader.hpp"
#include "tests/schema/file_content.hpp"
#include "tests/schema/verify/evidence_fixture.hpp"
#include "tests/schema/verify/mutant.hpp"

namespace valhalla::tests {
namespace {

constexpr std::int64_t mutant_records = 400;  // a full tile and a partial one
constexpr unsigned seconds_for_each = 60;

enum class fate : std::uint8_t {
    failed = 40,             ///< verification said so
    verified_and_equal,      ///< and nothing that a daemon answers is changed
    verified_and_different,  ///< wrong
    not_a_record,            ///< wrong: a read gave what is no record
    unexpected               ///< wrong: an exception that says nothing of storage
};

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
    const char* const given = std::getenv(variable);
    return given == nullptr ? otherwise : std::stoull(given);
}

struct not_a_record_found : std::exception {};

/// All that can be asked of a trail, one after the other.
class questions {
  public:
    explicit questions(schema::reader& from) : from_{from} {}

    /// The answers, where each is given; a question that meets damage has none.
    std::string ask_all() {
        ask([&] { add(from_.trail_size()); });
        for (const bool ascending : {true, false}) {
            ask([&] { pages({}, ascending); });
            for (const char* const event : {"CONE_ALLOW", "CONE_DENY", "GO_SESSION_START", "EPOCH_START"}) {
                ask([&] { pages({.event = event}, ascending); });
            }
            for (const char* const actor : {"anna", "bert"}) {
                ask([&] { pages({.actor = actor}, ascending); });
                ask([&] { pages({.event = "CONE_ALLOW", .actor = actor}, ascending); });
            }
            ask([&] { pages({.session = session_id{1}}, ascending); });
            ask([&] { pages({.since = history::time_of(100), .until = history::time_of(300)}, ascending); });
        }
        for (std::int64_t seq = 1; seq <= mutant_records; seq += 13) {
            ask([&] { line(from_.record(audit_seq{seq}).value_or("none")); });
            ask([&] { hashes(from_.inclusion(static_cast<std::uint64_t>(seq), mutant_records)); });
            ask([&] { hashes(from_.consistency(static_cast<std::uint64_t>(seq), mutant_records)); });
            ask([&] { hashes({from_.root_at(static_cast<std::uint64_t>(seq))}); });
        }
        ask([&] { hashes(from_.tile(0, 0, 256)); });
        ask([&] { hashes(from_.tile(1, 0, 1)); });
        for (std::int64_t id = 1; id <= 3; ++id) {
            ask([&] { add(from_.story(session_id{id})); });
        }
        ask([&] { from_.each_session([&](const session& s) { add(s); }); });
        ask([&] { add(from_.sessions({})); });
        ask([&] { add(from_.sessions({.operator_name = "anna"})); });
        ask([&] { add(from_.sessions({.active = true})); });
        ask([&] {
            for (const auto& row : from_.cones({}, 100).rows) {
                text_ += std::to_string(raw(row.seq)) + row.what.reason + row.what.metrics_json + row.set_by;
            }
        });
        ask([&] { add(from_.current_thresholds().deny_rate_red); });
        ask([&] { add(from_.progress().size()); });
        return text_;
    }
    [[nodiscard]] bool all_answered() const noexcept { return all_answered_; }

  private:
    void ask(const std::function<void()>& question) {
        text_ += "\n-";
        try {
            question();
        } catch (const schema::storage_error&) {
            all_answered_ = false;
        }
    }
    void pages(schema::audit_query query, bool ascending) {
        query.limit = 300;
        if (ascending) {
            query.after = audit_seq{0};
        }
        for (int page = 0; page < 100; ++page) {
            const auto found = from_.audit(query);
            for (const auto& record : found.records) {
                line(record);
            }
            if (!found.next) {
                return;
            }
            (ascending ? query.after : query.before) = found.next;
        }
        throw not_a_record_found{};  // no end
    }
    void line(const std::string& record) {
        if (record != "none" && !scan_record(record)) {
            throw not_a_record_found{};
        }
        text_ += record;
    }
    void hashes(const std::vector<schema::hash256>& all) {
        for (const auto& hash : all) {
            text_ += schema::to_hex(hash);
        }
    }
    template <class Number>
        requires std::is_arithmetic_v<Number>
    void add(Number n) {
        text_ += std::to_string(n);
    }
    void add(const session& s) { text_ += std::to_string(raw(s.id)) + s.operator_name + s.snapshot_json; }
    void add(const std::optional<schema::session_story>& story) {
        if (story) {
            add(story->what);
            text_ += std::to_string(story->decisions_allowed) + "/" + std::to_string(story->decisions_denied) + "/" +
                     std::to_string(raw(story->last_seq)) + "/" + std::to_string(story->notes.size());
        }
    }
    void add(const schema::session_page& page) {
        for (const auto& s : page.sessions) {
            add(s);
        }
    }

    schema::reader& from_;
    std::string text_;
    bool all_answered_ = true;
};

struct base_file : evidence_fixture {
    base_file() : evidence_fixture{1, "because", mutant_records} {
        put_anchor(mutant_records);
        tamper("PRAGMA journal_mode = DELETE");
        tamper("PRAGMA page_size = 1024");  // many pages, deep trees
        tamper("VACUUM");
        schema::reader from{path};
        questions all{from};
        answers = all.ask_all();
        BOOST_REQUIRE(all.all_answered());
    }
    std::string answers;
};

/// What a daemon would do at its start, and then write.
void write_more(const base_file& base) {
    schema::ledger_store store{base.path};
    static_cast<void>(store.load());
    history more{audit_seq{mutant_records + 1}};
    std::vector<audit_entry> entries;
    for (int i = 0; i < 300; ++i) {
        entries.push_back(more.foreign("X_MORE"));
    }
    store_fixture::append(store, entries);
}

fate judge(const base_file& base) {
    const auto verdict = verify::verify_evidence({.path = base.dir().string()}).result;
    std::string answers;
    bool all_answered = false;
    try {
        schema::reader from{base.path};
        questions all{from};
        answers = all.ask_all();
        all_answered = all.all_answered();
    } catch (const schema::storage_error&) {  // it does not open
        answers.clear();
    }
    if (verdict != verify::outcome::verified) {
        try {
            write_more(base);
        } catch (const schema::storage_error&) {
            return fate::failed;
        }
        return fate::failed;
    }
    if (!all_answered || answers != base.answers) {
        return fate::verified_and_different;
    }
    write_more(base);
    const auto later = verify::verify_evidence({.path = base.dir().string()}).result;
    return later == verify::outcome::verified ? fate::verified_and_equal : fate::verified_and_different;
}

/// In a process of its own; the status that waitpid gives.
int run_mutant(const base_file& base, std::uint64_t seed, std::string& how) {
    page_editor pages{base.path};
    const auto untouched = pages.content;
    how = mutate(pages, seed);
    pages.save();
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(seconds_for_each);
        fate end = fate::unexpected;
        try {
            end = judge(base);
        } catch (const not_a_record_found&) {
            end = fate::not_a_record;
        } catch (const std::exception& e) {
            std::cerr << "mutant " << seed << ": " << e.what() << '\n';
        }
        ::_exit(static_cast<int>(end));
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    put_content(base.path, untouched);
    for (const char* const suffix : {"-wal", "-shm", "-journal"}) {
        std::filesystem::remove(base.path.string() + suffix);
    }
    return status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_mutants)

BOOST_AUTO_TEST_CASE(no_damage_hangs_crashes_or_passes_for_sound) {
    const base_file base;
    const auto first = number_in("VALHALLA_MUTANT_SEED", 1);
    const auto count = number_in("VALHALLA_MUTANTS", 300);
    std::map<fate, std::uint64_t> ends;
    for (auto seed = first; seed < first + count; ++seed) {
        std::string how;
        const int status = run_mutant(base, seed, how);
        const auto told = "seed " + std::to_string(seed) + ", " + how;
        BOOST_CHECK_MESSAGE(WIFEXITED(status), told << ": ended by signal " << WTERMSIG(status)
                                                    << (WTERMSIG(status) == SIGALRM ? ", it took too long" : ""));
        const auto end = static_cast<fate>(WEXITSTATUS(status));
        BOOST_CHECK_MESSAGE(!WIFEXITED(status) || end == fate::failed || end == fate::verified_and_equal,
                            told << ": verification and answers do not agree, " << WEXITSTATUS(status));
        ++ends[end];
    }
    std::cout << "mutants " << first << " to " << first + count - 1 << ": " << ends[fate::failed]
              << " failed verification, " << ends[fate::verified_and_equal] << " verified with equal answers\n";
    BOOST_TEST(ends[fate::failed] > count / 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::tests
