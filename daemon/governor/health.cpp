// SPDX-License-Identifier: Apache-2.0
#include "daemon/governor/health.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "daemon/governor/sentence.hpp"

namespace valhalla::governor {

namespace {

/// A level and the sentence that explains it.
struct finding {
    health_level level = health_level::green;
    std::string sentence;
};

class verdict_builder {
  public:
    /// Green findings need no sentence.
    void add(finding f) {
        if (f.level != health_level::green) {
            verdict_.status = std::max(verdict_.status, f.level);
            verdict_.reasons.push_back(std::move(f.sentence));
        }
    }
    [[nodiscard]] health_verdict take() { return std::move(verdict_); }

  private:
    health_verdict verdict_;
};

/// Adds the first findings of one kind and counts the others.
class bounded_list {
  public:
    bounded_list(verdict_builder& to, std::size_t room, std::string_view noun) : to_{to}, room_{room}, noun_{noun} {}

    /// `sentence` is made only where there is room for it.
    template <class Sentence>
    void add(health_level level, Sentence sentence) {
        if (level == health_level::green) {
            return;
        }
        if (room_ > 0) {
            --room_;
            to_.add({level, sentence()});
            return;
        }
        ++left_out_.at(static_cast<std::size_t>(level));
    }
    void finish() {
        for (const health_level level : {health_level::yellow, health_level::red}) {
            if (const std::int64_t n = left_out_.at(static_cast<std::size_t>(level)); n > 0) {
                to_.add(
                    {level, join(std::to_string(n), " more ", noun_, n == 1 ? " is " : "s are ", to_text(level), ".")});
            }
        }
    }

  private:
    verdict_builder& to_;
    std::size_t room_;
    std::string_view noun_;
    std::array<std::int64_t, 3> left_out_{};
};

std::optional<std::int64_t> count_in(std::string_view text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stopped != end || value < 0) {
        return std::nullopt;
    }
    return value;
}

bool is_stale(const health_signal& signal, span_point now) {
    return signal.expires_at && signal.goes_stale.at && now >= *signal.goes_stale.at;
}

/// Where a count stands between its thresholds. `crossed` is null while it is green.
struct count_judgement {
    health_level level = health_level::green;
    const char* crossed = nullptr;
    const char* relation = nullptr;
    std::int64_t limit = 0;
    const char* noun = nullptr;
};

/// Nothing when the signal is none of those that carry a count.
std::optional<count_judgement> judge_count(const health_signal& signal, const thresholds& limits) {
    const bool jobs = signal.source == failed_jobs_source;
    if (!jobs && signal.source != exceptions_source) {
        return std::nullopt;
    }
    const std::optional<std::int64_t> count = count_in(signal.message);
    if (!count) {
        return std::nullopt;
    }
    const char* const noun = jobs ? "Failed jobs: " : "Unhandled exceptions: ";
    if (jobs && *count > limits.max_failed_jobs_red) {
        return count_judgement{health_level::red, "max_failed_jobs_red", ", more than ", limits.max_failed_jobs_red,
                               noun};
    }
    if (jobs && *count > limits.max_failed_jobs_yellow) {
        return count_judgement{health_level::yellow, "max_failed_jobs_yellow", ", more than ",
                               limits.max_failed_jobs_yellow, noun};
    }
    if (!jobs && *count >= limits.unhandled_exceptions_red) {
        return count_judgement{health_level::red, "unhandled_exceptions_red", ", red from ",
                               limits.unhandled_exceptions_red, noun};
    }
    return count_judgement{.noun = noun};
}

std::string signal_sentence(const health_signal& signal, const thresholds& limits, span_point now) {
    const std::string name = plain(signal.source, max_quoted_bytes);
    if (is_stale(signal, now)) {
        return join("Signal ", name, " was not renewed since ", format_utc(signal.reported_at), " and expired at ",
                    format_utc(*signal.expires_at), "; when it was last heard it was ", to_text(signal.level), ".");
    }
    if (const auto count = judge_count(signal, limits); count && count->crossed != nullptr) {
        return join(count->noun, signal.message, count->relation, count->crossed, " (", std::to_string(count->limit),
                    ").");
    }
    const std::string message = plain(signal.message, max_quoted_bytes);
    if (message.empty()) {
        return join("Signal ", name, " is ", to_text(signal.level), ".");
    }
    const bool ends = message.ends_with('.') || message.ends_with('!') || message.ends_with('?');
    return join("Signal ", name, " is ", to_text(signal.level), ": ", message, ends ? "" : ".");
}

finding judge_band(const state& s) {
    const band b = s.current_cone->in_force;
    const health_level level = status_of_band(*s.limits, b);
    if (level == health_level::green) {
        return {};
    }
    constexpr std::array fields{"band_a_status", "band_b_status", "band_c_status", "band_d_status"};
    return {level, join("Band ", band_words(b), " is in force, and ", fields.at(static_cast<std::size_t>(b)), " is ",
                        to_text(level), ".")};
}

void judge_signals(const state& s, span_point now, verdict_builder& out) {
    bounded_list list{out, max_listed_signals, "signal"};
    for (const auto& [source, signal] : *s.signals) {
        const health_signal& said = signal;
        list.add(level_of(said, *s.limits, now), [&] { return signal_sentence(said, *s.limits, now); });
    }
    list.finish();
}

finding judge_drift(const deny_window& window, const thresholds& limits) {
    const health_level level = drift_level(window, limits);
    if (level == health_level::green) {
        return {};
    }
    const bool red = level == health_level::red;
    return {level, join(std::to_string(window.denied()), " of the ", std::to_string(window.decisions()),
                        " decisions among the last ", std::to_string(deny_window_size),
                        " audit records were denied: ", percent(window.deny_rate()), " %, ",
                        red ? "red from deny_rate_red (" : "yellow from deny_rate_yellow (",
                        percent(red ? limits.deny_rate_red : limits.deny_rate_yellow), " %).")};
}

/// From when on an active session counts as forgotten; nothing when it never does.
std::optional<span_point> forgotten_from(const session& s, const thresholds& limits) {
    if (!s.active || !s.began.at || limits.session_age_yellow_hours <= 0) {
        return std::nullopt;
    }
    return *s.began.at + std::chrono::hours{limits.session_age_yellow_hours};
}

void judge_sessions(const state& s, span_point now, verdict_builder& out) {
    bounded_list list{out, max_listed_sessions, "forgotten session"};
    for (const auto& [name, kept] : s.sessions->active) {
        const session& running = *kept;
        const auto from = forgotten_from(running, *s.limits);
        list.add(from && now >= *from ? health_level::yellow : health_level::green, [&] {
            return join(
                "Session ", std::to_string(raw(running.id)), " of ", plain(running.operator_name, max_quoted_bytes),
                " runs since ", format_utc(running.started_at.value_or(unix_micros{})),
                ", longer than session_age_yellow_hours (", std::to_string(s.limits->session_age_yellow_hours), " h).");
        });
    }
    list.finish();
}

finding judge_disk(const self_checks& self, const thresholds& limits) {
    if (!self.disk_free_mib || *self.disk_free_mib >= limits.disk_free_yellow_mib) {
        return {};
    }
    const bool red = *self.disk_free_mib < limits.disk_free_red_mib;
    return {red ? health_level::red : health_level::yellow,
            join("The state directory has ", std::to_string(*self.disk_free_mib), " MiB of free space, less than ",
                 red ? "disk_free_red_mib (" : "disk_free_yellow_mib (",
                 std::to_string(red ? limits.disk_free_red_mib : limits.disk_free_yellow_mib), " MiB).")};
}

/// Yellow above `limit`.
finding judge_above(std::optional<std::int64_t> figure, std::int64_t limit, std::string_view what,
                    std::string_view unit, std::string_view threshold) {
    if (!figure || *figure <= limit) {
        return {};
    }
    return {health_level::yellow, join(what, std::to_string(*figure), unit, ", more than ", threshold, " (",
                                       std::to_string(limit), unit, ").")};
}

void judge_self(const state& s, verdict_builder& out) {
    const self_checks& self = s.self;
    const thresholds& limits = *s.limits;
    for (const auto& found : self.findings) {
        out.add({found.level, found.sentence});
    }
    out.add(judge_disk(self, limits));
    out.add(judge_above(self.wal_mib, limits.wal_yellow_mib, "The write-ahead log holds ", " MiB", "wal_yellow_mib"));
    out.add(judge_above(self.ledger_queue, limits.ledger_queue_yellow, "Changes waiting for the disk: ", "",
                        "ledger_queue_yellow"));
    if (self.frontend_problem) {
        out.add({health_level::yellow, join("The frontend's files are not kept fresh: ",
                                            plain(*self.frontend_problem, max_quoted_bytes), ".")});
    }
    if (limits.anchor_age_yellow_s > 0) {
        out.add(judge_above(self.anchor_age_s, limits.anchor_age_yellow_s,
                            "The trail has been ahead of the newest signed checkpoint for ", " s",
                            "anchor_age_yellow_s"));
    }
}

}  // namespace

