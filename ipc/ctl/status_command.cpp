// SPDX-License-Identifier: Apache-2.0
//
// status: how things stand, on one screen; with --watch, again and again until Ctrl-C.
#include <algorithm>
#include <array>
#include <poll.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "ipc/ctl/audit_view.hpp"
#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/session_view.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::int64_t events_on_screen = 8;
constexpr std::uint64_t usual_interval_s = 2;
constexpr std::uint64_t longest_interval_s = 3600;

/// Everything that `status` shows, asked for in one go.
struct standing {
    answer daemon;
    answer health;
    answer session;
    answer events;
};

standing look(const caller& call) {
    return {call("daemon.info", "{}"), call("health.status", "{}"), call("session.status", "{}"),
            call("audit.list", params{}.number("limit", events_on_screen).done())};
}

std::string as_json(const standing& now) {
    return params{}
        .json("daemon", now.daemon.text)
        .json("health", now.health.text)
        .json("session", now.session.text)
        .json("events", now.events.text)
        .done();
}

void show_screen(context& io, const standing& now) {
    io.out.field("Daemon", {fmt::format("valhallad {}", text(now.daemon.value, "version"))},
                 fmt::format(", up {}; you are {} ({})", age_of(text(now.daemon.value, "started_at_utc"), io.now),
                             text(now.daemon.value, "operator"), text(now.daemon.value, "role")));
    show_cone(io, member(now.health.value, "cone"), member_span(now.health.text, "cone"));
    show_status(io, now.health.value);
    io.out.field("Session", session_headline(now.session.value, io.now));
    if (const auto notes = text(now.session.value, "start_notes");
        !notes.empty() && truth(now.session.value, "active")) {
        io.out.under(notes);
    }
    io.out.heading("Last events");
    show_records(io, now.events, record_time::age);
}

/// What a line of `--watch` in a pipe says. Another line is another state.
std::string in_one_line(const standing& now) {
    const auto& session = now.session.value;
    const auto id = text(session, "id");
    const auto& records = items(now.events.value, "items");
    const auto newest = records.empty() ? boost::json::value{} : records.front();
    return fmt::format("band={} health={} session={} seq={} at={} event={}",
                       text(member(now.health.value, "cone"), "band"), text(now.health.value, "status"),
                       truth(session, "active") ? "#" + id : "none", text(newest, "seq"), text(newest, "ts_utc"),
                       text(newest, "event"));
}

/// A connection that comes back: a call on a lost one connects first.
class watch_link {
  public:
    watch_link(context& io, int stop) : io_{io}, stop_{stop} {}

    standing look_again() {
        if (connection_ == nullptr) {
            connection_ = io_.connect(stop_);
        }
        try {
            return look([this](std::string_view method, std::string_view params_json) {
                return read_reply(connection_->call_raw(method, params_json));
            });
        } catch (...) {
            connection_.reset();
            throw;
        }
    }

  private:
    context& io_;
    int stop_;
    std::unique_ptr<ipc::client> connection_;
};

bool can_be_read(int descriptor) {
    pollfd on{descriptor, POLLIN, 0};
    return ::poll(&on, 1, 0) > 0;
}

class watch {
  public:
    watch(context& io, std::chrono::milliseconds interval)
        : io_{io},
          interval_{interval},
          stop_{io.process.interruption()},
          resized_{io.out.redraws() ? io.process.resizing() : -1},
          link_{io, stop_} {}

    exit_code run() {
        bool first = true;  // who watches a daemon that never was is told at once
        do {
            try {
                show(link_.look_again());
            } catch (const ipc::connection_error& lost) {
                wait_for_daemon(lost.what(), first);
            } catch (const ipc::call_error& refusal) {
                wait_for_daemon(refusal.what(), first || !is_temporary(refusal));
            }
            first = false;
        } while (!io_.reader_left && waited());
        return exit_code::done;
    }

  private:
    /// In a handler: throws on what will not pass.
    void wait_for_daemon(const std::string& why, bool for_good) {
        if (can_be_read(stop_)) {
            return;  // the wait was ended on purpose
        }
        if (for_good) {
            throw;
        }
        if (!away_) {
            away_ = true;
            io_.tell(why + "; trying again");
        }
    }

    /// Until it is time to look again; a window that has another width meanwhile gets its screen anew. False when the
    /// user wants to stop.
    bool waited() {
        using clock = std::chrono::steady_clock;
        const auto end = clock::now() + interval_;
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now());
            std::array<pollfd, 2> on{pollfd{stop_, POLLIN, 0}, pollfd{resized_, POLLIN, 0}};
            ::poll(on.data(), on.size(), std::max(0, static_cast<int>(left.count())));
            if (on[0].revents != 0) {
                return false;
            }
            if (on[1].revents == 0) {
                return true;
            }
            io_.process.saw_resizing();
            if (shown_ && !away_) {
                draw(*shown_);
            }
        }
    }

    void show(standing now) {
        if (std::exchange(away_, false)) {
            io_.tell("connected again");
        }
        if (io_.out.redraws() && !io_.json) {
            draw(now);
            shown_ = std::move(now);
            return;
        }
        if (auto line = in_one_line(now); line != last_) {
            if (io_.json) {
                io_.out.json_line(as_json(now));
            } else if (io_.out.terminal()) {
                io_.fit_window();
                io_.out.paragraph(line);
            } else {
                io_.out.line(line, "\n");
            }
            last_ = std::move(line);
            static_cast<void>(io_.flush());
        }
    }

    void draw(const standing& now) {
        io_.now = io_.clock();
        io_.fit_window();
        io_.out.clear_screen();
        show_screen(io_, now);
        static_cast<void>(io_.flush());
    }

    context& io_;
    std::chrono::milliseconds interval_;
    int stop_;
    int resized_;
    watch_link link_;
    std::optional<standing> shown_;  // where it can be drawn again
    std::string last_;
    bool away_ = false;  // and the user was told
};

struct status_options {
    bool watch = false;
    std::uint64_t seconds = usual_interval_s;
};

exit_code status(context& io, const status_options& options) {
    if (options.watch) {
        return watch{io, std::chrono::seconds{options.seconds}}.run();
    }
    const auto now = look(io.call);
    if (io.json) {
        io.out.json_line(as_json(now));
    } else {
        show_screen(io, now);
    }
    return exit_code::done;
}

}  // namespace

void add_status_command(CLI::App& app, command& chosen) {
    const auto o = std::make_shared<status_options>();
    auto& verb = *app.add_subcommand("status", "One screen: band, health, your session, last events");
    verb.add_option_function<std::vector<std::uint64_t>>(
            "--watch",
            [o](const std::vector<std::uint64_t>& seconds) {
                o->watch = true;
                o->seconds = seconds.empty() || seconds.front() == 0 ? usual_interval_s : seconds.front();
            },
            "Again every so many seconds (1 to 3600; 2) until Ctrl-C, also past a restart of the daemon; in a pipe one "
            "line for each change")
        ->expected(0, 1)
        ->check(counting_number())
        ->check(CLI::Range(std::uint64_t{1}, longest_interval_s, "1 to 3600"))
        ->type_name("SECONDS");
    on_choice(verb, chosen, o, status);
}

}  // namespace valhalla::ctl
