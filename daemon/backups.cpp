// SPDX-License-Identifier: Apache-2.0
#include "daemon/backups.hpp"

#include <chrono>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/clock.hpp"
#include "daemon/disk_room.hpp"
#include "schema/model/json_writer.hpp"
#include "schema/verify/verify.hpp"

namespace valhalla {

namespace {

namespace fs = std::filesystem;

ipc::rpc_error backup_error(const schema::storage_error& fault) {
    const bool full = fault.fault() == schema::storage_fault::full;
    return {full ? ipc::error_code::storage_full : ipc::error_code::backup_failed,
            std::string{"there is no backup: "} + fault.what(),
            {}};
}

std::string answer_of(const fs::path& file, const schema::tree_head& head, std::uint64_t bytes,
                      const std::vector<std::string>& checked, const std::vector<std::string>& removed) {
    std::string out;
    json_writer json{out};
    json.begin_object().member("file", file.string());
    json.member("checkpoint", schema::checkpoint_beside(file).string());
    json.member("tree_size", head.size).member("root", schema::to_hex(head.root)).member("bytes", bytes);
    for (const auto& [name, list] : {std::pair{"checked", &checked}, std::pair{"removed", &removed}}) {
        json.key(name).begin_array();
        for (const auto& one : *list) {
            json.value(one);
        }
        json.end_array();
    }
    json.end_object();
    return out;
}

}  // namespace

struct backups::failure {
    ipc::rpc_error error;
};

backups::backups(settings s, const schema::ledger_store& store, notary& signer, daemon_log& log, hooks h)
    : settings_{std::move(s)}, store_{store}, signer_{signer}, log_{log}, hooks_{std::move(h)} {
    schema::clear_backup_leftovers(settings_.directory);
}

backups::~backups() {
    cancel();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void backups::create(const std::string& by, std::size_t keep, ipc::reply_handle reply) {
    if (cancelled_) {
        reply.fail({ipc::error_code::shutting_down, "the daemon is stopping, so no backup was made", {}});
        return;
    }
    if (running_.exchange(true)) {
        reply.fail({ipc::error_code::backup_running, "a backup is being made already; try again when it is done", {}});
        return;
    }
    if (thread_.joinable()) {
        thread_.join();  // it is done but for its last instructions
    }
    try {
        // A copy of the handle: what a thread that cannot be made was given is lost.
        over_ = false;
        thread_ = std::thread{[this, by, keep, reply]() mutable {
            run(by, keep, std::move(reply));
            const std::lock_guard lock{mutex_};
            over_ = true;
            ended_.notify_all();
        }};
    } catch (const std::system_error& why) {
        running_ = false;
        refuse(by, why, std::move(reply));
    }
}

void backups::refuse(const std::string& by, const std::system_error& why, ipc::reply_handle reply) {
    const ipc::rpc_error error{ipc::error_code::backup_failed,
                               fmt::format("no backup was made, because no thread can be created for it: {}; raise the "
                                           "limit of processes or memory of "
                                           "the daemon or its user (TasksMax=, ulimit -u), or try again later",
                                           why.code().message()),
                               {}};
    failed_.fetch_add(1, std::memory_order_relaxed);
    log_.backup_failed(by, error.message);
    reply.fail(error);
}

void backups::run(const std::string& by, std::size_t keep, ipc::reply_handle reply) {
    const auto began = std::chrono::steady_clock::now();
    std::variant<std::string, ipc::rpc_error> answer;
    try {
        const auto done = make(keep);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        made_.fetch_add(1, std::memory_order_relaxed);
        log_.backup_made(done.file, by, done.head.size, done.bytes, took.count());
        for (const auto& sentence : done.left) {
            log_.server_trouble(sentence);
        }
        answer = answer_of(done.file, done.head, done.bytes, done.checked, done.removed);
    } catch (const failure& why) {
        answer = why.error;
    } catch (const schema::storage_error& fault) {
        answer = backup_error(fault);
    } catch (const std::exception& e) {
        answer = ipc::rpc_error{ipc::error_code::backup_failed, fmt::format("there is no backup: {}", e.what()), {}};
    }
    if (auto* error = std::get_if<ipc::rpc_error>(&answer); error != nullptr) {
        if (cancelled_) {
            *error = {ipc::error_code::shutting_down, "the daemon is stopping, so no backup was made", {}};
        }
        failed_.fetch_add(1, std::memory_order_relaxed);
        log_.backup_failed(by, error->message);
    }
    // Free for the next one before whoever waits can ask for it.
    running_ = false;
    hooks_.post([reply = std::move(reply), answer = std::move(answer)]() mutable {
        if (const auto* error = std::get_if<ipc::rpc_error>(&answer)) {
            reply.fail(*error);
        } else {
            reply.reply(std::get<std::string>(answer));
        }
    });
}

backups::made backups::make(std::size_t keep) {
    const schema::backup_dir directory{settings_.directory};
    require_room();
    struct clearing {
        const schema::backup_dir& what;
        ~clearing() { schema::clear_backup_leftovers(what.path()); }
    } const whatever_happens{directory};

    const auto draft = directory.draft();
    const auto head = copy(draft);
    schema::seal_copy(draft);
    const auto name = directory.next_name(system_now(), head.size);
    directory.put_checkpoint(name, sign(head));
    made done{.file = directory.path() / name,
              .head = head,
              .bytes = size_or_zero(draft),
              .checked = {},
              .removed = {},
              .left = {}};
    done.checked = verify(draft, schema::checkpoint_beside(done.file), head);
    directory.publish(name);
    auto old = directory.remove_all_but(keep, name);
    done.removed = std::move(old.removed);
    done.left = std::move(old.left);
    return done;
}

void backups::require_room() const {
    if (auto error = lack_of_room("a backup", settings_.directory, settings_.database, "or keep fewer")) {
        throw failure{*std::move(error)};
    }
}

schema::tree_head backups::copy(const fs::path& to) {
    copy_order order{to, {}};
    auto done = order.done.get_future();
    {
        const std::lock_guard lock{mutex_};
        order_ = std::move(order);
    }
    hooks_.wake_ledger();
    const auto outcome = done.get();
    if (const auto* fault = std::get_if<schema::storage_error>(&outcome)) {
        throw schema::storage_error{*fault};
    }
    return std::get<schema::tree_head>(outcome);
}

bool backups::advance(bool usable) noexcept {
    if (!current_) {
        const std::lock_guard lock{mutex_};
        if (!order_) {
            return false;
        }
        current_ = std::exchange(order_, std::nullopt);
    }
    const auto end = [this](copied outcome) {
        copy_.reset();  // closed before anybody else opens it
        std::exchange(current_, std::nullopt)->done.set_value(std::move(outcome));
        return false;
    };
    try {
        if (cancelled_ || !usable) {
            return end(schema::storage_error{schema::storage_fault::failed, "the daemon stops"});
        }
        if (!copy_) {
            copy_ = store_.copy_to(current_.value().to);
        }
        return copy_->advance() ? end(store_.head()) : true;
    } catch (const schema::storage_error& fault) {
        return end(fault);
    } catch (const std::exception& e) {
        return end(schema::storage_error{schema::storage_fault::failed, e.what()});
    }
}

std::string backups::sign(const schema::tree_head& head) {
    auto done = signer_.sign_exactly(head);
    if (const auto* problem = std::get_if<notary::trouble>(&done)) {
        throw schema::storage_error{problem->disk_full ? schema::storage_fault::full : schema::storage_fault::unusable,
                                    problem->message};
    }
    return std::get<std::string>(std::move(done));
}

std::vector<std::string> backups::verify(const fs::path& draft, const fs::path& checkpoint,
                                         const schema::tree_head& head) const {
    struct stop_now : std::exception {};
    auto found = verify::verify_evidence(
        {.path = draft.string(), .key = signer_.verifier_key(), .checkpoints = {checkpoint.string()}},
        [this](std::uint64_t, std::uint64_t) {
            if (cancelled_) {
                throw stop_now{};
            }
        });
    if (found.result != verify::outcome::verified) {
        throw failure{{ipc::error_code::backup_failed,
                       fmt::format("the copy does not verify, so it was not kept: {}; verify the database itself: "
                                   "valhalla-verify {}",
                                   found.what ? found.what->message : "no reason is known",
                                   settings_.database.parent_path().string()),
                       {}}};
    }
    if (found.head != head) {
        throw failure{{ipc::error_code::backup_failed,
                       fmt::format("the copy holds {} records where the ledger had {}, so it was not kept",
                                   found.head.size, head.size),
                       {}}};
    }
    return std::move(found.checked);
}

void backups::cancel() {
    if (!cancelled_.exchange(true)) {
        hooks_.wake_ledger();
    }
}

bool backups::stop(std::chrono::milliseconds patience) {
    if (!thread_.joinable()) {
        return true;
    }
    std::unique_lock lock{mutex_};
    if (!ended_.wait_for(lock, patience, [this] { return over_; })) {
        thread_.detach();
        return false;
    }
    lock.unlock();
    thread_.join();
    return true;
}

}  // namespace valhalla
