// SPDX-License-Identifier: Apache-2.0
//
// audit list: one page for people; all pages, one record a line, for other programs.
#include <algorithm>

#include <fmt/format.h>

#include "ipc/ctl/audit_commands.hpp"
#include "ipc/ctl/audit_view.hpp"
#include "ipc/ctl/record_writer.hpp"
#include "ipc/ctl/trail_names.hpp"
#include "ipc/ctl/view.hpp"
#include "ipc/limits.hpp"

namespace valhalla::ctl {

namespace {

struct audit_list_options {
    record_filter filter;  ///< times as the user typed them
    std::optional<std::uint64_t> limit;
    std::optional<record_format> format;
};

record_filter filter_of(const audit_list_options& options, micros now) {
    auto filter = options.filter;
    if (options.filter.since) {
        filter.since = time_of_user(*options.filter.since, now);
    }
    if (options.filter.until) {
        filter.until = time_of_user(*options.filter.until, now);
    }
    return filter;
}

exit_code list_all(context& io, const audit_list_options& options, record_format format) {
    record_pages pages{io, filter_of(options, io.now)};
    record_writer writer{io, format};
    constexpr auto no_limit = static_cast<std::uint64_t>(INT64_MAX);
    auto left = static_cast<std::int64_t>(std::min(options.limit.value_or(no_limit), no_limit));
    bool none = true;
    while (left > 0) {
        const auto page = pages.next(left);
        if (!page) {
            break;
        }
        none = none && page->records().empty();
        for (const auto& record : page->records()) {
            if (left-- > 0) {
                writer.write(record);
            }
        }
    }
    if (none) {
        tell_unknown_names(io, options.filter);
    }
    return exit_code::done;
}

exit_code list_page(context& io, const audit_list_options& options) {
    if (options.limit.value_or(1) > ipc::max_page_items) {
        throw fault{exit_code::wrong_usage,
                    fmt::format("--limit is at most {} here; with --format json, csv or cloudevents it may be more",
                                ipc::max_page_items)};
    }
    const auto page =
        io.call("audit.list", params_of(filter_of(options, io.now)).number_if("limit", options.limit).done());
    const bool none = items(page.value, "items").empty();
    if (none) {
        tell_unknown_names(io, options.filter);
    }
    if (io.printed_as_json(page)) {
        return exit_code::done;
    }
    if (none) {
        io.out.paragraph("No records.", tone::faint);
    } else {
        show_records(io, page, record_time::point);
    }
    if (const auto next = text(page.value, "next_cursor"); !next.empty()) {
        const bool ascending = text(page.value, "order") == "ascending";
        io.out.paragraph(fmt::format("More: add --{} {}", ascending ? "after" : "before", next), tone::faint);
    }
    return exit_code::done;
}

exit_code list(context& io, const audit_list_options& options) {
    const auto format = options.format.value_or(record_format::table);
    return format == record_format::table ? list_page(io, options) : list_all(io, options, format);
}

}  // namespace

void add_audit_list(CLI::App& noun, command& chosen) {
    const auto o = std::make_shared<audit_list_options>();
    auto& f = o->filter;
    auto& verb = *noun.add_subcommand("list", "Records, newest first; with --after oldest first");
    add_text(verb, "--event", f.event, "Only this event, like CONE_SET")->type_name("EVENT");
    add_number(verb, "--session", f.session, "Only of this session")->type_name("ID");
    add_text(verb, "--actor", f.actor, "Only by this one")->type_name("NAME");
    add_text(verb, "--since", f.since, "Then or later: a UTC time, or 3h for three hours ago")->type_name("TIME");
    add_text(verb, "--until", f.until, "Before then")->type_name("TIME");
    add_number(verb, "--after", f.after, "Records behind this one")->type_name("SEQ");
    add_number(verb, "--before", f.before, "Records in front of this one")->type_name("SEQ");
    add_positive(verb, "--limit", o->limit,
                 "At most this many: 1 to 1000 in a table; any number in another format, which without it has all");
    add_record_format(verb, o->format);
    on_choice(verb, chosen, o, list);
}

}  // namespace valhalla::ctl
