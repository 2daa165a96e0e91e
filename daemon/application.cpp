// SPDX-License-Identifier: Apache-2.0
#include "daemon/application.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/statvfs.h>
#include <tuple>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "daemon/access_control.hpp"
#include "daemon/access_names.hpp"
#include "daemon/api_keys.hpp"
#include "daemon/chance.hpp"
#include "daemon/change_gate.hpp"
#include "daemon/clock.hpp"
#include "daemon/config_changes.hpp"
#include "daemon/denial_recorder.hpp"
#include "daemon/early_reload.hpp"
#include "daemon/frontend_files.hpp"
#include "daemon/hot_answers.hpp"
#include "daemon/identities.hpp"
#include "daemon/inherited_socket.hpp"
#include "daemon/io_loop.hpp"
#include "daemon/ledger.hpp"
#include "daemon/methods/bind.hpp"
#include "daemon/notary.hpp"
#include "daemon/query_pool.hpp"
#include "daemon/restoration.hpp"
#include "daemon/restore.hpp"
#include "daemon/services.hpp"
#include "daemon/start_parts.hpp"
#include "daemon/task_runner.hpp"
#include "daemon/telemetry/metrics_file.hpp"
#include "daemon/telemetry/record_line.hpp"
#include "daemon/telemetry/telemetry.hpp"
#include "daemon/trail_check.hpp"
#include "daemon/trail_signing.hpp"
#include "daemon/uploads.hpp"
#include "ipc/excerpt.hpp"
#include "ipc/method_table.hpp"
#include "ipc/service/byte_units.hpp"
#include "ipc/service/service_manager.hpp"
#include "ipc/unix_server.hpp"
#include "schema/export.hpp"
#include "schema/ledger_store.hpp"
#include "schema/state_dir.hpp"
#include "schema/state_watch.hpp"

namespace valhalla {

namespace {

namespace asio = boost::asio;

/// Of the id of a database: so that no other one has it.
constexpr std::size_t instance_digits = 32;
/// How long a stop waits, together less than ten seconds: for peers to take their answers, for queries and for a
/// backup that are under way, for a last set of the frontend's files, and for look-ups of users.
constexpr std::chrono::seconds answers_patience{5};
constexpr std::chrono::seconds query_patience{1};
constexpr std::chrono::seconds backup_patience{1};
constexpr std::chrono::seconds frontend_patience{2};
constexpr std::chrono::milliseconds look_up_patience{100};
/// How often the roles of open connections are looked up again.
constexpr std::chrono::minutes roles_interval{1};

/// Makes a part; what storage says against it becomes the exit code and the sentence of a failed start.
template <class Make>
auto or_fail(Make&& make) {
    try {
        return std::forward<Make>(make)();
    } catch (const schema::storage_error& fault) {
        throw failure_of(fault);
    }
}

/// What `load` gives, or its failure, as a value that can travel to another thread.
template <class Load>
auto attempt(Load&& load) -> std::variant<decltype(load()), start_failure> {
    try {
        return std::forward<Load>(load)();
    } catch (const start_failure& failure) {
        return failure;
    }
}

}  // namespace

struct application::parts {
    parts(const config& c, daemon_log& to);

    [[nodiscard]] std::unique_ptr<trail_check> make_check();
    void bootstrap();
    void tell_unsigned(const events::records_unsigned& what);
    void tell_clock(const clock_news& news) const;
    void listen();
    void publish(std::unique_ptr<commit_result> result);
    void published(commit_result& result);
    void ledger_broke(const std::string& why);
    void on_signal();
    void ask_for_reload();
    void reload();
    void tell_unknown_names(const access_rules& given_now);
    void reload_over();
    void look_up_roles();
    void end_wait(std::string_view why);
    void adopt(const std::variant<config, early_exit>& read);
    void set_rates(const std::map<std::string, ipc::call_rate>& rates);
    template <class Rules>
    void report_reload(const std::variant<std::shared_ptr<const Rules>, start_failure>& loaded, std::string_view what,
                       const Rules& in_force) const {
        if (const auto* problem = std::get_if<start_failure>(&loaded)) {
            log.reload_refused(what, problem->message);
        } else {
            const bool same = std::get<std::shared_ptr<const Rules>>(loaded)->sha256 == in_force.sha256;
            log.reloaded(what, same ? "nothing has changed" : "changed");
        }
    }
    void begin_stop();
    [[nodiscard]] governor::self_checks measure() const;
    [[nodiscard]] ipc::role role_of(const std::string& key) const {
        return role_of_key(*hot.state().keys, key, clock.span());
    }
    int run();

