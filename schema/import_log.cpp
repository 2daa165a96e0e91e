// SPDX-License-Identifier: Apache-2.0
#include "schema/import_log.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "schema/import_documents.hpp"
#include "schema/import_fields.hpp"
#include "schema/import_parts.hpp"
#include "schema/limits.hpp"
#include "schema/model/json_text.hpp"

namespace valhalla::schema {

namespace {

/// The members that become the imported line itself. All others are kept beside it.
constexpr std::array<std::string_view, 3> old_keys{"ts_utc", "event", "payload"};
constexpr std::array<std::string_view, 8> our_keys{"v",     "seq",     "ts_utc",   "event",
                                                   "actor", "session", "imported", "payload"};

/// What a record of ours must have on top, when the line is one.
void check_envelope(const import_object& line) {
    const auto version = line.need("v");
    if (version.integer() != record_version) {
        line.source().refuse(version, "is a version of records that is not known here");
    }
    if (!line.need("seq").integer()) {
        line.source().refuse(line.need("seq"), "must be a whole number");
    }
    static_cast<void>(line.object("actor"));
    const auto about = line.need("session");
    if (!about.is(json_kind::null) && !about.integer()) {
        line.source().refuse(about, "must be a whole number or null");
    }
    if (line.find("imported")) {
        static_cast<void>(line.object("imported"));
    }
}

std::string other_members(const json_value& line) {
    std::string out;
    json_writer json{out};
    json.begin_object();
    for (const auto member : line) {
        if (std::ranges::find(old_keys, member.key()) == old_keys.end()) {
            json.key(member.key()).raw(minify_json(member.raw()));
        }
    }
    json.end_object();
    return out;
}

events::imported_line read_line(const import_source& source, const json_value& v) {
    const bool ours = v.find("v").has_value();
    const import_object line{
        source, v, ours ? std::span<const std::string_view>{our_keys} : std::span<const std::string_view>{old_keys}};
    if (ours) {
        check_envelope(line);
    }
    events::imported_line out;
    out.original_ts = line.time("ts_utc");
    out.original_ts_text = line.text("ts_utc");
    out.name = line.name("event");
    out.payload_json = minify_json(line.object("payload").raw());
    out.original_json = other_members(v);
    out.line = source.first_line;
    return out;
}

}  // namespace

std::vector<events::imported_line> read_audit_log(std::string_view text, const std::string& importer) {
    std::vector<events::imported_line> lines;
    lines.reserve(static_cast<std::size_t>(std::ranges::count(text, '\n')));
    json_document document;
    import_source source{audit_log_file, 1};
    // What a record adds to its line is largest where the line has nothing else to it.
    const auto wrapping = largest_record(events::imported_line{}, importer);
    for (; !text.empty(); ++source.first_line) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) {
            throw import_failure{{std::string{audit_log_file},
                                  source.first_line,
                                  {},
                                  "is torn: the last line does not end with a newline"}};
        }
        source.parse(text.substr(0, end), document, limits::import_line_depth);
        auto line = read_line(source, document.root());
        if (end + wrapping > max_record_bytes && largest_record(line, importer) > max_record_bytes) {
            source.refuse(document.root(), "does not fit an audit record, which may have " +
                                               std::to_string(max_record_bytes) + " bytes");
        }
        lines.push_back(std::move(line));
        text.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace valhalla::schema
