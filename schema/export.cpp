// SPDX-License-Identifier: Apache-2.0
#include "schema/export.hpp"

#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "schema/atomic_file.hpp"
#include "schema/base/directory_draft.hpp"
#include "schema/model/json_text.hpp"
#include "schema/proof/sha256_stream.hpp"

namespace valhalla::schema {

namespace {

constexpr std::string_view manifest_name = "manifest.json";
/// Gathered before they are hashed and written: each call costs more than copying its line.
constexpr std::size_t gathered_bytes = 65'536;

/// A file of the set with what the manifest says of it.
class export_file {
  public:
    export_file(const std::filesystem::path& directory, std::string_view name) : name_{name}, file_{directory / name} {}

    void write(std::string_view bytes) {
        gathered_ += bytes;
        if (gathered_.size() >= gathered_bytes) {
            pass_on();
        }
    }
    void seal() {
        pass_on();
        file_.seal();
        sha256_ = to_hex(digest_.finish());
    }
    void publish() { file_.publish(); }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return file_.size(); }
    [[nodiscard]] exported_file entry() const { return {.name = name_, .bytes = bytes(), .sha256 = sha256_}; }

  private:
    void pass_on() {
        file_.write(gathered_);
        digest_.update(gathered_);
        gathered_.clear();
    }

    std::string name_;
    atomic_file file_;
    sha256_stream digest_;
    std::string gathered_;
    std::string sha256_;
};

template <class Write>
std::string document(Write write) {
    std::string compact;
    json_writer json{compact};
    write(json);
    return indent_json(compact) + "\n";
}

void make_parents(const std::filesystem::path& directory) {
    std::error_code error;
    if (directory.has_parent_path()) {
        std::filesystem::create_directories(directory.parent_path(), error);
    }
    if (std::error_code ignored; !error && std::filesystem::exists(directory, ignored) &&
                                 !std::filesystem::is_directory(directory, error) && !error) {
        error = std::make_error_code(std::errc::not_a_directory);
    }
    if (error) {
        throw storage_error{means_no_room(error.value()) ? storage_fault::full : storage_fault::unusable,
                            directory.string() + " cannot be created: " + error.message()};
    }
}

/// One session a line, so that a long history can be read and compared piece by piece.
void render_sessions(reader& from, const std::function<void(std::string_view piece)>& emit) {
    emit("{\"sessions\":[");
    std::string line;
    bool first = true;
    from.each_session([&](const session& s) {
        line = first ? "\n" : ",\n";
        first = false;
        json_writer json{line};
        write_session(json, s);
        emit(line);
    });
    emit("\n]}\n");
}

/// Returns the root over the lines as they were written.
hash256 write_trail(reader& from, std::uint64_t size, export_file& file) {
    hasher h;
    compact_range tree;
    if (size > 0) {
        from.each_record(audit_seq{1}, audit_seq{static_cast<std::int64_t>(size)}, [&](std::string_view record) {
            tree.append(h.leaf(record), h);
            file.write(record);
            file.write("\n");
        });
    }
    if (tree.size() != size) {
        throw storage_error{storage_fault::broken, "the audit trail has gaps"};
    }
    return tree.root(h);
}

/// What the draft throws is of the system alone.
template <class Work>
decltype(auto) as_storage_error(Work&& work) {
    try {
        return std::forward<Work>(work)();
    } catch (const std::system_error& e) {
        throw storage_error{means_no_room(e.code().value()) ? storage_fault::full : storage_fault::unusable, e.what()};
    }
}

}  // namespace

const std::vector<std::string_view>& export_documents() {
    static const std::vector<std::string_view> names{"go_session.json", "go_progress.json", "cone_state.json",
                                                     "thresholds.json", "sessions.json",    "audit.log",
                                                     "checkpoint",      manifest_name};
    return names;
}

void clear_export_draft(const std::filesystem::path& directory) {
    directory_draft::clear_away(directory, export_documents());
}

export_summary write_export(reader& from, const std::filesystem::path& directory, const checkpoint_signer& sign) {
    make_parents(directory);
    const auto begun =
        as_storage_error([&] { return std::make_unique<directory_draft>(directory, export_documents()); });
    auto& draft = *begun;
    std::vector<export_file> files;
    const auto add = [&](std::string_view name) -> export_file& { return files.emplace_back(draft.path(), name); };
    tree_head head;
    {
        const read_snapshot all_of_one_moment{from};
        head.size = from.trail_size();
        render_documents(from, [&](std::string_view name, std::string_view piece) {
            auto& file = files.empty() || files.back().name() != name ? add(name) : files.back();
            file.write(piece);
        });
    }
    // Records never change, so they need no snapshot of their own.
    head.root = write_trail(from, head.size, add("audit.log"));
    if (sign) {
        if (from.root_at(head.size) != head.root) {
            throw storage_error{storage_fault::broken, "the audit trail does not fit the tree over it"};
        }
        add("checkpoint").write(sign(head));
    }

    for (auto& file : files) {
        file.seal();
        file.publish();
    }
    std::vector<exported_file> entries;
    entries.reserve(files.size());
    for (const auto& file : files) {
        entries.push_back(file.entry());
    }
    const auto manifest = render_manifest(head, entries);
    replace_file(draft.path() / manifest_name, manifest);
    as_storage_error([&] { draft.publish(); });

    export_summary summary{.tree_size = head.size, .files = {}, .bytes = manifest.size()};
    for (const auto& file : files) {
        summary.files.push_back(file.name());
        summary.bytes += file.bytes();
    }
    summary.files.emplace_back(manifest_name);
    return summary;
}

std::string render_manifest(const tree_head& head, const std::vector<exported_file>& files) {
    return document([&](json_writer& json) {
        json.begin_object().member("format", export_format_version).member("tree_size", head.size);
        json.member("root", to_hex(head.root)).key("files").begin_array();
        for (const auto& file : files) {
            json.begin_object()
                .member("name", file.name)
                .member("bytes", file.bytes)
                .member("sha256", file.sha256)
                .end_object();
        }
        json.end_array().end_object();
    });
}

void render_documents(reader& from, const std::function<void(std::string_view name, std::string_view piece)>& emit) {
    const auto cone_now = from.current_cone();
    if (!cone_now) {
        throw storage_error{storage_fault::unusable, "the database holds no record yet: nothing to export"};
    }
    emit("go_session.json", render_go_session(from.latest_session()));
    emit("go_progress.json", render_go_progress(from.progress()));
    emit("cone_state.json", render_cone_state(*cone_now));
    emit("thresholds.json", render_thresholds(from.current_thresholds()));
    render_sessions(from, [&](std::string_view piece) { emit("sessions.json", piece); });
}

std::string render_go_session(const std::optional<session>& latest) {
    return document([&](json_writer& json) {
        json.begin_object().key("session").begin_object();
        write_session_fields(json, latest.value_or(session{}));  // an empty one is inactive and null in all else
        json.end_object().end_object();
    });
}

std::string render_go_progress(const progress_map& progress) {
    return document([&](json_writer& json) {
        json.begin_object().key("progress");
        write_progress(json, progress);
        json.end_object();
    });
}

std::string render_cone_state(const cone& c) {
    return document([&](json_writer& json) { write_cone(json, c); });
}

std::string render_thresholds(const thresholds& t) {
    return document([&](json_writer& json) { write_thresholds(json, t, threshold_set::compatible); });
}

}  // namespace valhalla::schema