    config given;
    daemon_log& log;
    std::shared_ptr<const governor::canon> rules;
    std::shared_ptr<const governor::playbook> steps;
    schema::state_dir directory;
    std::optional<std::string> restored_why;  // a backup was put in place since the last start
    pages_seen pages_checked;
    schema::ledger_store store;
    schema::stored_state found;
    daemon_clock clock;
    trail_signing signing;
    daemon_facts facts;
    asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    identities who_is_who;
    valhalla::ledger changes_ledger;
    std::unique_ptr<notary> signer;  // from the end of bootstrap on
    std::unique_ptr<trail_check> checking;
    std::optional<schema::state_watch> watch;  // from the end of bootstrap on
    std::atomic<bool> lost_files = false;      // the files are not where they were
    frontend_files frontend;
    hot_answers hot;
    telemetry measured;
    change_gate changes;
    task_runner tasks{changes};
    denial_recorder denials;
    query_pool queries;
    uploads files;
    backups saving;
    follow_hub follows{queries, [this](const std::string& id) { return role_of(id) != ipc::role::none; }};
    witness watching;
    metrics_file figures_out;
    services with;
    ipc::method_table table;
    ipc::unix_server server;
    asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
    asio::steady_timer roles_timer{io};
    asio::steady_timer stop_timer{io};
    bool disk_was_full = false;
    bool stopping = false;
    bool reloading = false;
    bool reload_again = false;  // it was asked for while one was under way
    int status = exit_code::ok;
};

application::parts::parts(const config& c, daemon_log& to)
    : given{c},
      log{to},
      rules{load_rules(c)},
      steps{load_steps(c)},
      directory{or_fail([&] { return schema::state_dir{c.state_dir}; })},
      restored_why{or_fail([&] { return finish_restore(directory); })},
      pages_checked{or_fail([&] { return check_before_start(directory.database(), start_check_allowance); })},
      store{or_fail([&] { return schema::ledger_store{directory.database()}; })},
      found{or_fail([&] { return store.load(); })},
      clock{{}, found.clock},
      signing{
          or_fail([&] { return trail_signing{given, directory, found.current_epoch, store.head(), restored_why}; })},
      facts{.state_dir = directory.path(),
            .database = directory.database(),
            .export_dir = directory.export_dir(),
            .socket = c.socket,
            .started_at = system_now(),
            .keep_backups = c.backup.keep,
            .policy = c.policy,
            .playbook = c.playbook},
      who_is_who{
          io, c.access, ::geteuid(), system_user_database(),
          [this](const std::string& problem) { problem.empty() ? log.users_known() : log.users_unknown(problem); }},
      changes_ledger{
          store,
          or_fail([&] { return restore_state(std::move(found), rules, steps, clock.span()); }),
          {.on_commit = [this](std::unique_ptr<commit_result> r) { publish(std::move(r)); },
           .on_broken =
               [this](const schema::storage_error& fault) {
                   asio::post(io, [this, why = std::string{fault.what()}] { ledger_broke(why); });
               },
           .measure = [this] { return measure(); },
           // By way of the I/O thread, so that the watchdog is fed only while both of them go round.
           .alive =
               [this](const ledger_figures& newest) {
                   asio::post(io, [this, newest] {
                       measured.ledger_said(newest);
                       service_manager::alive(measured.status_line());
                   });
               },
           .clock = clock,
           .on_clock = [this](const clock_news& news) { asio::post(io, [this, news] { tell_clock(news); }); },
           .between_batches = [this](bool usable) { return saving.advance(usable); },
           .displaced = [this] { return watch ? watch->displaced() : std::nullopt; },
           .on_displaced =
               [this](const std::string& what) {
                   lost_files = true;
                   log.storage_lost(what, watch->ways_to_rescue());
               },
           .key_window = given.request_key_window}},
      frontend{{.database = directory.database(),
                .sign = [this](const schema::tree_head& head) { return export_signer(*signer)(head); }},
               {.on_trouble =
                    [this](const std::string& problem) {
                        problem.empty() ? log.frontend_works() : log.frontend_failed(problem);
                    }}},
      hot{(or_fail([&] { bootstrap(); }), changes_ledger.initial_state()), store.head()},
      measured{{.server = server,
                .hot = hot,
                .changes = changes,
                .follows = follows,
                .queries = queries,
                .saving = saving,
                .signer = *signer,
                .frontend = frontend,
                .queue = given.queue,
                .started_at = facts.started_at,
                .state_dir = directory.path(),
                .backup_dir = directory.backup_dir()}},
      changes{io, changes_ledger, given.queue},
      denials{io, changes, given.denials},
      queries{directory.database(), [this](std::function<void()> what) { asio::post(io, std::move(what)); }},
      files{or_fail([&] { return uploads{directory.upload_dir(), given.import_documents_bytes}; })},
      saving{{.database = directory.database(), .directory = directory.backup_dir()},
             store,
             *signer,
             log,
             {.wake_ledger = [this] { changes_ledger.wake(); },
              .post = [this](std::function<void()> what) { asio::post(io, std::move(what)); }}},
      watching{or_fail([&] { return load_witness(given, directory); })},
      figures_out{io, queries, log, [this] { return measured.take(); }},
      with{.hot = hot,
           .changes = changes,
           .tasks = tasks,
           .queries = queries,
           .files = files,
           .saving = saving,
           .signer = *signer,
           .follows = follows,
           .users = who_is_who,
           .watching = watching,
           .measured = measured,
           .facts = facts,
           .bounds = given.limits,
           .clock = clock,
           .post = [this](std::function<void()> what) { asio::post(io, std::move(what)); },
           .request_stop =
               [this] {
                   asio::post(io, [this] {
                       log.stopping_as_asked();
                       begin_stop();
                   });
               }},
      server{io,
             table,
             {.bounds = given.limits,
              .identities = {.known = [this](int socket,
                                             const ipc::credentials& of) { return who_is_who.known(socket, of); },
                             .look_up =
                                 [this](int socket, const ipc::credentials& of, ipc::identity_source::answer done) {
                                     who_is_who.look_up(socket, of, std::move(done));
                                 }},
              .report = [this](std::string_view what) { log.server_trouble(what); },
              .on_denial =
                  [this](const ipc::denial& what) {
                      measured.denied();
                      denials.note(what);
                  },
              .keys = {.any = [this] { return any_valid_key(*hot.state().keys, clock.span()); },
                       .role_of = [this](const std::string& id) { return role_of(id); }}}} {
    bind_all_methods(table, with);
    set_rates(given.rates);
    or_fail([&] { queries.start(); });
    listen();
}

void application::parts::listen() {
    if (const auto inherited = take_listening_socket()) {
        if (inherited->path != given.socket) {
            log.other_socket(inherited->path, given.socket);
        }
        facts.socket = inherited->path;
        server.adopt(inherited->descriptor);
        return;
    }
    if (given.development) {
        make_private_directory(std::filesystem::path{given.socket}.parent_path());
    }
    try {
        server.listen(given.socket, group_id(given.socket_group));
    } catch (const ipc::listen_error& e) {
        throw start_failure{exit_code::socket, e.what()};
    }
}

/// What the newest anchor covers, and what else there was before this start wrote anything.
std::unique_ptr<trail_check> application::parts::make_check() {
    trail_check::settings what{.database = directory.database(), .already = pages_checked};
    if (const auto anchored = signing.continued()) {
        what.heads.push_back(*anchored);
    }
    what.heads.push_back(store.head());
    return std::make_unique<trail_check>(std::move(what), [this](const trail_check::verdict& end) {
        if (end.problem) {
            log.trail_damaged(*end.problem);
        }
        if (end.pages == pages_seen::not_all) {
            log.pages_not_seen(page_check_allowance);
        }
    });
}

/// The records that every start may have to write: the first one of a new database, and which rules are in force.
void application::parts::bootstrap() {
    checking = make_check();
    const auto found_head = store.head();
    if (changes_ledger.initial_state().instance.empty()) {
        changes_ledger.bootstrap(governor::commands::create_database{hex_of_chance(instance_digits)});
    }
    // Measured before anything else: a disk that was full and still is must not look healthy in between, which would be
    // two records that it has no room for.
    try {
        changes_ledger.bootstrap_tick();
    } catch (const schema::storage_error& fault) {
        // A full disk turns health red, which cannot be recorded on it. Reads can still be served.
        if (fault.fault() != schema::storage_fault::full) {
            throw;
        }
        log.storage_full(fault.what());
        disk_was_full = true;
    }
    // A new epoch says itself what it begins with.
    if (const auto anchored = signing.continued(); anchored && anchored->size < found_head.size) {
        tell_unsigned({static_cast<std::int64_t>(anchored->size) + 1, static_cast<std::int64_t>(found_head.size)});
    }
    if (auto epoch = signing.new_epoch(changes_ledger.initial_state().instance)) {
        changes_ledger.bootstrap(governor::commands::start_epoch{*std::move(epoch)});
    }
    changes_ledger.bootstrap(governor::commands::load_policy{rules});
    changes_ledger.bootstrap(governor::commands::load_playbook{steps});
    signer = signing.make_notary(
        store.head(), {.log_every = std::chrono::minutes{given.audit.log_checkpoint_minutes}},
        {.on_trouble =
             [this](const std::string& problem) { problem.empty() ? log.anchor_works() : log.anchor_failed(problem); },
         .on_log = [this](const signed_checkpoint& newest) { log.checkpoint(newest.note, newest.what.head.size); },
         .misplaced = [this] { return watch ? watch->directory_displaced() : std::nullopt; }});
    if (restored_why) {
        forget_restore(directory);
    }
    signing.epoch_begun();
    schema::clear_export_draft(directory.export_dir());
    watch.emplace(directory);
}

void application::parts::tell_unsigned(const events::records_unsigned& what) {
    try {
        changes_ledger.bootstrap(governor::commands::record_unsigned{what});
    } catch (const schema::storage_error& fault) {
        if (fault.fault() != schema::storage_fault::full) {
            throw;
        }
        if (const auto line = line_of({{}, system_now(), daemon_actor(), std::nullopt, what})) {
            log.write(*line);
        }
    }
}

void application::parts::tell_clock(const clock_news& news) const {
    if (news.set_by) {
        log.clock_set(*news.set_by, news.wall);
    }
    if (news.trail_is_ahead) {
        log.trail_ahead(news.newest, news.wall);
    }
    if (news.trail_caught_up) {
        log.clock_caught_up();
    }
}

/// Ledger thread: hands a commit to the I/O thread.
void application::parts::publish(std::unique_ptr<commit_result> result) {
    signer->committed(result->head);
    asio::post(io, [this, result = std::move(result)] { published(*result); });
}

void application::parts::published(commit_result& result) {
    hot.publish(std::move(result.state), result.head);
    measured.ledger_said(result.figures);
    change_gate::answer(result);
    changes_ledger.handed_out();
    follows.grew(result.head.size);
    frontend.grew(result.head.size);
    for (const auto& line : result.lines) {
        log.write(line);
    }
    if (result.disk_full && !std::exchange(disk_was_full, true)) {
        log.storage_full(*result.disk_full);
    } else if (!result.disk_full && !result.answers.empty() && std::exchange(disk_was_full, false)) {
        log.storage_room();
    }
}

void application::parts::ledger_broke(const std::string& why) {
    log.storage_failed(why);
    status = exit_code::storage;
    begin_stop();
}

governor::self_checks application::parts::measure() const {
    governor::self_checks now;
    const auto tell = [&now](health_level level, const std::string& sentence) {
        now.findings.push_back({level, ipc::excerpt(sentence, governor::max_finding_bytes)});
    };
    struct statvfs space{};
    if (::statvfs(directory.path().c_str(), &space) == 0) {
        now.disk_free_mib = static_cast<std::int64_t>(space.f_bavail * space.f_frsize / mib);
    } else {
        tell(health_level::yellow,
             fmt::format("The free space of the state directory is not known: {}.", std::strerror(errno)));
    }
    if (watch) {
        if (const auto what = watch->displaced(); what || lost_files) {
            tell(health_level::red,
                 fmt::format("The files of the state are not where they were, and nothing is stored: {}.",
                             what.value_or("they were replaced")));
        }
    }
    if (checking) {
        if (const auto problem = checking->problem()) {
            tell(health_level::red, fmt::format("The stored trail is damaged: {}.", *problem));
        }
    }
    if (signer) {
        now.anchor_age_s = signer->behind_for().count();
    }
    now.frontend_problem = frontend.problem();
    return now;
}

void application::parts::on_signal() {
    signals.async_wait([this](const boost::system::error_code& fault, int number) {
        if (fault) {
            return;
        }
        on_signal();
        if (number == SIGHUP) {
            ask_for_reload();
        } else if (stopping) {
            end_wait("a second signal");
        } else {
            log.stopping_at_signal(number);
            begin_stop();
        }
    });
}

/// One at a time; however often it is asked for meanwhile, one more follows, which sees what was written last.
void application::parts::ask_for_reload() {
    if (stopping) {
        return;
    }
    reload_again = true;
    if (!std::exchange(reloading, true)) {
        reload();
    }
}

/// SIGHUP: configuration, policy and playbook are read again; a file that is not good changes nothing.
void application::parts::reload() {
    reload_again = false;
    const auto read = [this, now = given]() -> std::function<void()> {
        auto again = read_config_again(now);
        const auto* good = std::get_if<config>(&again);
        const auto& from = good == nullptr ? now : *good;
        return [this, again, new_rules = attempt([&] { return load_rules(from); }),
                new_steps = attempt([&] { return load_steps(from); })] {
            adopt(again);
            look_up_roles();
            report_reload(new_rules, "policy", *hot.state().rules);
            report_reload(new_steps, "playbook", *hot.state().steps);
            if (const auto* rules_read = std::get_if<std::shared_ptr<const governor::canon>>(&new_rules)) {
                changes.submit_own(governor::commands::load_policy{*rules_read});
            }
            if (const auto* steps_read = std::get_if<std::shared_ptr<const governor::playbook>>(&new_steps)) {
                changes.submit_own(governor::commands::load_playbook{*steps_read});
            }
            reload_over();
        };
    };
    queries.submit_own([this, read](schema::reader&) -> std::function<void()> {
        try {
            return read();
        } catch (const std::exception& fault) {
            return [this, why = std::string{fault.what()}] {
                log.reload_refused("configuration", why);
                reload_over();
            };
        }
    });
}

void application::parts::reload_over() {
    reloading = reload_again;
    if (reloading) {
        reload();
    }
}

void application::parts::tell_unknown_names(const access_rules& given_now) {
    // The user database may take its time, and nobody waits for this.
    std::ignore = queries.try_submit([this, given_now](schema::reader&) -> std::function<void()> {
        return [this, sentences = unknown_names_in(given_now)] {
            for (const auto& sentence : sentences) {
                log.unknown_name(sentence);
            }
        };
    });
}

/// What of a configuration can be changed while running.
void application::parts::adopt(const std::variant<config, early_exit>& read) {
    const auto* fresh = std::get_if<config>(&read);
    if (fresh == nullptr) {
        log.reload_refused("configuration", std::get<early_exit>(read).text);
        return;
    }
    const auto what = changes_between(given, *fresh);
    if (given.access != fresh->access) {
        who_is_who.set_rules(fresh->access);
    }
    tell_unknown_names(fresh->access);
    set_rates(fresh->rates);
    denials.set_rules(fresh->denials);
    log.set_level(fresh->log_level);
    if (given.metrics != fresh->metrics) {
        figures_out.begin(fresh->metrics);
    }
    frontend.configure(fresh->frontend);
    given.access = fresh->access;
    given.denials = fresh->denials;
    given.rates = fresh->rates;
    given.log_level = fresh->log_level;
    given.policy = fresh->policy;
    given.playbook = fresh->playbook;
    given.backup = fresh->backup;
    given.metrics = fresh->metrics;
    given.frontend = fresh->frontend;
    facts.keep_backups = fresh->backup.keep;
    facts.policy = fresh->policy;
    facts.playbook = fresh->playbook;
    log.reloaded("configuration", describe(what));
}

/// Now, and again in a while: who has left a group loses what it gave, over an open connection too.
void application::parts::look_up_roles() {
    who_is_who.forget_ages();
    server.refresh_identities();
    roles_timer.expires_after(roles_interval);
    roles_timer.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled && !stopping) {
            look_up_roles();
        }
    });
}

