// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/limits.hpp"
#include "ipc/nearest.hpp"
#include "ipc/utf8.hpp"
#include "schema/base/printable.hpp"
#include "schema/base/wrapped_text.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::uint64_t max_page = 1000;
constexpr std::size_t narrowest_help = 16;

constexpr const char* epilogue =
    "Exit codes: 0 done; 1 refused; 2 no daemon; 3 wrong usage; 4 decide: denied;\n"
    "5 verification failed.\n"
    "The socket is --socket, else $VALHALLA_SOCKET, else the service's, else that of\n"
    "`valhallad --dev`. Times are UTC.";

/// The help is wrapped by us, because CLI11 does not.
class narrow_formatter : public CLI::Formatter {
  public:
    explicit narrow_formatter(std::size_t columns)
        : columns_{std::clamp(columns, narrowest_help, usual_columns)},
          left_{columns_ < usual_columns ? columns_ / 4 : usual_left} {
        column_width(left_);
    }
    /// CLI11 indents the lines of an option, but not those of a command.
    std::string make_option_desc(const CLI::Option* option) const override {
        return hang(option->get_description(), 0);
    }
    std::string make_subcommand(const CLI::App* sub) const override {
        auto name = fmt::format("  {:<{}}", sub->get_display_name(), left_ - 2);
        if (columns_of(name) > left_) {
            name += '\n' + std::string(left_, ' ');
        }
        return name + hang(sub->get_description(), left_) + '\n';
    }

  private:
    static constexpr std::size_t usual_left = 28;
    [[nodiscard]] std::string hang(const std::string& text, std::size_t indent) const {
        std::string out;
        for (const auto& line : wrap(text, columns_ - left_)) {
            out += (out.empty() ? "" : "\n" + std::string(indent, ' ')) + line;
        }
        return out;
    }

    std::size_t columns_;
    std::size_t left_;
};

std::string names_of(const CLI::App& at) {
    std::string names;
    for (const auto* sub : at.get_subcommands([](const CLI::App*) { return true; })) {
        names += (names.empty() ? "" : ", ") + sub->get_name();
    }
    return names;
}

/// When a word stands where a command should be: a sentence that says what could have been meant.
std::string unknown_command(CLI::App& app, const std::vector<std::string>& arguments) {
    CLI::App* at = &app;
    std::string path = "valhallactl";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& word = arguments[i];
        const auto below = at->get_subcommands([](const CLI::App*) { return true; });
        if (below.empty() || word == "--") {
            return {};
        }
        if (word == "--socket") {
            ++i;
            continue;
        }
        if (word.starts_with('-')) {
            continue;
        }
        const auto named = [&](const CLI::App* sub) { return sub->get_name() == word; };
        if (const auto found = std::ranges::find_if(below, named); found != below.end()) {
            at = *found;
            path += ' ' + word;
            continue;
        }
        std::vector<std::string_view> known;
        known.reserve(below.size());
        for (const auto* sub : below) {
            known.emplace_back(sub->get_name());
        }
        const auto nearest = ipc::nearest_name(word, known);
        return fmt::format(
            "'{}' has no command '{}'; {}", path, word,
            nearest.empty() ? "there are: " + names_of(*at) : fmt::format("did you mean '{}'?", nearest));
    }
    return at->get_subcommands([](const CLI::App*) { return true; }).empty()
               ? std::string{}
               : fmt::format("'{}' needs a command: {}", path, names_of(*at));
}

struct named_command {
    const CLI::App* at = nullptr;
    std::string path;
};

/// The command that the arguments name, as far as there is one.
named_command command_in(const CLI::App& app, const std::vector<std::string>& arguments) {
    named_command found{&app, "valhallactl"};
    for (const auto& word : arguments) {
        const auto below = found.at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
        if (!below.empty()) {
            found.at = below.front();
            found.path += ' ' + word;
        }
    }
    return found;
}

/// When an option stands there that the command does not have: a sentence that says what could have been meant.
std::string unknown_option(const CLI::App& app, const std::vector<std::string>& arguments) {
    const auto chosen = command_in(app, arguments);
    for (const auto& word : arguments) {
        if (word == "--") {
            return {};
        }
        const auto name = word.substr(0, word.find('='));
        if (!name.starts_with("--") || chosen.at->get_option_no_throw(name) != nullptr ||
            app.get_option_no_throw(name) != nullptr) {
            continue;
        }
        std::vector<std::string> names;
        for (const auto* at : {chosen.at, &app}) {
            for (const auto* option : at->get_options()) {
                for (const auto& one : option->get_lnames()) {
                    names.push_back("--" + one);
                }
            }
        }
        const auto nearest = ipc::nearest_name(name, std::vector<std::string_view>{names.begin(), names.end()});
        return fmt::format("'{}' has no option '{}'{}", chosen.path, name,
                           nearest.empty() ? std::string{} : fmt::format("; did you mean '{}'?", nearest));
    }
    return {};
}

/// CLI11's messages may have several lines; ours are one sentence.
std::string one_line(std::string message) {
    std::ranges::replace(message, '\n', ' ');
    return message.substr(0, message.find_last_not_of(' ') + 1);
}

}  // namespace

