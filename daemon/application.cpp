// SPDX-License-Identifier: Apache-2.0
#include "daemon/application.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <grp.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "daemon/access_control.hpp"
#include "daemon/chance.hpp"
#include "daemon/change_gate.hpp"
#include "daemon/clock.hpp"
#include "daemon/denial_recorder.hpp"
#include "daemon/hot_answers.hpp"
#include "daemon/ledger.hpp"
#include "daemon/methods/bind.hpp"
#include "daemon/notary.hpp"
#include "daemon/playbook_file.hpp"
#include "daemon/policy_file.hpp"
#include "daemon/query_pool.hpp"
#include "daemon/restoration.hpp"
#include "daemon/restore.hpp"
#include "daemon/service_manager.hpp"
#include "daemon/services.hpp"
#include "daemon/task_runner.hpp"
#include "daemon/trail_signing.hpp"
#include "daemon/uploads.hpp"
#include "ipc/method_table.hpp"
#include "ipc/unix_server.hpp"
#include "schema/ledger_store.hpp"
#include "schema/state_dir.hpp"

namespace valhalla {

namespace {

namespace asio = boost::asio;

/// Of the id of a database: so that no other one has it.
constexpr std::size_t instance_digits = 32;

std::shared_ptr<const governor::canon> load_rules(const config& c) {
    if (!c.policy) {
        return built_in_canon();
    }
    auto loaded = load_canon(*c.policy);
    if (const auto* problem = std::get_if<file_problem>(&loaded)) {
        throw start_failure{exit_code::usage, problem->text()};
    }
    return std::get<std::shared_ptr<const governor::canon>>(loaded);
}

std::shared_ptr<const governor::playbook> load_steps(const config& c) {
    if (!c.playbook) {
        return built_in_playbook();
    }
    auto loaded = load_playbook(*c.playbook);
    if (const auto* problem = std::get_if<file_problem>(&loaded)) {
        throw start_failure{exit_code::usage, problem->text()};
    }
    return std::get<std::shared_ptr<const governor::playbook>>(loaded);
}

/// Nothing for the empty name.
std::optional<gid_t> group_id(const std::string& name) {
    if (name.empty()) {
        return std::nullopt;
    }
    std::array<char, 16'384> buffer{};
    group entry{};
    group* found = nullptr;
    if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
        throw start_failure{exit_code::usage,
                            fmt::format("socket_group: there is no group '{}'; create it, or name another", name)};
    }
    return found->gr_gid;
}

/// Where a development socket goes: made when missing, for the user alone. What cannot be made shows when it is bound.
void make_private_directory(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::create_directories(path, ignored)) {
        std::filesystem::permissions(path, std::filesystem::perms::owner_all, ignored);
    }
}

/// Makes a part; what storage says against it becomes the exit code and the sentence of a failed start.
template <class Make>
auto or_fail(Make&& make) {
    try {
        return std::forward<Make>(make)();
    } catch (const schema::storage_error& fault) {
        throw failure_of(fault);
    }
}

/// A witness without a name has no key, and cosigns nothing.
witness load_witness(const config& c, const schema::state_dir& directory) {
    if (c.audit.witness_name.empty()) {
        return {std::nullopt, {}, {}};
    }
    auto key = find_signing_key(c.audit.witness_key, "witness.key", directory.witness_key(), missing_key::create);
    std::vector<schema::verifier_key> logs;
    for (const auto& text : c.audit.witnessed_logs) {
        logs.push_back(schema::verifier_key::parse(text).value());  // checked when the configuration was read
    }
    return {std::move(key), c.audit.witness_name, std::move(logs)};
}

/// A note for the log, which has lines: from `\n` the note can be had again.
std::string one_line(std::string_view note) {
    std::string line;
    for (const char c : note) {
        c == '\n' ? line += "\\n" : line += c;
    }
    return line;
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
    parts(const config& c, std::shared_ptr<spdlog::logger> logger);

    void bootstrap();
    void report_anchor(const std::string& problem) const;
    void listen();
    void publish(std::unique_ptr<commit_result> result);
    void on_signal();
    void reload();
    void adopt(const std::variant<config, early_exit>& read);
    void set_rates(const std::map<std::string, ipc::call_rate>& rates);
    template <class Loaded>
    void report_reload(const Loaded& loaded, std::string_view what) const {
        if (const auto* problem = std::get_if<start_failure>(&loaded)) {
            log->error("reload: the {} in force stays: {}", what, problem->message);
        } else {
            log->info("reload: {} read", what);
        }
    }
    void begin_stop();
    [[nodiscard]] governor::self_checks measure() const;
    [[nodiscard]] std::string status_line() const;
    int run();

    config given;
    std::shared_ptr<spdlog::logger> log;
    std::shared_ptr<const governor::canon> rules;
    std::shared_ptr<const governor::playbook> steps;
    schema::state_dir directory;
    std::optional<std::string> restored_why;  // a backup was put in place since the last start
    schema::ledger_store store;
    schema::stored_state found;
    trail_signing signing;
    daemon_facts facts;
    access_control who_may;
    asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    valhalla::ledger changes_ledger;
    std::unique_ptr<notary> signer;  // from the end of bootstrap on
    hot_answers hot;
    change_gate changes;
    task_runner tasks{changes};
    denial_recorder denials;
    query_pool queries;
    uploads files;
    backups saving;
    follow_hub follows{queries};
    witness watching;
    services with;
    ipc::method_table table;
    ipc::unix_server server;
    asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
    bool stopping = false;
    int status = exit_code::ok;
};

