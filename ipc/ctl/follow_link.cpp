// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/follow_link.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <utility>

#include <fmt/format.h>

#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_retry_pause = 100ms;
constexpr std::chrono::milliseconds longest_pause = 5s;

std::int64_t number_of(const boost::json::value& from, std::string_view name, std::string_view what) {
    const auto number = integer(from, name);
    if (!number || *number < 0) {
        throw contradiction(fmt::format("{} came without '{}'", what, name));
    }
    return *number;
}

}  // namespace

follow_link::follow_link(context& io, record_filter filter, int stop)
    : io_{io}, filter_{std::move(filter)}, stop_{stop}, pause_{first_retry_pause} {
    try {
        begin();
    } catch (const ipc::connection_error&) {
        if (!must_stop(0ms)) {
            throw;
        }
        connection_.reset();  // the wait for the first answer was ended on purpose: `next` says so
    }
}

void follow_link::begin() {
    if (connection_ == nullptr) {
        connection_ = io_.connect(stop_);
    }
    const auto result = read_reply(connection_->call_raw("audit.follow", params_of(filter_).done()));
    follow_ = number_of(result.value, "follow", "the answer to audit.follow");
    const auto stands_at = number_of(result.value, "after", "the answer to audit.follow");
    if (!filter_.after) {
        after_ = stands_at;
        filter_.after = static_cast<std::uint64_t>(stands_at);
    } else {
        after_ = static_cast<std::int64_t>(*filter_.after);
    }
}

bool follow_link::must_stop(std::chrono::milliseconds within) const {
    pollfd on{stop_, POLLIN, 0};
    return ::poll(&on, 1, static_cast<int>(within.count())) > 0;
}

/// Tries until it succeeds. False when somebody wants to stop.
bool follow_link::begin_again() {
    filter_.after = static_cast<std::uint64_t>(after_);
    while (!must_stop(std::exchange(pause_, std::min(pause_ * 2, longest_pause)))) {
        try {
            begin();
            return true;
        } catch (const ipc::connection_error&) {
            connection_.reset();
        } catch (const ipc::call_error& refusal) {
            if (!is_temporary(refusal)) {
                throw;
            }
            connection_.reset();
        }
    }
    return false;
}

void follow_link::take_record(std::string_view params_json) {
    followed_record next{make_answer(std::string{member_span(params_json, "record")}), 0};
    next.seq = number_of(next.record.value, "seq", "a record of audit.follow");
    if (next.seq <= after_) {
        throw contradiction(fmt::format("audit.follow sent record {} after record {}", next.seq, after_));
    }
    after_ = next.seq;
    pause_ = first_retry_pause;
    found_ = std::move(next);
}

follow_link::outcome follow_link::take(std::string_view line) {
    const auto notification = make_answer(std::string{line});
    const auto& told = member(notification.value, "params");
    const auto name = text(notification.value, "method");
    if ((name != "audit.event" && name != "audit.follow_end") || integer(told, "follow") != follow_) {
        return outcome::ignored;
    }
    if (name == "audit.event") {
        take_record(member_span(line, "params"));
        return outcome::record;
    }
    after_ = std::max(after_, number_of(told, "after", "audit.follow_end"));
    return outcome::ended;
}

std::optional<followed_record> follow_link::next() {
    if (stopped()) {
        return std::nullopt;
    }
    for (;;) {
        try {
            const auto line = connection_->next_notification(stop_);
            if (!line) {
                return std::nullopt;
            }
            const auto what = take(*line);
            if (what == outcome::record) {
                return std::move(found_);
            }
            if (what == outcome::ended && !begin_again()) {
                return std::nullopt;
            }
        } catch (const ipc::connection_error& lost) {
            connection_.reset();
            if (must_stop(0ms)) {
                return std::nullopt;
            }
            io_.tell(fmt::format("{}; trying again, the next record is the one behind {}", lost.what(), after_));
            if (!begin_again()) {
                return std::nullopt;
            }
            io_.tell("connected again");
        } catch (const std::invalid_argument& wrong) {
            throw contradiction(fmt::format("audit.follow sent something that is not a record: {}", wrong.what()));
        }
    }
}

}  // namespace valhalla::ctl
