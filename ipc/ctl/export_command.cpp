// SPDX-License-Identifier: Apache-2.0
//
// export DIR. The daemon writes the set into its own directory; here it is read back in pieces, checked against the
// digests, and only when all of it is right put in place: each file by rename, the manifest last.
#include <algorithm>
#include <filesystem>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/files.hpp"
#include "ipc/ctl/text.hpp"
#include "ipc/ctl/view.hpp"
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

/// What is wrong with what came, when trying again may help: somebody else wrote a new set in between.
class changed_meanwhile : public fault {
  public:
    explicit changed_meanwhile(const std::string& message) : fault{exit_code::unverified, message} {}
};

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
        throw changed_meanwhile{fmt::format("{} did not come in order", name)};
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
            throw changed_meanwhile{fmt::format("{} ended early: {}", name, refusal.what())};
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
            throw changed_meanwhile{
                fmt::format("{} is longer than the {} bytes of the manifest", file.name, file.bytes)};
        }
        digest.update(piece);
        staged.write(piece);
        io.progress(fmt::format("reading {}: {} of {} bytes", file.name, bytes, file.bytes));
    });
    if (bytes != file.bytes) {
        throw changed_meanwhile{
            fmt::format("{} has {} bytes where the manifest says {}", file.name, bytes, file.bytes)};
    }
    if (schema::to_hex(digest.finish()) != file.sha256) {
        throw changed_meanwhile{fmt::format("{} does not have the SHA-256 of the manifest", file.name)};
    }
    staged.sync();
    return staged;
}

struct staged_set {
    json::value manifest;
    std::vector<staged_file> files;  ///< the manifest is the last
};

/// The set as its own manifest describes it, staged in `directory`.
staged_set fetch_set(context& io, const fs::path& directory) {
    const auto manifest = read_manifest(io);
    staged_set set;
    try {
        set.manifest = make_answer(manifest).value;
    } catch (const std::invalid_argument&) {
        throw changed_meanwhile{"manifest.json is not JSON"};
    }
    const auto files = files_of(set.manifest);
    if (files.empty()) {
        throw fault{exit_code::unverified, "manifest.json names no files"};
    }
    for (const auto& file : files) {
        if (file.name != manifest_name) {
            set.files.push_back(fetch(io, directory, file));
        }
    }
    if (read_manifest(io) != manifest) {
        throw changed_meanwhile{"another export replaced the set while it was read"};
    }
    auto& last = set.files.emplace_back(directory, std::string{manifest_name});
    last.write(manifest);
    last.sync();
    return set;
}

/// The manifest of what now lies in `directory`.
json::value export_once(context& io, const fs::path& directory) {
    static_cast<void>(io.call("export.write", "{}"));
    auto set = fetch_set(io, directory);
    io.progress({});
    for (auto& file : set.files) {
        if (&file == &set.files.back()) {
            sync_directory(directory);  // no manifest on the disk before what it vouches for
        }
        file.put_in_place();
    }
    sync_directory(directory);
    return std::move(set.manifest);
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
    make_directory(directory);
    json::value manifest;
    try {
        try {
            manifest = export_once(io, directory);
        } catch (const changed_meanwhile&) {
            manifest = export_once(io, directory);
        }
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
    auto& verb = *app.add_subcommand("export", "Write all of it as JSON files into DIR, verified");
    verb.add_option("directory", o->directory, "Made where it is missing")->required()->type_name("DIR");
    on_choice(verb, chosen, o, export_set);
}

}  // namespace valhalla::ctl
