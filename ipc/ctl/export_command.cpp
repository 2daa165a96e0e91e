// SPDX-License-Identifier: Apache-2.0
//
// export DIR. The daemon writes the set into its own directory; here it is read back in pieces, checked against the
// digests, and only when all of it is right put in place: all files at once, by exchanging the directory for another
// (schema/base/directory_draft.hpp says where each is renamed by itself instead).
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/directory_kind.hpp"
#include "ipc/ctl/files.hpp"
#include "ipc/ctl/view.hpp"
#include "schema/base/directory_draft.hpp"
#include "schema/base/printable.hpp"
#include "schema/proof/sha256_stream.hpp"

namespace valhalla::ctl {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view manifest_name = "manifest.json";
constexpr std::size_t max_manifest_bytes = std::size_t{1} << 20U;

struct export_options {
    std::string directory;
};

/// The daemon's directory holds one set at a time, and whoever exports replaces it. How often a set that was replaced
/// while it was read is read again, and the pause before that, which doubles.
constexpr int most_attempts = 6;
constexpr std::chrono::milliseconds first_wait{20};

/// What came does not fit its manifest.
class misfit : public fault {
  public:
    explicit misfit(const std::string& message) : fault{exit_code::unverified, message} {}
};

/// Another export replaced the set while it was read.
struct replaced_meanwhile {};

struct expected_file {
    std::string name;
    std::int64_t bytes = 0;
    std::string sha256;
};

/// Names come from the other side and become paths here.
bool is_plain_name(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos && printable(name) == name;
}

std::vector<expected_file> files_of(const json::value& from) {
    std::vector<expected_file> files;
    for (const auto& one : items(from, "files")) {
        expected_file file{text(one, "name"), integer(one, "bytes").value_or(-1), text(one, "sha256")};
        if (!is_plain_name(file.name) || file.bytes < 0 || file.sha256.empty()) {
            throw fault{exit_code::unverified,
                        fmt::format("the daemon's list of exported files cannot be used: '{}'", file.name)};
        }
        files.push_back(std::move(file));
    }
    return files;
}

/// One piece, checked to be the one that was asked for.
answer read_piece(context& io, const std::string& name, std::int64_t offset) {
    auto piece = io.call("export.read", params{}.text("document", name).number("offset", offset).done());
    const auto next = integer(piece.value, "next_offset");
    const auto size = static_cast<std::int64_t>(text(piece.value, "text").size());
    if (integer(piece.value, "offset") != offset || (next && (*next != offset + size || size == 0))) {
        throw misfit{fmt::format("{} did not come in order", name)};
    }
    return piece;
}

/// Gives every byte of a document to `take`.
template <class Take>
void read_document(context& io, const std::string& name, const Take& take) {
    std::optional<std::int64_t> offset = 0;
    while (offset) {
        try {
            const auto piece = read_piece(io, name, *offset);
            take(text(piece.value, "text"));
            offset = integer(piece.value, "next_offset");
        } catch (const ipc::call_error& refusal) {
            if (*offset == 0) {
                throw;
            }
            throw misfit{fmt::format("{} ended early: {}", name, refusal.what())};
        }
    }
}

std::string read_manifest(context& io) {
    std::string manifest;
    read_document(io, std::string{manifest_name}, [&](const std::string& bytes) {
        manifest += bytes;
        if (manifest.size() > max_manifest_bytes) {
            throw fault{exit_code::unverified, "manifest.json is longer than a manifest can be"};
        }
    });
    return manifest;
}

staged_file fetch(context& io, const fs::path& directory, const expected_file& file) {
    staged_file staged{directory, file.name};
    schema::sha256_stream digest;
    std::int64_t bytes = 0;
    read_document(io, file.name, [&](const std::string& piece) {
        bytes += static_cast<std::int64_t>(piece.size());
        if (bytes > file.bytes) {
            throw misfit{fmt::format("{} is longer than the {} bytes of the manifest", file.name, file.bytes)};
        }
        digest.update(piece);
        staged.write(piece);
        io.progress(fmt::format("reading {}: {} of {} bytes", file.name, bytes, file.bytes));
    });
    if (bytes != file.bytes) {
        throw misfit{fmt::format("{} has {} bytes where the manifest says {}", file.name, bytes, file.bytes)};
    }
    if (schema::to_hex(digest.finish()) != file.sha256) {
        throw misfit{fmt::format("{} does not have the SHA-256 of the manifest", file.name)};
    }
    staged.sync();
    return staged;
}

/// Whether `file` is a temporary name of `name` whose process is gone.
bool is_leftover(std::string_view file, std::string_view name) {
    const std::string before = fmt::format(".{}.", name);
    constexpr std::string_view after = ".tmp";
    if (file.size() <= before.size() + after.size() || !file.starts_with(before) || !file.ends_with(after)) {
        return false;
    }
    const auto digits = file.substr(before.size(), file.size() - before.size() - after.size());
    ::pid_t pid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    return error == std::errc{} && end == digits.data() + digits.size() && pid > 0 && ::kill(pid, 0) != 0 &&
           errno == ESRCH;
}

/// What an export into the directory left behind that was killed. What cannot be removed harms nobody.
void remove_leftovers(const fs::path& directory, const std::vector<expected_file>& files) {
    std::error_code ignored;
    std::vector<fs::path> leftovers;
    for (const auto& entry : fs::directory_iterator{directory, ignored}) {
        const auto name = entry.path().filename().string();
        const bool ours = is_leftover(name, manifest_name) ||
                          std::ranges::any_of(files, [&](const auto& file) { return is_leftover(name, file.name); });
        if (ours && fs::is_regular_file(entry.symlink_status(ignored))) {
            leftovers.push_back(entry.path());
        }
    }
    for (const auto& path : leftovers) {
        fs::remove(path, ignored);
    }
}

bool is_current(const fs::path& directory) {
    std::error_code error;
    return fs::equivalent(directory, ".", error);
}

/// A set that is complete beside its directory.
class staged_set {
  public:
    staged_set(const fs::path& directory, json::value about, const std::vector<expected_file>& files)
        : manifest(std::move(about)) {  // braces would make an array of it
        for (const auto& file : files) {
            if (file.name != manifest_name) {
                names_.push_back(file.name);
            }
        }
        names_.emplace_back(manifest_name);
        views_.assign(names_.begin(), names_.end());
        try {
            draft_ = std::make_unique<schema::directory_draft>(directory, views_, !is_current(directory));
        } catch (const std::system_error& e) {
            throw fault{exit_code::refused, e.what()};
        }
    }

