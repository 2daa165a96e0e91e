// SPDX-License-Identifier: Apache-2.0
//
// backup, restore. A backup is the daemon's work. A restore is done while no daemon runs, by the daemon's own program,
// which knows the database: it is run, and its exit code becomes one of ours.
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

struct backup_options {
    std::optional<std::uint64_t> keep;
};

struct restore_options {
    std::string file;
    std::string reason;
    std::optional<std::string> state_dir;
    std::optional<std::string> config;
};

exit_code back_up(context& io, const backup_options& options) {
    const auto made = io.call("backup.create", params{}.number_if("keep", options.keep).done());
    if (io.printed_as_json(made)) {
        return exit_code::done;
    }
    const std::filesystem::path file{text(made.value, "file")};
    io.out.field("Backup", {file.filename().string(), tone::good});
    io.out.field("Directory", {file.parent_path().string()});
    io.out.field("Records", {fmt::format("{}, {} bytes", text(made.value, "tree_size"), text(made.value, "bytes"))});
    for (const auto& sentence : items(made.value, "checked")) {
        io.out.field("Verified", {text_of(sentence)});
    }
    for (const auto& name : items(made.value, "removed")) {
        io.out.field("Removed", {text_of(name)});
    }
    return exit_code::done;
}

std::vector<std::string> lines_in(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// What the daemon's program says, as ours: its name in front of it is not for the user.
std::string sentence_of(const std::string& errors) {
    constexpr std::string_view name = "valhallad: ";
    std::string all;
    for (auto line : lines_in(errors)) {
        if (line.starts_with(name)) {
            line.erase(0, name.size());
        }
        all += (all.empty() ? "" : "; ") + line;
    }
    return all.empty() ? "valhallad ended without a word" : all;
}

exit_code restore(context& io, const restore_options& options) {
    std::vector<std::string> words{io.process.daemon(), "--restore", options.file, "--reason", options.reason};
    for (const auto& [flag, value] : {std::pair{"--state-dir", &options.state_dir}, {"--config", &options.config}}) {
        if (*value) {
            words.insert(words.end(), {flag, **value});
        }
    }
    const auto ended = io.process.run(words);
    if (ended.code != 0) {
        constexpr int usage_of_daemon = 2;
        throw fault{ended.code == usage_of_daemon ? exit_code::wrong_usage : exit_code::refused,
                    sentence_of(ended.errors)};
    }
    if (io.json) {
        auto lines = boost::json::array{};
        for (const auto& line : lines_in(ended.output)) {
            lines.emplace_back(line);
        }
        io.out.json_line(boost::json::serialize(boost::json::object{{"restored", options.file}, {"said", lines}}));
    } else {
        io.out.verbatim(ended.output);
    }
    return exit_code::done;
}

}  // namespace

void add_backup_commands(CLI::App& app, command& chosen) {
    const auto b = std::make_shared<backup_options>();
    auto& backup =
        *app.add_subcommand("backup", "Back up the database while the daemon runs, and verify the copy (owner)");
    add_positive(backup, "--keep", b->keep, "Remove all but the newest N; else as configured");
    on_change(backup, chosen, b, back_up);

    const auto r = std::make_shared<restore_options>();
    auto& verb = *app.add_subcommand("restore", "Replace the database by a backup, while the daemon is stopped");
    verb.add_option("file", r->file, "The backup")->required()->type_name("FILE");
    verb.add_option("--reason", r->reason, "Why; it is recorded in the trail")->required()->type_name("TEXT");
    add_text(verb, "--state-dir", r->state_dir, "The daemon's state; else its usual one")->type_name("DIR");
    add_text(verb, "--config", r->config, "The daemon's configuration")->type_name("FILE");
    on_choice(verb, chosen, r, restore);
}

}  // namespace valhalla::ctl
