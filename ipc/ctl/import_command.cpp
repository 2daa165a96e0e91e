// SPDX-License-Identifier: Apache-2.0
//
// import DIR. The daemon may not be allowed to read the user's directory, so the files are read here and uploaded; the
// daemon checks them as a whole and takes all or nothing.
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/files.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> known_files{"go_session.json", "go_progress.json", "cone_state.json",
                                                      "thresholds.json", "sessions.json",    "audit.log"};

struct import_options {
    std::string directory;
    bool dry_run = false;
};

std::string list_of_known_files() {
    std::string names;
    for (const auto name : known_files) {
        names += (names.empty() ? "" : ", ") + std::string{name};
    }
    return names;
}

/// The known files that are there. Anything else in the directory is left alone.
std::vector<std::string> files_in(const fs::path& directory) {
    std::error_code error;
    const auto kind = fs::status(directory, error);
    if (kind.type() == fs::file_type::not_found) {
        throw fault{exit_code::refused, fmt::format("there is no directory {}", directory.string())};
    }
    if (error) {
        throw fault{exit_code::refused, fmt::format("cannot read {}: {}", directory.string(), error.message())};
    }
    if (!fs::is_directory(kind)) {
        throw fault{exit_code::refused, fmt::format("{} is not a directory", directory.string())};
    }
    std::vector<std::string> found;
    for (const auto name : known_files) {
        if (fs::symlink_status(directory / name, error).type() != fs::file_type::not_found) {
            found.emplace_back(name);
        }
    }
    if (found.empty()) {
        throw fault{exit_code::refused, fmt::format("{} has none of the files that can be imported: {}",
                                                    directory.string(), list_of_known_files())};
    }
    return found;
}

/// Reads everything once, so that nothing is uploaded of a set that cannot travel.
void check_files(const fs::path& directory, const std::vector<std::string>& files) {
    for (const auto& name : files) {
        text_file file{directory / name, name};
        while (file.next_piece()) {
        }
    }
}

/// An upload in progress; thrown away by the daemon unless it is kept.
class upload {
  public:
    explicit upload(context& io) : io_{io} {
        const auto begun = io.call("import.begin", "{}");
        id_ = boost::json::serialize(member(begun.value, "upload"));
    }
    ~upload() { cancel(); }
    upload(const upload&) = delete;
    upload& operator=(const upload&) = delete;

    void put(const fs::path& directory, const std::string& name) {
        text_file file{directory / name, name};
        std::uint64_t sent = 0;
        auto piece = file.next_piece();
        do {  // an empty file is one empty piece: the daemon must see that it is there
            const auto text = piece.value_or("");
            io_.call("import.put", params{}.json("upload", id_).text("file", name).text("text", text).done());
            sent += text.size();
            io_.progress(fmt::format("uploading {}: {} of {} bytes", name, sent, file.size()));
            piece = file.next_piece();
        } while (piece);
    }
    [[nodiscard]] answer check() { return io_.call("import.check", params{}.json("upload", id_).done()); }
    [[nodiscard]] answer commit() {
        auto result = io_.call("import.commit", params{}.json("upload", id_).done());
        over_ = true;
        return result;
    }

  private:
    void cancel() noexcept {
        if (over_) {
            return;
        }
        try {
            io_.call("import.cancel", params{}.json("upload", id_).done());
        } catch (...) {  // NOLINT(bugprone-empty-catch): what led here is what the user must read
        }
    }

    context& io_;
    std::string id_;  // as JSON
    bool over_ = false;
};

void show_plan(context& io, const boost::json::value& plan) {
    std::string names;
    for (const auto& name : items(plan, "files")) {
        names += (names.empty() ? "" : ", ") + text_of(name);
    }
    io.out.field("Files", {names});
    io.out.field("Sessions", {text(plan, "sessions")});
    io.out.field("Log lines", {text(plan, "lines")});
    io.out.field("Dry run", {"all of it can be imported; nothing was"});
}

void show_result(context& io, const boost::json::value& result) {
    io.out.field("Imported", {fmt::format("{} sessions, {} log lines", integer(result, "sessions").value_or(0),
                                          integer(result, "lines").value_or(0)),
                              tone::good});
    io.out.field("Records", {fmt::format("{} to {}", text(result, "first_seq"), text(result, "last_seq"))});
}

exit_code import(context& io, const import_options& options) {
    const fs::path directory{options.directory};
    const auto files = files_in(directory);
    check_files(directory, files);
    upload up{io};
    try {
        for (const auto& name : files) {
            up.put(directory, name);
        }
    } catch (...) {
        io.progress({});
        throw;
    }
    io.progress({});
    const auto plan = up.check();
    const auto result = options.dry_run ? plan : up.commit();
    if (!io.printed_as_json(result)) {
        options.dry_run ? show_plan(io, result.value) : show_result(io, result.value);
    }
    return exit_code::done;
}

}  // namespace

void add_import_command(CLI::App& app, command& chosen) {
    const auto o = std::make_shared<import_options>();
    auto& verb = *app.add_subcommand(
        "import", "Read an export, or the files of the Python program that valhallad replaces (owner)");
    verb.add_option("directory", o->directory, "Where the files are")->required()->type_name("DIR");
    verb.add_flag("--dry-run", o->dry_run, "Check everything, change nothing");
    on_choice(verb, chosen, o, import);
}

}  // namespace valhalla::ctl