    [[nodiscard]] const fs::path& path() const noexcept { return draft_->path(); }
    void publish() {
        try {
            draft_->publish();
        } catch (const std::system_error& e) {
            throw fault{exit_code::refused, e.what()};
        }
    }

    json::value manifest;

  private:
    std::vector<std::string> names_;  // the manifest is the last
    std::vector<std::string_view> views_;
    std::unique_ptr<schema::directory_draft> draft_;
};

/// The set as its own manifest describes it.
std::unique_ptr<staged_set> fetch_set(context& io, const fs::path& directory, const std::string& manifest) {
    json::value about;
    try {
        about = make_answer(manifest).value;
    } catch (const std::invalid_argument&) {
        throw misfit{"manifest.json is not JSON"};
    }
    const auto files = files_of(about);
    if (files.empty()) {
        throw fault{exit_code::unverified, "manifest.json names no files"};
    }
    auto set = std::make_unique<staged_set>(directory, std::move(about), files);
    remove_leftovers(directory, files);
    for (const auto& file : files) {
        if (file.name != manifest_name) {
            fetch(io, set->path(), file).put_in_place();
        }
    }
    staged_file last{set->path(), std::string{manifest_name}};
    last.write(manifest);
    last.sync();
    last.put_in_place();
    return set;
}

/// Throws `replaced_meanwhile`, and `misfit` only where nobody did.
std::unique_ptr<staged_set> fetch_unchanged_set(context& io, const fs::path& directory) {
    const auto manifest = read_manifest(io);
    try {
        auto set = fetch_set(io, directory, manifest);
        if (read_manifest(io) == manifest) {
            return set;
        }
    } catch (const misfit&) {
        if (read_manifest(io) == manifest) {
            throw;
        }
    }
    throw replaced_meanwhile{};
}

/// A set that the daemon wrote after it was asked. What replaced ours is newer, and as good.
std::unique_ptr<staged_set> fetch_new_set(context& io, const fs::path& directory) {
    bool write = true;
    bool misfitted = false;
    auto pause = first_wait;
    for (int attempt = 1; attempt <= most_attempts; ++attempt) {
        if (write) {
            static_cast<void>(io.call("export.write", "{}"));
        }
        try {
            return fetch_unchanged_set(io, directory);
        } catch (const replaced_meanwhile&) {
            write = false;
        } catch (const misfit&) {
            if (std::exchange(misfitted, true)) {
                throw;
            }
            write = true;
        }
        std::this_thread::sleep_for(pause);
        pause *= 2;
    }
    throw fault{exit_code::refused,
                "other exports were made meanwhile, each replacing the set that was read; nothing was written, try "
                "again when they are done"};
}

/// The manifest of what now lies in `directory`.
json::value put_set(context& io, const fs::path& directory) {
    const auto set = fetch_new_set(io, directory);
    io.progress({});
    set->publish();
    return std::move(set->manifest);
}

/// What a path means, by the name that it has in its parent.
fs::path real_path(const fs::path& directory) {
    std::error_code error;
    auto path = fs::canonical(directory, error);
    return error ? directory : path;
}

void show(context& io, const json::value& manifest, const fs::path& directory) {
    table rows{{{"FILE", cut::clip}, {"BYTES", cut::never, true}}};
    for (const auto& file : items(manifest, "files")) {
        rows.add({{text(file, "name")}, {text(file, "bytes")}});
    }
    io.out.print(rows);
    io.out.paragraph(
        fmt::format("Written to {} and verified: {} audit records.", directory.string(), text(manifest, "tree_size")));
}

exit_code export_set(context& io, const export_options& options) {
    const fs::path directory{options.directory};
    refuse_other_kind(directory, directory_kind::export_set);
    make_directory(directory);
    json::value manifest;
    try {
        manifest = put_set(io, real_path(directory));
    } catch (...) {
        io.progress({});
        throw;
    }
    if (io.json) {
        params p;
        p.text("directory", directory.string());
        p.json("tree_size", json::serialize(member(manifest, "tree_size")));
        p.json("files", json::serialize(member(manifest, "files")));
        io.out.json_line(p.done());
    } else {
        show(io, manifest, directory);
    }
    return exit_code::done;
}

}  // namespace

void add_export_command(CLI::App& app, command& chosen) {
    const auto o = std::make_shared<export_options>();
    auto& verb = *app.add_subcommand("export", "Write everything as JSON files into DIR, and verify them");
    verb.add_option("directory", o->directory, "Made where it is missing")->required()->type_name("DIR");
    on_choice(verb, chosen, o, export_set);
}

}  // namespace valhalla::ctl
