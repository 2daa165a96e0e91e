// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/record_writer.hpp"

#include "ipc/ctl/audit_view.hpp"
#include "ipc/ctl/checkpoint_note.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::string_view csv_line_break = "\r\n";  // RFC 4180 §2

}  // namespace

record_writer::record_writer(context& io, record_format format) : io_{io}, format_{format} {
    switch (format_) {
        case record_format::table: show_record_titles(io_); return;
        case record_format::json: return;
        case record_format::csv: io_.out.line(csv_header, csv_line_break); return;
        case record_format::cloudevents: origin_ = fetch_key(io_).origin; return;
    }
}

void record_writer::write(const record_view& record) {
    switch (format_) {
        case record_format::table: show_record_line(io_, record); return;
        case record_format::json: io_.out.json_line(record.text); return;
        case record_format::csv: io_.out.line(csv_row(record.text, *record.value), csv_line_break); return;
        case record_format::cloudevents: io_.out.json_line(cloud_event(record.text, *record.value, origin_)); return;
    }
}

}  // namespace valhalla::ctl
