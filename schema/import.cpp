// SPDX-License-Identifier: Apache-2.0
#include "schema/import.hpp"

#include <utility>

#include "schema/import_directory.hpp"
#include "schema/import_documents.hpp"
#include "schema/import_fields.hpp"
#include "schema/import_log.hpp"
#include "schema/import_manifest.hpp"
#include "schema/import_parts.hpp"
#include "schema/limits.hpp"
#include "schema/model/json_text.hpp"

namespace valhalla::schema {

namespace {

/// Hands out the files of the directory, each checked against the manifest, and remembers which there were.
class file_set {
  public:
    explicit file_set(const std::filesystem::path& path) : directory_{path} {
        if (const auto text = directory_.read(manifest_file, limits::import_document_bytes)) {
            manifest_ = read_manifest(*text);
        }
    }

    std::optional<std::string> take(std::string_view name, std::size_t max_bytes) {
        auto content = directory_.read(name, max_bytes);
        check_against(manifest_, name, content);
        if (content) {
            names_.emplace_back(name);
        }
        return content;
    }

    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  private:
    import_directory directory_;
    std::vector<manifest_entry> manifest_;
    std::vector<std::string> names_;
};

imported_files read_documents(file_set& files, const std::string& importer) {
    imported_files out;
    if (const auto text = files.take(cone_state_file, limits::import_document_bytes)) {
        out.cone_now = read_cone_state(*text);
    }
    if (const auto text = files.take(thresholds_file, limits::import_document_bytes)) {
        out.limits = read_thresholds(*text);
    }
    if (const auto text = files.take(go_progress_file, limits::import_document_bytes)) {
        out.steps = read_go_progress(*text, importer);
    }
    // Checked even where the history, which has more of it, takes its place.
    std::optional<located<session>> latest;
    if (const auto text = files.take(go_session_file, limits::import_document_bytes)) {
        latest = read_go_session(*text, importer);
    }
    if (const auto text = files.take(sessions_file, limits::import_sessions_bytes)) {
        out.sessions = read_sessions(*text, importer);
    } else if (latest) {
        out.sessions.push_back(*std::move(latest));
    }
    return out;
}

std::string name_of(const std::filesystem::path& directory) {
    auto path = std::filesystem::absolute(directory).lexically_normal();
    if (!path.has_filename()) {
        path = path.parent_path();
    }
    auto name = path.filename().string();
    return name.empty() || !is_valid_utf8(name) ? "import" : name;
}

import_plan read_all(const std::filesystem::path& directory, const std::string& importer) {
    file_set files{directory};
    auto documents = read_documents(files, importer);
    import_plan plan;
    plan.sessions = documents.sessions.size();
    plan.parts = cut_into_parts(std::move(documents), name_of(directory), importer);
    if (const auto text = files.take(audit_log_file, limits::import_log_bytes)) {
        plan.lines = read_audit_log(*text, importer);
    }
    plan.files = files.names();
    if (plan.files.empty()) {
        throw import_failure{{{}, 0, {}, directory.string() + " holds none of the files that can be imported"}};
    }
    return plan;
}

}  // namespace

std::string import_problem::text() const {
    std::string out = file;
    if (line > 0) {
        out.append(":").append(std::to_string(line));
    }
    if (!key.empty()) {
        out.append(out.empty() ? "" : ": ").append(key);
    }
    return out.append(out.empty() ? "" : ": ").append(message);
}

std::variant<import_plan, import_problem> read_import(const std::filesystem::path& directory,
                                                      const std::string& importer) {
    try {
        return read_all(directory, importer);
    } catch (const import_failure& failure) {
        return failure.problem();
    }
}

}  // namespace valhalla::schema