application::parts::parts(const config& c, std::shared_ptr<spdlog::logger> logger)
    : given{c},
      log{std::move(logger)},
      rules{load_rules(c)},
      steps{load_steps(c)},
      directory{or_fail([&] { return schema::state_dir{c.state_dir}; })},
      restored_why{or_fail([&] { return finish_restore(directory); })},
      store{or_fail([&] { return schema::ledger_store{directory.database()}; })},
      found{or_fail([&] { return store.load(); })},
      signing{
          or_fail([&] { return trail_signing{given, directory, found.current_epoch, store.head(), restored_why}; })},
      facts{.state_dir = directory.path(),
            .export_dir = directory.export_dir(),
            .socket = c.socket,
            .started_at = system_now(),
            .keep_backups = c.backup.keep,
            .policy = c.policy,
            .playbook = c.playbook},
      who_may{c.access, ::geteuid()},
      changes_ledger{store,
                     or_fail([&] { return restore_state(std::move(found), rules, steps); }),
                     {.on_commit = [this](std::unique_ptr<commit_result> r) { publish(std::move(r)); },
                      .on_broken =
                          [this](const schema::storage_error& fault) {
                              asio::post(io, [this, what = std::string{fault.what()}] {
                                  log->critical("the database failed, stopping: {}", what);
                                  status = exit_code::storage;
                                  begin_stop();
                              });
                          },
                      .measure = [this] { return measure(); },
                      // By way of the I/O thread, so that the watchdog is fed only while both of them go round.
                      .alive = [this] { asio::post(io, [this] { service_manager::alive(status_line()); }); },
                      .now = system_now,
                      .between_batches = [this](bool usable) { return saving.advance(usable); },
                      .key_window = given.request_key_window}},
      hot{(or_fail([&] { bootstrap(); }), changes_ledger.initial_state()), store.head()},
      changes{io, changes_ledger, given.queue},
      denials{io, changes, given.denials},
      queries{directory.database(), [this](std::function<void()> what) { asio::post(io, std::move(what)); }},
      files{directory.upload_dir()},
      saving{{.database = directory.database(), .directory = directory.backup_dir()},
             store,
             *signer,
             log,
             {.wake_ledger = [this] { changes_ledger.wake(); },
              .post = [this](std::function<void()> what) { asio::post(io, std::move(what)); }}},
      watching{or_fail([&] { return load_witness(given, directory); })},
      with{.hot = hot,
           .changes = changes,
           .tasks = tasks,
           .queries = queries,
           .files = files,
           .saving = saving,
           .signer = *signer,
           .follows = follows,
           .watching = watching,
           .facts = facts,
           .bounds = given.limits,
           .post = [this](std::function<void()> what) { asio::post(io, std::move(what)); },
           .request_stop = [this] { asio::post(io, [this] { begin_stop(); }); }},
      server{io,
             table,
             {.bounds = given.limits,
              .access = [this](std::uint32_t uid, std::uint32_t gid) { return who_may.role_of(uid, gid); },
              .report = [this](std::string_view what) { log->warn("{}", what); },
              .on_denial = [this](const ipc::denial& what) { denials.note(what); }}} {
    bind_all_methods(table, with);
    set_rates(given.rates);
    or_fail([&] { queries.start(); });
    listen();
}