health_level level_of(const health_signal& signal, const thresholds& limits, span_point now) {
    if (is_stale(signal, now)) {
        return health_level::yellow;
    }
    const auto count = judge_count(signal, limits);
    return count ? count->level : signal.level;
}

std::optional<std::int64_t> reported_count(const signal_map& signals, std::string_view source) {
    const auto it = signals.find(source);
    return it == signals.end() ? std::nullopt : count_in(it->second.message);
}

health_level drift_level(const deny_window& window, const thresholds& limits) noexcept {
    if (window.decisions() == 0 || window.decisions() < limits.min_decisions_for_drift) {
        return health_level::green;
    }
    const double rate = window.deny_rate();
    if (rate >= limits.deny_rate_red) {
        return health_level::red;
    }
    return rate >= limits.deny_rate_yellow ? health_level::yellow : health_level::green;
}

health_verdict evaluate_health(const state& s, span_point now) {
    verdict_builder out;
    out.add(judge_band(s));
    judge_signals(s, now, out);
    out.add(judge_drift(s.decisions, *s.limits));
    judge_sessions(s, now, out);
    judge_self(s, out);
    return out.take();
}

std::optional<span_point> next_health_change(const state& s, span_point now) {
    std::optional<span_point> soonest;
    const auto consider = [&](std::optional<span_point> moment) {
        if (moment && *moment > now && (!soonest || *moment < *soonest)) {
            soonest = moment;
        }
    };
    for (const auto& [source, signal] : *s.signals) {
        consider(signal.goes_stale.at);
    }
    for (const auto& [name, kept] : s.sessions->active) {
        consider(forgotten_from(*kept, *s.limits));
    }
    return soonest;
}

}  // namespace valhalla::governor
