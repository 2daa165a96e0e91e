// SPDX-License-Identifier: Apache-2.0
#include "schema/import_parts.hpp"

#include <cstdint>
#include <limits>
#include <utility>

#include "schema/import_fields.hpp"

namespace valhalla::schema {

namespace {

/// Fills parts one piece after another.
class part_cutter {
  public:
    part_cutter(std::string source, std::string importer) : source_{std::move(source)}, importer_{std::move(importer)} {
        open();
        empty_part_ = used_;
    }

    /// Adds a piece by `put(part)`, to a new part where the current one has no room left for it.
    template <class T, class Put>
    void add(const located<T>& piece, Put put) {
        events::imported_state alone;
        alone.source = source_;
        put(alone);
        const auto whole = largest_record(std::move(alone), importer_);
        if (whole > max_record_bytes) {
            throw import_failure{{std::string{piece.file}, piece.line, piece.key,
                                  "takes " + std::to_string(whole) + " bytes as an audit record, which may have " +
                                      std::to_string(max_record_bytes)}};
        }
        const auto bytes = whole - empty_part_;  // more than it takes beside others
        if (used_ + bytes > max_record_bytes) {
            open();
        }
        put(parts_.back());
        used_ += bytes;
        touched_ = true;
    }

    [[nodiscard]] std::vector<events::imported_state> take() {
        return touched_ ? std::move(parts_) : std::vector<events::imported_state>{};
    }

  private:
    void open() {
        parts_.emplace_back().source = source_;
        used_ = largest_record(parts_.back(), importer_);
    }

    std::string source_;
    std::string importer_;
    std::vector<events::imported_state> parts_;
    std::size_t used_ = 0;        // bytes of the last part, at the most
    std::size_t empty_part_ = 0;  // bytes of a part with nothing in it
    bool touched_ = false;
};

}  // namespace

std::vector<events::imported_state> cut_into_parts(imported_files from, const std::string& source,
                                                   const std::string& importer) {
    part_cutter cutter{source, importer};
    if (from.cone_now) {
        cutter.add(*from.cone_now, [&](auto& part) { part.imported_cone = from.cone_now->value; });
    }
    if (from.limits) {
        cutter.add(located<thresholds>{*from.limits, thresholds_file, 0, {}},
                   [&](auto& part) { part.imported_thresholds = *from.limits; });
    }
    if (from.steps) {
        const auto put_none = [](auto& part) { part.progress.emplace(); };
        if (from.steps->empty()) {
            cutter.add(located<int>{0, go_progress_file, 0, {}}, put_none);
        }
        for (const auto& step : *from.steps) {
            cutter.add(step, [&](auto& part) {
                if (!part.progress) {
                    put_none(part);
                }
                part.progress->insert(step.value);
            });
        }
    }
    for (const auto& s : from.sessions) {
        cutter.add(s, [&](auto& part) { part.sessions.push_back(s.value); });
    }
    return cutter.take();
}

std::size_t largest_record(event what, const std::string& importer) {
    constexpr auto any = std::numeric_limits<std::int64_t>::max();
    constexpr auto any_id = std::numeric_limits<std::uint32_t>::max();
    const audit_entry entry{
        audit_seq{any}, unix_micros{}, {importer, actor_via::daemon, any_id, any_id}, session_id{any}, std::move(what)};
    std::string line;
    encode_record(entry, line);
    return line.size();
}

}  // namespace valhalla::schema