void application::parts::listen() {
    if (const auto inherited = service_manager::take_listening_socket()) {
        if (inherited->path != given.socket) {
            log->warn("the socket unit listens on {}, and that holds; the configuration says {}", inherited->path,
                      given.socket);
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

/// The records that every start may have to write: the first one of a new database, and which rules are in force.
void application::parts::bootstrap() {
    if (changes_ledger.initial_state().instance.empty()) {
        changes_ledger.bootstrap(governor::commands::create_database{hex_of_chance(instance_digits)});
    }
    // Measured before anything else: a disk that was full and still is must not look healthy in between, which would be
    // two records that it has no room for.
    try {
        changes_ledger.bootstrap(governor::commands::tick{measure()});
    } catch (const schema::storage_error& fault) {
        // A full disk turns health red, which cannot be recorded on it. Reads can still be served.
        if (fault.fault() != schema::storage_fault::full) {
            throw;
        }
        log->warn("{}", fault.what());
    }
    if (auto epoch = signing.new_epoch(changes_ledger.initial_state().instance)) {
        changes_ledger.bootstrap(governor::commands::start_epoch{*std::move(epoch)});
    }
    changes_ledger.bootstrap(governor::commands::load_policy{rules});
    changes_ledger.bootstrap(governor::commands::load_playbook{steps});
    signer = signing.make_notary(
        store.head(), {.log_every = std::chrono::minutes{given.audit.log_checkpoint_minutes}},
        {.on_trouble = [this](const std::string& problem) { report_anchor(problem); },
         .on_log = [this](const signed_checkpoint& newest) { log->info("checkpoint {}", one_line(newest.note)); }});
    if (restored_why) {
        log->warn("a new epoch of the trail: {}", *restored_why);
        forget_restore(directory);
    }
}

/// Notary thread.
void application::parts::report_anchor(const std::string& problem) const {
    if (problem.empty()) {
        log->info("the anchor can be written again");
    } else {
        log->error("the newest checkpoint cannot be anchored: {}", problem);
    }
}

/// Ledger thread: hands a commit to the I/O thread.
void application::parts::publish(std::unique_ptr<commit_result> result) {
    signer->committed(result->head);
    asio::post(io, [this, result = std::move(result)]() mutable {
        hot.publish(std::move(result->state), result->head);
        change_gate::answer(*result);
        changes_ledger.handed_out();
        follows.grew(result->head.size);
    });
}

governor::self_checks application::parts::measure() const {
    governor::self_checks measured;
    struct statvfs space{};
    if (::statvfs(directory.path().c_str(), &space) == 0) {
        constexpr std::uint64_t bytes_per_mib = 1024ULL * 1024;
        measured.disk_free_mib = static_cast<std::int64_t>(space.f_bavail * space.f_frsize / bytes_per_mib);
    }
    if (signer) {
        measured.anchor_age_s = signer->behind_for().count();
    }
    return measured;
}

/// For `systemctl status`. I/O thread.
std::string application::parts::status_line() const {
    const auto& state = hot.state();
    const auto active =
        std::ranges::count_if(state.sessions->by_operator, [](const auto& each) { return each.second->active; });
    return fmt::format("{} audit records, {} active {}, band {}, health {}", hot.head().size, active,
                       active == 1 ? "session" : "sessions", band_letter(state.current_cone->in_force),
                       to_text(state.health->status));
}

void application::parts::on_signal() {
    signals.async_wait([this](const boost::system::error_code& fault, int number) {
        if (fault) {
            return;
        }
        if (number == SIGHUP) {
            reload();
            on_signal();
            return;
        }
        log->info("signal {}: stopping", number);
        begin_stop();
    });
}

/// SIGHUP: configuration, policy and playbook are read again; a file that is not good changes nothing.
void application::parts::reload() {
    const auto read = [this, now = given](schema::reader&) -> std::function<void()> {
        auto again = read_config_again(now);
        const auto* good = std::get_if<config>(&again);
        const auto& from = good == nullptr ? now : *good;
        return [this, again, new_rules = attempt([&] { return load_rules(from); }),
                new_steps = attempt([&] { return load_steps(from); })] {
            adopt(again);
            report_reload(new_rules, "policy");
            report_reload(new_steps, "playbook");
            if (const auto* rules_read = std::get_if<std::shared_ptr<const governor::canon>>(&new_rules)) {
                changes.submit_own(governor::commands::load_policy{*rules_read});
            }
            if (const auto* steps_read = std::get_if<std::shared_ptr<const governor::playbook>>(&new_steps)) {
                changes.submit_own(governor::commands::load_playbook{*steps_read});
            }
        };
    };
    queries.submit_then(read, {});
}

/// What of a configuration can be changed while running.
void application::parts::adopt(const std::variant<config, early_exit>& read) {
    const auto* fresh = std::get_if<config>(&read);
    if (fresh == nullptr) {
        log->error("reload: the configuration in force stays: {}", std::get<early_exit>(read).text);
        return;
    }
    who_may.set_rules(fresh->access);
    set_rates(fresh->rates);
    denials.set_rules(fresh->denials);
    log->set_level(spdlog::level::from_str(fresh->log_level));
    given.access = fresh->access;
    given.rates = fresh->rates;
    given.log_level = fresh->log_level;
    given.policy = fresh->policy;
    given.playbook = fresh->playbook;
    given.backup = fresh->backup;
    facts.keep_backups = fresh->backup.keep;
    facts.policy = fresh->policy;
    facts.playbook = fresh->playbook;
    log->info("reload: configuration read");
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
    signals.cancel();
    // Answers that the ledger and the queries still owe are part of it: drained means every connection has them.
    server.drain([this] { io.stop(); });
}

int application::parts::run() {
    signer->start();
    follows.grew(hot.head().size);
    changes_ledger.start();
    on_signal();
    log->info("valhallad listens on {}", facts.socket);
    log->info("state in {}, {} audit records", facts.state_dir.string(), hot.head().size);
    if (given.development) {
        log->warn("development: any local user who reaches the socket is an operator; not for production");
    }
    service_manager::ready(status_line());
    io.run();
    denials.close();
    queries.stop();
    saving.stop();
    changes_ledger.stop();
    signer->stop();
    log->info("stopped, {} audit records", store.head().size);
    return status;
}

application::application(const config& c, std::shared_ptr<spdlog::logger> log)
    : parts_{std::make_unique<parts>(c, std::move(log))} {}

application::~application() = default;

int application::run() {
    return parts_->run();
}

}  // namespace valhalla
