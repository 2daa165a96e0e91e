// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/run.hpp"

#include <algorithm>
#include <exception>
#include <istream>
#include <iterator>
#include <ostream>
#include <string_view>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/command_line.hpp"
#include "ipc/ctl/completion.hpp"
#include "ipc/ctl/view.hpp"
#include "ipc/default_socket.hpp"
#include "ipc/utf8.hpp"
#include "schema/base/printable.hpp"
#include "schema/base/wrapped_text.hpp"

namespace valhalla::ctl {

namespace {

namespace json = boost::json;

/// What is said about a failure.
struct complaint {
    exit_code code = exit_code::refused;
    std::string message;
    std::string hint;    ///< may be empty
    std::string object;  ///< for --json: the `error` object
};

std::string error_object(std::string_view kind, std::string_view message) {
    return params{}.text("message", message).json("data", params{}.text("kind", kind).done()).done();
}

/// What a person could do next, for errors whose sentence speaks of the wire or does not say it.
constexpr std::pair<std::string_view, std::string_view> hints[]{
    {"session_active", "end it with 'valhallactl session end', or start with --supersede"},
    {"no_active_session", "begin one with 'valhallactl session start'"},
    {"unknown_session", "'valhallactl session list' shows them"},
    {"unknown_engine", "'valhallactl canon' shows the engines"},
    {"unknown_action", "'valhallactl canon' shows the actions"},
    {"unknown_signal", "'valhallactl health show' shows those that there are"},
    {"unknown_step", "'valhallactl go checklist' shows the steps"},
    {"unknown_key", "'valhallactl key list' shows them"},
    {"method_not_found", "'valhallactl describe' lists the methods"},
};

/// What a person could do next, where the sentence does not say it in the words of the command line.
std::string hint_of(const ipc::call_error& refusal, std::string_view message) {
    const auto& error = refusal.object();
    const json::value data = error.contains("data") ? error.at("data") : json::value{};
    std::string names;
    bool told = true;
    for (const auto& name : items(data, "nearest")) {
        names += (names.empty() ? "" : ", ") + text_of(name);
        told = told && message.find(text_of(name)) != std::string_view::npos;
    }
    if (!told) {
        return "did you mean: " + names;
    }
    const auto* const known =
        std::ranges::find(hints, refusal.kind(), &std::pair<std::string_view, std::string_view>::first);
    return known == std::end(hints) || !names.empty() ? std::string{} : std::string{known->second};
}

std::string_view kind_of(exit_code code) {
    switch (code) {
        case exit_code::done:
        case exit_code::denied:
        case exit_code::refused: return "not_done";
        case exit_code::no_daemon: return "no_daemon";
        case exit_code::wrong_usage: return "wrong_usage";
        case exit_code::unverified: return "verification_failed";
    }
    return "not_done";
}

/// `chosen_name`: of the command, as far as that is known.
complaint complaint_of(const fault& wrong, const std::string& chosen_name) {
    const std::string message = wrong.what();
    const bool general = wrong.hint().empty() && wrong.code() == exit_code::wrong_usage;
    return {wrong.code(), message, general ? fmt::format("see '{} --help'", chosen_name) : wrong.hint(),
            error_object(kind_of(wrong.code()), message)};
}

complaint complaint_of(const ipc::call_error& refusal) {
    std::string message = refusal.what();
    if (const auto* own = refusal.object().if_contains("message"); own != nullptr && own->is_string()) {
        message = text_of(*own);
    }
    return {exit_code::refused, message, hint_of(refusal, message), json::serialize(refusal.object())};
}

complaint complaint_of(const ipc::outcome_unknown& doubt) {
    return {exit_code::no_daemon, doubt.what(),
            "'valhallactl audit list' shows what was recorded; with --request-key a change may be made again safely",
            error_object("outcome_unknown", doubt.what())};
}

complaint complaint_of(const ipc::connection_error& lost, const std::string& socket) {
    std::string message = lost.what();
    if (message.find(socket) == std::string::npos) {
        message += fmt::format(" (socket {})", socket);
    }
    if (message.find("it listens but does not answer") != std::string::npos) {
        return {exit_code::no_daemon, message,
                "it may be stopped, or wait for its disk: 'systemctl status valhallad' and its log may tell",
                error_object("no_daemon", message)};
    }
    std::string what_to_do =
        "ask an administrator to add you to the group that 'ls -l' shows for it, then log in again";
    if (message.find("you may not connect") == std::string::npos) {
        what_to_do =
            fmt::format("start {}with 'systemctl start valhallad.socket', or name its socket with --socket PATH",
                        socket == ipc::service_socket_path ? "the service "
                                                           : "one of your own with 'valhallad --dev', or the service ");
    }
    return {exit_code::no_daemon, message, std::move(what_to_do), error_object("no_daemon", message)};
}

/// Printable lines on standard error, no wider than the window.
void say(const surroundings& around, const std::string& lines) {
    around.err << (around.err_is_terminal ? narrowed(lines, around.err_columns) : lines);
    around.err.flush();
}

void complain(const complaint& what, bool as_json, const surroundings& around) {
    if (as_json) {
        const auto line = params{}.json("error", what.object).done();
        around.out << (around.out_is_terminal ? printable_json(line) : line) << '\n';
        around.out.flush();
        if (around.out) {
            return;
        }
        // Nobody can read it there: whoever sees the standard error shall.
    }
    say(around, "valhallactl: " + printable(what.message) + '\n' +
                    (what.hint.empty() ? std::string{} : "  " + printable(what.hint) + '\n'));
}

std::optional<std::string> ask_at(const surroundings& around, std::string_view question) {
    const auto lines = wrap(question, around.err_columns);
    for (const auto& line : lines) {
        around.err << line << (&line == &lines.back() ? "" : "\n");
    }
    around.err.flush();
    std::string line;
    if (!std::getline(around.in, line)) {
        around.err << '\n';
        return std::nullopt;
    }
    if (!ipc::is_utf8(line)) {
        throw fault{exit_code::wrong_usage, "what was typed is not UTF-8 text"};
    }
    return line;
}

void show_progress(const surroundings& around, std::string_view text) {
    around.err << '\r' << clip(printable(text), around.err_columns - 1) << "\x1b[K";
    around.err.flush();
}

std::string all_of(std::istream& in, std::size_t most) {
    std::string bytes(most + 1, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > most) {
        throw fault{exit_code::refused, fmt::format("the standard input has more than {} bytes", most)};
    }
    return bytes;
}

/// An answer that nobody got is a failure.
void require_written(std::ostream& out) {
    out.flush();
    if (!out) {
        throw fault{exit_code::refused, "the answer could not be written to the standard output"};
    }
}

exit_code run_chosen(const invocation& chosen, const std::string& socket, const surroundings& around) {
    printer out{around.out, around.columns, around.colours, around.out_is_terminal,
                around.out_is_terminal && around.moves_cursor};
    context io{.call = around.connect(socket),
               .out = out,
               .json = chosen.json,
               .now = around.now(),
               .clock = around.now,
               .ask = {}};
    io.call = [&io, plain = std::move(io.call)](std::string_view method, std::string_view params_json) {
        const bool keyed = !io.request_key.empty() && repeat_of(method) == repeat::with_request_key;
        return plain(method, keyed ? with_request_key(params_json, io.request_key) : std::string{params_json});
    };
    if (around.can_ask && !chosen.json && !chosen.no_input) {
        io.ask = [&around](std::string_view question) { return ask_at(around, question); };
    }
    if (around.columns_now) {
        io.fit_window = [&] { out.resize(around.columns_now()); };
    }
    if (around.err_is_terminal && around.moves_cursor) {
        io.progress = [&around](std::string_view text) { show_progress(around, text); };
    }
    io.tell = [&around](std::string_view sentence) { say(around, "valhallactl: " + printable(sentence) + '\n'); };
    io.read_input = [&around](std::size_t most) { return all_of(around.in, most); };
    io.connect = [&socket](int stop) {
        return std::make_unique<ipc::client>(client_options{.socket = socket, .retries = 0, .interrupt = stop});
    };
    io.process = around.process;
    const auto code = chosen.run(io);
    if (!io.reader_left) {
        require_written(around.out);
    }
    return code;
}

/// Answers a shell. Whatever goes wrong, the person who types sees nothing of it.
exit_code complete(const std::vector<std::string>& words, const surroundings& around) noexcept {
    try {
        const auto ask = [&](std::string_view method) -> json::value {
            try {
                const auto socket = socket_in(words);
                const auto& connect = around.glance ? around.glance : around.connect;
                return connect(socket.empty() ? around.default_socket() : socket)(method, "{}").value;
            } catch (const std::exception&) {
                return nullptr;
            }
        };
        invocation nothing;
        around.out << lines_of(suggest(*make_parser(nothing), words, ask));
        around.out.flush();
    } catch (const std::exception&) {
        return exit_code::refused;
    }
    return exit_code::done;
}

/// True when the user asked for JSON, also where the rest of the line could not be understood.
bool wants_json(const std::vector<std::string>& arguments) {
    const auto end = std::ranges::find(arguments, "--");
    return std::find(arguments.begin(), end, "--json") != end;
}

complaint complaint_of_current(const std::string& socket, const std::string& chosen_name) {
    try {
        throw;
    } catch (const fault& wrong) {
        return complaint_of(wrong, chosen_name);
    } catch (const ipc::call_error& refusal) {
        return complaint_of(refusal);
    } catch (const ipc::outcome_unknown& doubt) {
        return complaint_of(doubt);
    } catch (const ipc::connection_error& lost) {
        return complaint_of(lost, socket);
    } catch (const ipc::untrusted_directory& objection) {
        return {exit_code::no_daemon, objection.what(), {}, error_object("no_daemon", objection.what())};
    } catch (const std::exception& other) {
        return {exit_code::refused, other.what(), {}, error_object("not_done", other.what())};
    }
}

}  // namespace

exit_code run(const std::vector<std::string>& arguments, const surroundings& around) noexcept {
    if (!arguments.empty() && arguments.front() == "--complete") {
        return complete({arguments.begin() + 1, arguments.end()}, around);
    }
    const bool as_json = wants_json(arguments);
    std::string socket;
    std::string chosen_name = "valhallactl";
    try {
        const auto parsed = read_command_line(arguments, around.out_is_terminal ? around.columns : usual_columns);
        if (const auto* help = std::get_if<help_text>(&parsed)) {
            around.out << help->text;
            require_written(around.out);
            return exit_code::done;
        }
        const auto& chosen = std::get<invocation>(parsed);
        chosen_name = chosen.name;
        socket = chosen.socket.empty() ? around.default_socket() : chosen.socket;
        return run_chosen(chosen, socket, around);
    } catch (...) {
        const auto what = complaint_of_current(socket, chosen_name);
        complain(what, as_json, around);
        return what.code;
    }
}

}  // namespace valhalla::ctl
