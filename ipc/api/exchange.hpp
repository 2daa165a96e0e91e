// SPDX-License-Identifier: Apache-2.0
//
// export.*, import.*: the JSON files that the frontend and the program before know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ipc/api/shapes.hpp"
#include "ipc/api/words.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

struct export_get {
    static constexpr std::string_view name = "export.get";
    static constexpr std::string_view summary = "One document of the export, as of now.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::string document;
    };
    static constexpr auto fields = std::tuple{
        text("document", &params::document, name_rules, "Its file name, e.g. `go_session.json`."),
    };
    static constexpr std::array result{
        text("document", "Its file name."),
        text("content", "Its text."),
    };
    static constexpr std::array errors{error_code::unknown_document};
};

struct export_write {
    static constexpr std::string_view name = "export.write";
    static constexpr std::string_view summary =
        "Writes the whole export into the daemon's export directory. Done twice it only writes newer documents over "
        "the "
        "older ones; with a request key, a retry writes nothing.";
    static constexpr effect kind = effect::task;
    static constexpr role needs = role::operator_;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("directory", "Where it is, on the daemon's machine."),
        integer("tree_size", "Records of the trail in it."),
        array_of(text("files", "The files that were written.")),
        integer("bytes", "Bytes of all of them."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct export_read {
    static constexpr std::string_view name = "export.read";
    static constexpr std::string_view summary = "A piece of a document that `export.write` wrote.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::viewer;
    struct params {
        std::string document;
        std::int64_t offset = 0;
    };
    static constexpr auto fields = std::tuple{
        text("document", &params::document, name_rules, "Its file name, e.g. `audit.log`."),
        defaulted(integer("offset", &params::offset, {.minimum = 0},
                          "Bytes from its beginning: `next_offset` of the piece before.")),
    };
    static constexpr std::array result{
        text("document", "Its file name."),
        integer("offset", "Bytes in front of the piece."),
        integer("size", "Bytes of the whole document."),
        text("text", "The piece."),
        nullable(integer("next_offset", "`offset` of the next piece; null at the end.")),
    };
    static constexpr std::array errors{error_code::unknown_document, error_code::export_failed};
};

/// Names an upload, as `import.begin` gave it.
inline constexpr text_rules upload_rules{
    .min_bytes = 1, .max_bytes = 64, .form = is_one_line, .form_words = "one line without control characters"};

struct import_begin {
    static constexpr std::string_view name = "import.begin";
    // The calls of an upload change nothing but the upload, which only its commit makes use of: queries, though for
    // owners, and without request keys.
    static constexpr std::string_view summary =
        "Opens an upload of files to import. When its answer is lost, open another: an upload that nobody commits is "
        "gone with the daemon's next start, or when four younger ones are open.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::owner;
    using params = no_params;
    static constexpr auto fields = no_fields;
    static constexpr std::array result{
        text("upload", "Its name in the calls that follow."),
    };
    static constexpr std::array<error_code, 0> errors{};
};

struct import_put {
    static constexpr std::string_view name = "import.put";
    static constexpr std::string_view summary =
        "Appends a piece to a file of an upload. With `offset` it may be sent again when its answer was lost.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::owner;
    struct params {
        std::string upload;
        std::string file;
        std::string text;
        std::optional<std::int64_t> offset;
    };
    static constexpr auto fields = std::tuple{
        text("upload", &params::upload, upload_rules, "The upload."),
        text("file", &params::file, name_rules, "The file's name, without a directory."),
        text("text", &params::text, {.max_bytes = max_upload_piece_bytes}, "The piece."),
        integer("offset", &params::offset, {.minimum = 0},
                "Bytes in front of the piece. A piece that stands there already is not appended again; one that does "
                "not match what is there is refused."),
    };
    static constexpr std::array result{
        text("upload", "The upload."),
        text("file", "The file's name."),
        integer("bytes", "Bytes that the file has now."),
    };
    static constexpr std::array errors{error_code::no_such_upload, error_code::unknown_document,
                                       error_code::import_refused};
};

struct import_check {
    static constexpr std::string_view name = "import.check";
    static constexpr std::string_view summary = "Says what a commit of the upload would bring in, or what is wrong.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::owner;
    struct params {
        std::string upload;
    };
    static constexpr auto fields = std::tuple{
        text("upload", &params::upload, upload_rules, "The upload."),
    };
    static constexpr const auto& result = shapes::import_plan_members;
    static constexpr std::array errors{error_code::no_such_upload, error_code::import_refused,
                                       error_code::state_not_fresh, error_code::record_too_large};
};

struct import_commit {
    static constexpr std::string_view name = "import.commit";
    static constexpr std::string_view summary =
        "Imports the upload, all or nothing. The upload is gone when it is done; what is refused may be tried again.";
    // Read and checked on the query thread before it is a change.
    static constexpr effect kind = effect::task;
    static constexpr role needs = role::owner;
    struct params {
        std::string upload;
    };
    static constexpr auto fields = std::tuple{
        text("upload", &params::upload, upload_rules, "The upload."),
    };
    static constexpr std::array result{
        integer("sessions", "Sessions that came in."),
        integer("lines", "Lines of the audit log that came in."),
        integer("first_seq", id_rules, "Number of the first audit record of the import."),
        integer("last_seq", id_rules, "Number of the last one."),
    };
    static constexpr std::array errors{error_code::no_such_upload, error_code::import_refused,
                                       error_code::state_not_fresh, error_code::operator_locked,
                                       error_code::record_too_large};
};

struct import_cancel {
    static constexpr std::string_view name = "import.cancel";
    static constexpr std::string_view summary = "Discards an upload; an upload that is already gone is not an error.";
    static constexpr effect kind = effect::query;
    static constexpr role needs = role::owner;
    struct params {
        std::string upload;
    };
    static constexpr auto fields = std::tuple{
        text("upload", &params::upload, upload_rules, "The upload."),
    };
    static constexpr std::array<member, 0> result{};
    static constexpr std::array<error_code, 0> errors{};
};

}  // namespace valhalla::ipc::api
