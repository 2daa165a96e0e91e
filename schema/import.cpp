// SPDX-License-Identifier: Apache-2.0
#include "schema/import.hpp"

#include <limits>
#include <optional>
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

/// Hands out the files of the directory, each checked against the manifest, and remembers which there were.
class import_file_set {
  public:
    import_file_set(const std::filesystem::path& path, std::size_t documents_bytes)
        : directory_{path}, documents_bytes_{documents_bytes} {
        if (const auto text = directory_.read(manifest_file, limits::import_document_bytes)) {
            manifest_ = read_manifest(*text);
        }
    }

    std::optional<std::string> take(std::string_view name, std::size_t max_bytes) {
        const auto opened = directory_.open(name, max_bytes);
        check_size_against(manifest_, name, opened ? std::optional{opened->size} : std::nullopt);
        if (!opened) {
            return std::nullopt;
        }
        if (opened->size > documents_bytes_ - documents_) {
            refuse_file(name,
                        "makes the documents of this import larger together than the " +
                            std::to_string(documents_bytes_) +
                            " bytes of limits.import_documents_bytes in the daemon's configuration; with a larger "
                            "limit they can be imported, and `valhallad --check-config` says what memory it takes");
        }
        documents_ += opened->size;
        std::string content(opened->size, '\0');
        read_exactly(opened->fd, name, 0, content);
        check_hash_against(manifest_, name, hasher{}.plain(content));
        names_.emplace_back(name);
        return content;
    }

    /// To be checked when all of it was read.
    std::optional<import_directory::file> take_log() {
        auto opened = directory_.open(audit_log_file, limits::import_log_bytes);
        check_size_against(manifest_, audit_log_file, opened ? std::optional{opened->size} : std::nullopt);
        if (opened) {
            names_.emplace_back(audit_log_file);
        }
        return opened;
    }
    void check_log(const hash256& content) const { check_hash_against(manifest_, audit_log_file, content); }

    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  private:
    import_directory directory_;
    std::size_t documents_bytes_;
    std::size_t documents_ = 0;  // bytes so far
    std::vector<manifest_entry> manifest_;
    std::vector<std::string> names_;
};

namespace {

imported_files read_documents(import_file_set& files, const std::string& importer) {
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
    if (const auto text = files.take(sessions_file, std::numeric_limits<std::size_t>::max())) {
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

std::variant<std::vector<events::imported_line>, import_problem> next_lines(imported_log& from) {
    try {
        return from.next();
    } catch (const import_failure& failure) {
        return failure.problem();
    }
}

struct import_reading::impl {
    impl(std::filesystem::path from, std::string by, std::size_t bytes)
        : directory{std::move(from)}, importer{std::move(by)}, documents_bytes{bytes} {}

    void begin() {
        files.emplace(directory, documents_bytes);
        auto documents = read_documents(*files, importer);
        plan.sessions = documents.sessions.size();
        plan.parts = cut_into_parts(std::move(documents), name_of(directory), importer);
        if (auto log = files->take_log()) {
            plan.log = std::make_shared<imported_log>(*std::move(log), importer);
        }
        plan.files = files->names();
        if (plan.files.empty()) {
            throw import_failure{{{}, 0, {}, directory.string() + " holds none of the files that can be imported"}};
        }
    }

    /// True when that was all.
    bool read_lines(std::chrono::milliseconds time) {
        const auto until = std::chrono::steady_clock::now() + time;
        do {
            const auto lines = plan.log ? plan.log->next().size() : 0;
            if (lines == 0) {
                return true;
            }
            plan.lines += lines;
        } while (std::chrono::steady_clock::now() < until);
        return false;
    }

    bool advance(std::chrono::milliseconds time) {
        if (!files) {
            begin();
            return false;
        }
        if (!read_lines(time)) {
            return false;
        }
        if (plan.log) {
            files->check_log(plan.log->sha256());
            plan.log->rewind();
        }
        return true;
    }

    std::filesystem::path directory;
    std::string importer;
    std::size_t documents_bytes;
    std::optional<import_file_set> files;
    import_plan plan;
    std::optional<import_problem> problem;
};

import_reading::import_reading(std::filesystem::path directory, std::string importer, std::size_t documents_bytes)
    : impl_{std::make_unique<impl>(std::move(directory), std::move(importer), documents_bytes)} {}
import_reading::~import_reading() = default;

bool import_reading::advance(std::chrono::milliseconds time) {
    try {
        return impl_->advance(time);
    } catch (const import_failure& failure) {
        impl_->problem = failure.problem();
        return true;
    }
}

std::variant<import_plan, import_problem> import_reading::take() {
    if (impl_->problem) {
        return *std::move(impl_->problem);
    }
    return std::move(impl_->plan);
}

}  // namespace valhalla::schema