void application::parts::set_rates(const std::map<std::string, ipc::call_rate>& rates) {
    for (const auto& method : table.methods()) {
        const auto rate = rates.find(std::string{method->info().name});
        table.set_rate(method->info().name, rate == rates.end() ? std::nullopt : std::optional{rate->second});
    }
}

void application::parts::begin_stop() {
    if (std::exchange(stopping, true)) {
        return;
    }
    service_manager::stopping("answering what was accepted");
    follows.end_all("the daemon stops");
    saving.cancel();
    figures_out.stop();
    roles_timer.cancel();
    stop_timer.expires_after(answers_patience);
    stop_timer.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) {
            end_wait(fmt::format("{} s are over", answers_patience.count()));
        }
    });
    // Answers that the ledger and the queries still owe are part of it: drained means every connection has them.
    server.drain([this] { io.stop(); });
}

/// Who has not taken their answers by now is disconnected; what they asked for is carried out all the same.
void application::parts::end_wait(std::string_view why) {
    if (const auto open = server.connections(); open > 0) {
        log.cut_short(fmt::format("{}, and {} {} not taken all answers: disconnected", why, open,
                                  open == 1 ? "peer has" : "peers have"));
    }
    server.close_all();
}

int application::parts::run() {
    signer->start();
    checking->start();
    measured.ledger_said(changes_ledger.figures());
    log.begin_background();
    for (const auto& line : changes_ledger.take_lines()) {
        log.write(line);  // not before: a start that fails is one sentence
    }
    follows.grew(hot.head().size);
    changes_ledger.start();
    on_signal();
    look_up_roles();
    figures_out.begin(given.metrics);
    frontend.grew(hot.head().size);
    frontend.configure(given.frontend);
    log.listening(facts.socket);
    log.started(facts.state_dir, hot.head().size);
    if (given.development) {
        log.development();
    }
    tell_unknown_names(given.access);
    service_manager::ready(measured.status_line());
    if (take_early_reload()) {
        ask_for_reload();
    }
    run_io(io, given.io_poll);
    denials.close();
    checking->stop();
    bool all_ended = true;
    const auto end = [&](bool ended, std::string_view what) {
        if (!ended) {
            all_ended = false;
            log.cut_short(fmt::format("{} has not ended and is cut short", what));
        }
    };
    end(queries.stop(query_patience), "a query");
    end(saving.stop(backup_patience), "the check of a backup, which is not kept,");
    changes_ledger.stop();
    frontend.grew(store.head().size);
    end(frontend.stop(frontend_patience), "the writing of the frontend's files");
    end(who_is_who.stop(look_up_patience), "the look-up of a user");
    signer->stop();
    const int code = lost_files ? exit_code::storage : status;
    if (lost_files) {
        log.stopped_without_files(store.head().size);
    } else {
        log.stopped(store.head().size);
    }
    if (!log.end_background()) {
        all_ended = false;
    }
    if (!all_ended) {
        // A thread goes on, and uses what would be taken apart. Everything else is stopped and on the disk.
        std::_Exit(code);
    }
    return code;
}

application::application(const config& c, daemon_log& log) {
    require_place_of_socket(c);
    parts_ = std::make_unique<parts>(c, log);
}

application::~application() = default;

int application::run() {
    return parts_->run();
}

}  // namespace valhalla
