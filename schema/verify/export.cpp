// SPDX-License-Identifier: Apache-2.0
#include "schema/export.hpp"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "schema/model/json_value.hpp"
#include "schema/reader.hpp"
#include "schema/verify/text_trail.hpp"

namespace valhalla::verify {

namespace fs = std::filesystem;

namespace {

constexpr const char* manifest_file = "manifest.json";
constexpr const char* trail_file = "audit.log";
constexpr const char* checkpoint_file = "checkpoint";
constexpr std::size_t manifest_bytes = std::size_t{64} * 1024;

struct listed_file {
    std::uint64_t bytes = 0;
    std::string sha256;
};

struct manifest {
    std::uint64_t tree_size = 0;
    std::string root;
    std::map<std::string, listed_file> files;
};

std::uint64_t number_in(const json_value& object, std::string_view key) {
    const auto v = object.find(key);
    const auto number = v ? v->unsigned_integer() : std::nullopt;
    if (!number) {
        blame_file(manifest_file, fmt::format("{} is not a number of 64 bits", key));
    }
    return *number;
}

std::string text_in(const json_value& object, std::string_view key) {
    const auto v = object.find(key);
    if (!v || !v->is(json_kind::string)) {
        blame_file(manifest_file, fmt::format("{} is not a text", key));
    }
    return std::string{v->string()};
}

/// A name that leads out of the directory is nobody's of ours.
bool plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos && name != manifest_file;
}

manifest read_manifest(const fs::path& directory) {
    const auto text = read_small_file(directory / manifest_file, manifest_bytes);
    json_document document;
    if (!text || document.parse(*text)) {
        blame_file(manifest_file, text ? "is not JSON" : "is missing");
    }
    const auto root = document.root();
    if (number_in(root, "format") != schema::export_format_version) {
        throw unreadable{fmt::format("{} has a format of exports that is not known here; use the program that wrote it",
                                     (directory / manifest_file).string())};
    }
    manifest m{.tree_size = number_in(root, "tree_size"), .root = text_in(root, "root"), .files = {}};
    const auto files = root.find("files");
    if (!files || !files->is(json_kind::array)) {
        blame_file(manifest_file, "files is not a list");
    }
    for (const auto file : *files) {
        auto name = text_in(file, "name");
        if (!plain_name(name)) {
            blame_file(manifest_file, fmt::format("names the file \"{}\", which cannot be part of it", name));
        }
        if (!m.files.emplace(name, listed_file{number_in(file, "bytes"), text_in(file, "sha256")}).second) {
            blame_file(manifest_file, fmt::format("names {} twice", name));
        }
    }
    for (const auto name : schema::export_documents()) {
        // A checkpoint may be missing: exports of before there were any are verified as well.
        if (name != manifest_file && name != checkpoint_file && !m.files.contains(std::string{name})) {
            blame_file(manifest_file, fmt::format("does not name {}", name));
        }
    }
    return m;
}

byte_source opened(const fs::path& directory, const std::string& name) {
    auto source = byte_source::open(directory / name);
    if (!source) {
        blame_file(name, "is missing");
    }
    return *std::move(source);
}

/// What was read to its end, against what the manifest says. `where` may say more of a difference.
void check_digest(byte_source& source, const std::string& name, const listed_file& listed,
                  std::string_view where = {}) {
    if (source.bytes_taken() != listed.bytes) {
        blame_file(name,
                   fmt::format("has {} bytes, and {} says {}", source.bytes_taken(), manifest_file, listed.bytes));
    }
    if (schema::to_hex(source.digest()) != listed.sha256) {
        blame_file(
            name, fmt::format("has another SHA-256 than {} says{}{}", manifest_file, where.empty() ? "" : "; ", where));
    }
}

void check_other_files(const fs::path& directory, const manifest& m) {
    for (const auto& [name, listed] : m.files) {
        if (name == trail_file) {
            continue;  // read once, by the walk
        }
        auto source = opened(directory, name);
        while (!source.take(byte_source::buffer_bytes).empty()) {
        }
        check_digest(source, name, listed);
    }
}

/// The documents as the records make them, against the files as they are.
class document_check {
  public:
    explicit document_check(const fs::path& directory) : directory_{directory} {}