std::unique_ptr<CLI::App> make_parser(invocation& into, std::size_t columns) {
    auto app = std::make_unique<CLI::App>(
        "Works with valhallad, the daemon that keeps the work of the Valhalla\n"
        "governance core: sessions, the cone, decisions, health, the playbook.");
    app->name("valhallactl");
    app->formatter(std::make_shared<narrow_formatter>(columns));
    app->fallthrough();
    app->require_subcommand(1);
    app->set_help_flag("-h,--help", "Show help and exit");
    app->set_version_flag("--version", "valhallactl " VALHALLACTL_VERSION, "Show the version and exit");
    app->add_option("--socket", into.socket, "The daemon's socket")->type_name("PATH");
    app->add_flag("--json", into.json, "Print the daemon's answer as one line of JSON");
    app->add_flag("--no-input", into.no_input, "Never prompt, even on a terminal");
    add_status_command(*app, into.run);
    add_session_commands(*app, into.run);
    add_cone_commands(*app, into.run);
    add_health_commands(*app, into.run);
    add_go_commands(*app, into.run);
    add_audit_commands(*app, into.run);
    add_access_commands(*app, into.run);
    add_export_command(*app, into.run);
    add_import_command(*app, into.run);
    add_backup_commands(*app, into.run);
    add_metrics_command(*app, into.run);
    add_call_command(*app, into.run);
    add_describe_command(*app, into.run);
    app->footer(epilogue);  // last: a command takes over the footer that is there when it is added
    return app;
}

CLI::App& add_noun(CLI::App& app, const std::string& name, const std::string& summary) {
    auto& noun = *app.add_subcommand(name, summary);
    noun.require_subcommand(1);
    return noun;
}

CLI::Option* add_text(CLI::App& verb, const std::string& name, std::optional<std::string>& into,
                      const std::string& summary) {
    return verb.add_option_function<std::string>(
                   name, [&into](const std::string& value) { into = value; }, summary)
        ->type_name("TEXT");
}

CLI::Option* add_request_key(CLI::App& verb, std::string& into) {
    return verb.add_option("--request-key", into, "A retry with the same key changes nothing twice (1 to 128 bytes)")
        ->type_name("KEY")
        ->check([](const std::string& typed) {
            return typed.empty() || typed.size() > ipc::max_request_key_bytes ? "a request key has 1 to 128 bytes" : "";
        });
}

CLI::Validator counting_number() {
    const auto check = [](const std::string& typed) -> std::string {
        const bool digits = !typed.empty() && typed.find_first_not_of("0123456789") == std::string::npos;
        return digits ? std::string{} : fmt::format("'{}' is not a number from 0 up", typed);
    };
    CLI::Validator number{check, "", "number"};
    return number;
}

CLI::Option* add_number(CLI::App& verb, const std::string& name, std::optional<std::uint64_t>& into,
                        const std::string& summary) {
    return verb.add_option_function<std::uint64_t>(
                   name, [&into](std::uint64_t value) { into = value; }, summary)
        ->check(counting_number())
        ->type_name("N");
}

CLI::Option* add_positive(CLI::App& verb, const std::string& name, std::optional<std::uint64_t>& into,
                          const std::string& summary) {
    const auto check = [](const std::string& typed) -> std::string {
        constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), value);
        const bool fits = error == std::errc{} && end == typed.data() + typed.size() && value >= 1 && value <= most;
        return fits ? std::string{} : fmt::format("'{}' is not a number from 1 up", typed);
    };
    return add_number(verb, name, into, summary)->check(check);
}

CLI::Option* add_limit(CLI::App& verb, std::optional<std::uint64_t>& into) {
    return add_number(verb, "--limit", into, "At most this many (1 to 1000)")
        ->check(CLI::Range(std::uint64_t{1}, max_page, "1 to 1000"));
}

CLI::Validator band_argument() {
    const auto to_letter = [](std::string& typed) -> std::string {
        std::string low = typed;
        std::ranges::transform(low, low.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        const std::vector<std::pair<std::string, std::string>> bands{
            {"a", "expansion"}, {"b", "caution"}, {"c", "stabilize"}, {"d", "survival"}};
        for (const auto& [letter, name] : bands) {
            if (low == letter || low == name) {
                typed = std::string(1, static_cast<char>(letter[0] - 'a' + 'A'));
                return {};
            }
        }
        return fmt::format("'{}' is not a band: A expansion, B caution, C stabilize, D survival", typed);
    };
    CLI::Validator band{to_letter, "BAND", "band"};
    return band;
}

std::variant<invocation, help_text> read_command_line(const std::vector<std::string>& arguments, std::size_t columns) {
    for (const auto& word : arguments) {
        if (!ipc::is_utf8(word)) {
            throw fault{exit_code::wrong_usage, fmt::format("the argument '{}' is not UTF-8 text", word)};
        }
    }
    invocation chosen;
    const auto app = make_parser(chosen, columns);
    try {
        app->parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
    } catch (const CLI::Success& asked) {
        std::ostringstream text;
        app->exit(asked, text, text);
        return help_text{narrowed(text.str(), std::max(columns, narrowest_help))};
    } catch (const CLI::ParseError& wrong) {
        auto better = unknown_command(*app, arguments);
        if (better.empty() && dynamic_cast<const CLI::ExtrasError*>(&wrong) != nullptr) {
            better = unknown_option(*app, arguments);
        }
        throw fault{exit_code::wrong_usage, better.empty() ? one_line(wrong.what()) : better,
                    fmt::format("see '{} --help'", command_in(*app, arguments).path)};
    }
    chosen.name = command_in(*app, arguments).path;
    return chosen;
}

}  // namespace valhalla::ctl
