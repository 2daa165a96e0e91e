// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/record_pages.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/view.hpp"
#include "ipc/limits.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

/// A cursor is a seq, as a number or in digits.
std::optional<std::int64_t> cursor_of(const json::value& page) {
    const auto& cursor = member(page, "next_cursor");
    if (cursor.is_null()) {
        return std::nullopt;
    }
    const auto seq = decimal_of(text_of(cursor));
    if (!seq) {
        throw contradiction(fmt::format("audit.list gave the cursor '{}', which is not a seq", text_of(cursor)));
    }
    return seq;
}

}  // namespace

record_page::record_page(answer result) : result_{std::move(result)} {
    const auto& values = items(result_.value, "items");
    const auto spans = element_spans(member_span(result_.text, "items"));
    if (!member(result_.value, "items").is_array() || spans.size() != values.size()) {
        throw contradiction("audit.list answered without a list of records");
    }
    records_.reserve(spans.size());
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto seq = integer(values[i], "seq");
        if (!seq || *seq < 1) {
            throw contradiction("audit.list answered with something that is not a record");
        }
        records_.push_back({spans[i], *seq, &values[i]});
    }
    next_ = cursor_of(result_.value);
}

params params_of(const record_filter& filter) {
    params p;
    p.text_if("event", filter.event).number_if("session", filter.session).text_if("actor", filter.actor);
    p.text_if("since", filter.since).text_if("until", filter.until);
    p.number_if("after", filter.after).number_if("before", filter.before);
    return p;
}

record_pages::record_pages(context& io, record_filter filter)
    : io_{io}, filter_{std::move(filter)}, ascending_{filter_.after.has_value()} {
    const auto& bound = ascending_ ? filter_.after : filter_.before;
    if (bound) {
        last_ = static_cast<std::int64_t>(*bound);
    }
}

void record_pages::advance(const record_page& page) {
    const auto lies_behind = [this](std::int64_t seq) { return !last_ || (ascending_ ? seq > *last_ : seq < *last_); };
    for (const auto& record : page.records()) {
        if (!lies_behind(record.seq)) {
            throw contradiction(fmt::format("audit.list gave record {} where one {} {} belongs", record.seq,
                                            ascending_ ? "above" : "below", last_.value_or(0)));
        }
        last_ = record.seq;
    }
    if (const auto next = page.next()) {
        const bool repeats = page.records().empty() || next != last_;
        if (repeats && !lies_behind(*next)) {
            throw contradiction(fmt::format("audit.list goes in a circle at {}", *next));
        }
        last_ = next;
        (ascending_ ? filter_.after : filter_.before) = static_cast<std::uint64_t>(*next);
    }
    done_ = !page.next();
}

std::optional<record_page> record_pages::next(std::int64_t most) {
    if (done_) {
        return std::nullopt;
    }
    auto p = params_of(filter_);
    p.number("limit", std::clamp(most, std::int64_t{1}, static_cast<std::int64_t>(ipc::max_page_items)));
    record_page page{io_.call("audit.list", p.done())};
    advance(page);
    return page;
}

std::string_view record_reader::read(std::int64_t seq) {
    if (!page_ || at_ >= page_->records().size() || page_->records()[at_].seq < seq) {
        const auto limit = std::min(size_ - seq + 1, static_cast<std::int64_t>(ipc::max_page_items));
        page_.emplace(io_.call("audit.list", params{}.number("after", seq - 1).number("limit", limit).done()));
        at_ = 0;
    }
    if (at_ >= page_->records().size()) {
        throw contradiction(fmt::format("audit.list does not give record {} of {}", seq, size_));
    }
    const auto& record = page_->records()[at_++];
    if (record.seq != seq) {
        throw contradiction(fmt::format("audit.list gave record {} where record {} belongs", record.seq, seq));
    }
    return record.text;
}

}  // namespace valhalla::ctl