    void piece(std::string_view name, std::string_view expected) {
        if (name != name_) {
            finish();
            name_ = name;
            source_.emplace(opened(directory_, name_));
        }
        while (!expected.empty()) {
            const auto part = expected.substr(0, byte_source::buffer_bytes);
            const auto at = source_->bytes_taken();
            const auto is = source_->take(part.size());
            if (is != part) {
                const auto same = std::ranges::mismatch(is, part).in1 - is.begin();
                blame_file(name_, fmt::format("is not what the records make it, first at byte {}",
                                              at + static_cast<std::uint64_t>(same)));
            }
            expected.remove_prefix(part.size());
        }
    }
    void finish() {
        if (source_ && !source_->take(1).empty()) {
            blame_file(name_, "goes on behind what the records make it");
        }
    }

  private:
    const fs::path& directory_;
    std::string name_;
    std::optional<byte_source> source_;
};

void check_documents(const fs::path& directory, const record_chain& chain) {
    schema::reader from{chain.tables()};
    document_check check{directory};
    try {
        schema::render_documents(from,
                                 [&](std::string_view name, std::string_view piece) { check.piece(name, piece); });
    } catch (const schema::storage_error& e) {
        blame_file(trail_file, e.what());
    }
    check.finish();
}

bool add_checkpoint(const fs::path& directory, std::uint64_t tree_size, checkpoint_book& checkpoints) {
    const auto note = read_small_file(directory / checkpoint_file, checkpoint_bytes);
    if (!note) {
        return false;
    }
    auto c = parse_checkpoint(checkpoint_file, *note);
    if (c.says.head.size != tree_size) {
        blame_file(checkpoint_file,
                   fmt::format("speaks of {} records, and {} of {}", c.says.head.size, manifest_file, tree_size));
    }
    c.newest = true;
    checkpoints.add(std::move(c));
    return true;
}

void tell_unlisted(const fs::path& directory, const manifest& m, report& r) {
    std::error_code ignored;
    std::size_t others = 0;
    for (const auto& entry : fs::directory_iterator{directory, ignored}) {
        const auto name = entry.path().filename().string();
        others += name != manifest_file && name != checkpoint_file && !m.files.contains(name) ? 1U : 0U;
    }
    if (others > 0) {
        r.not_checked.push_back(fmt::format("{} more in the directory, which {} does not name", others, manifest_file));
    }
}

}  // namespace

void verify_export(const fs::path& directory, checkpoint_book& checkpoints, const progress_sink& progress, report& r) {
    const auto m = read_manifest(directory);
    if (!add_checkpoint(directory, m.tree_size, checkpoints)) {
        r.not_checked.emplace_back("the export carries no checkpoint, so that nobody signed it");
    }
    check_other_files(directory, m);
    auto source = opened(directory, trail_file);
    record_chain chain{checkpoints, [](const schema::full_tile& /*tile*/) {}};
    try {
        walk_lines(source, trail_file, chain, progress, m.tree_size);
    } catch (...) {
        chain.tell(r);
        throw;
    }
    chain.tell(r);
    const auto where =
        fmt::format("the difference lies in records {} to {}", checkpoints.good_head().size + 1, r.head.size);
    check_digest(source, trail_file, m.files.at(trail_file), where);
    if (r.head.size != m.tree_size) {
        blame_file(trail_file,
                   fmt::format("holds {} records, and {} says {}", r.head.size, manifest_file, m.tree_size));
    }
    if (schema::to_hex(r.head.root) != m.root) {
        blame_file(manifest_file, fmt::format("states the root {}, and the records make {}; {}", m.root,
                                              schema::to_hex(r.head.root), where));
    }
    check_documents(directory, chain);
    r.checked.emplace_back(
        "size and SHA-256 of every file, every line of audit.log, the tree over them, and every "
        "document against what the records make it");
    tell_unlisted(directory, m, r);
}

}  // namespace valhalla::verify
