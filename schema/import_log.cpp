// SPDX-License-Identifier: Apache-2.0
#include "schema/import_log.hpp"

#include <algorithm>
#include <array>
#include <span>
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

std::string does_not_fit() {
    return "does not fit an audit record, which may have " + std::to_string(max_record_bytes) + " bytes";
}

}  // namespace

imported_log::imported_log(import_directory::file file, std::string importer)
    : file_{std::move(file)},
      importer_{std::move(importer)},
      // It is largest where the line has nothing else to it.
      wrapping_{largest_record(events::imported_line{}, importer_)} {}

void imported_log::rewind() {
    hash_ = {};
    buffer_.clear();
    parsed_ = 0;
    fetched_ = 0;
    line_ = 1;
}

bool imported_log::fill() {
    const auto bytes = std::min(limits::import_piece_bytes, file_.size - fetched_);
    if (bytes == 0) {
        return false;
    }
    buffer_.erase(0, std::exchange(parsed_, 0));
    const auto kept = buffer_.size();
    buffer_.resize(kept + bytes);
    const auto fresh = std::span{buffer_}.subspan(kept);
    read_exactly(file_.fd, audit_log_file, fetched_, fresh);
    hash_.update({fresh.data(), fresh.size()});
    fetched_ += bytes;
    return true;
}

events::imported_line imported_log::read(std::string_view line) {
    const import_source source{audit_log_file, line_};
    source.parse(line, document_, limits::import_line_depth);
    auto out = read_line(source, document_.root());
    if (line.size() + wrapping_ > max_record_bytes && largest_record(out, importer_) > max_record_bytes) {
        source.refuse(document_.root(), does_not_fit());
    }
    return out;
}

std::vector<events::imported_line> imported_log::next() {
    std::vector<events::imported_line> lines;
    std::size_t bytes = 0;
    while (bytes < limits::import_piece_bytes) {
        const std::string_view rest = std::string_view{buffer_}.substr(parsed_);
        const auto end = rest.find('\n');
        if (end != std::string_view::npos) {
            lines.push_back(read(rest.substr(0, end)));
            ++line_;
            parsed_ += end + 1;
            bytes += end + 1;
            continue;
        }
        if (rest.size() > limits::import_line_bytes) {
            throw import_failure{{std::string{audit_log_file}, line_, {}, does_not_fit()}};
        }
        if (!fill()) {
            if (!rest.empty()) {
                throw import_failure{
                    {std::string{audit_log_file}, line_, {}, "is torn: the last line does not end with a newline"}};
            }
            break;
        }
    }
    return lines;
}

}  // namespace valhalla::schema
