// SPDX-License-Identifier: Apache-2.0
#include "daemon/trail_check.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/config.hpp"
#include "daemon/start_failure.hpp"
#include "schema/errors.hpp"
#include "schema/integrity.hpp"
#include "schema/limits.hpp"
#include "schema/reader.hpp"

namespace valhalla {

namespace {

/// Between two read transactions.
constexpr std::chrono::milliseconds breath{1};

}  // namespace

pages_seen check_before_start(const std::filesystem::path& database, std::chrono::milliseconds allowance) {
    std::error_code error;
    if (!std::filesystem::exists(database, error) || std::filesystem::file_size(database, error) == 0) {
        return pages_seen::all;  // a first start, or one that was cut short before its first page
    }
    schema::hurried_check seen;
    try {
        seen = schema::find_damage_within(database, schema::thoroughness::structure, allowance);
    } catch (const schema::storage_error& e) {
        if (e.fault() != schema::storage_fault::broken) {
            return pages_seen::not_all;  // not a database of ours: the one who opens it says so, and what to do
        }
        seen.found = schema::damage{.table = {}, .message = e.what()};
    }
    if (seen.found) {
        throw start_failure{
            exit_code::state_unusable,
            fmt::format("the database {} is damaged: {}; nothing was written. See valhalla-verify {}, and restore a "
                        "backup with --restore FILE --reason TEXT",
                        database.string(), seen.found->message, database.parent_path().string())};
    }
    return seen.complete ? pages_seen::all : pages_seen::not_all;
}

trail_check::trail_check(settings s, receiver to) : settings_{std::move(s)}, to_{std::move(to)} {}

trail_check::~trail_check() {
    stop();
}

void trail_check::start() {
    thread_ = std::thread{[this] { run(); }};
}

void trail_check::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::optional<std::string> trail_check::problem() const {
    const std::lock_guard lock{mutex_};
    return problem_;
}

void trail_check::run() {
    verdict found;
    try {
        found = look();
    } catch (const broken_off&) {
        return;
    } catch (const std::exception& e) {
        found.problem = e.what();
    }
    {
        const std::lock_guard lock{mutex_};
        problem_ = found.problem;
    }
    to_(found);
}

trail_check::verdict trail_check::look() {
    auto pages = settings_.already;
    if (settings_.already == pages_seen::not_all) {
        const auto seen = schema::find_damage_within(settings_.database, schema::thoroughness::structure,
                                                     settings_.page_allowance, &stopping_);
        if (stopping_) {
            throw broken_off{};
        }
        if (seen.found) {
            return {.problem = seen.found->message};
        }
        pages = seen.complete ? pages_seen::all : pages_seen::not_all;
    }
    auto found = read_records();
    found.pages = pages;
    return found;
}

trail_check::verdict trail_check::read_records() {
    schema::reader from{settings_.database};
    schema::hasher hasher;
    schema::growing_tree tree;
    const schema::growing_tree::tile_sink nobody = [](const schema::full_tile&) {};
    for (const auto& head : settings_.heads) {
        while (tree.size() < head.size) {
            const auto first = static_cast<std::int64_t>(tree.size()) + 1;
            const auto last =
                std::min(first + schema::limits::records_per_transaction - 1, static_cast<std::int64_t>(head.size));
            from.each_record(audit_seq{first}, audit_seq{last},
                             [&](std::string_view record) { tree.append(hasher.leaf(record), hasher, nobody); });
            if (tree.size() != static_cast<std::uint64_t>(last)) {
                return {.records = 0,
                        .problem = fmt::format("record {} is missing of the {} that there were at the start",
                                               tree.size() + 1, head.size)};
            }
            pause();
        }
        if (tree.root(hasher) != head.root) {
            return {.records = 0,
                    .problem = fmt::format("the first {} records are not those that were signed", head.size)};
        }
    }
    return {.records = tree.size(), .problem = {}};
}

void trail_check::pause() {
    std::unique_lock lock{mutex_};
    if (wake_.wait_for(lock, breath, [this] { return stopping_.load(); })) {
        throw broken_off{};
    }
}

}  // namespace valhalla
