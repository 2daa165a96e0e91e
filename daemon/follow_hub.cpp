// SPDX-License-Identifier: Apache-2.0
#include "daemon/follow_hub.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/change_quota.hpp"

namespace valhalla {

/// What one look at the trail brought.
struct follow_page {
    std::string lines;
    audit_seq looked_at{};  ///< every record up to here was looked at
};

namespace {

void append_event(std::string& lines, std::int64_t number, std::string_view record) {
    fmt::format_to(std::back_inserter(lines),
                   R"({{"jsonrpc":"2.0","method":"audit.event","params":{{"follow":{},"record":{}}}}})"
                   "\n",
                   number, record);
}

std::string end_line(std::int64_t number, audit_seq after, std::string_view reason) {
    return fmt::format(
        R"({{"jsonrpc":"2.0","method":"audit.follow_end","params":{{"follow":{},"after":{},"reason":"{}"}}}})"
        "\n",
        number, raw(after), reason);
}

follow_page read_page(schema::reader& from, const schema::audit_query& query, std::int64_t number) {
    follow_page read;
    from.begin_snapshot();
    try {
        const auto size = from.trail_size();
        const auto found = from.audit(query);
        read.looked_at = found.next.value_or(audit_seq{static_cast<std::int64_t>(size)});
        for (const auto& record : found.records) {
            append_event(read.lines, number, record);
        }
    } catch (...) {
        from.end_snapshot();
        throw;
    }
    from.end_snapshot();
    read.lines.shrink_to_fit();  // it may wait for its peer
    return read;
}

}  // namespace

struct follow_hub::one_follow {
    one_follow(std::int64_t n, const ipc::peer& who, schema::audit_query f)
        : number{n}, user{who.user()}, key{who.key}, filter{std::move(f)} {}

    std::int64_t number;
    ipc::user_id user;
    std::string key;                  // empty: begun without one
    schema::audit_query filter;       // `after` is the cursor
    bool reading = false;             // a page of it is on the query thread
    std::optional<follow_page> held;  // a page that waits for the peer
    bool ended = false;

    [[nodiscard]] audit_seq cursor() const { return filter.after.value_or(audit_seq{0}); }
};

/// The follows of one connection.
class follow_hub::listener final : public ipc::push_source {
  public:
    listener(follow_hub& hub, const ipc::peer& who, std::shared_ptr<ipc::push_channel> to)
        : hub_{&hub}, connection_{who.connection}, to_{std::move(to)} {}

    void on_ready() override {
        if (hub_ != nullptr) {
            hub_->pump(*this);
        }
    }
    void on_stalled() override { end("too slow"); }
    void on_closed() override {
        to_.reset();
        if (hub_ != nullptr) {
            hub_->forget(*this);
        }
    }

    void end(std::string_view reason) {
        const auto to = to_;
        for (const auto& one : follows_) {
            one->ended = true;
            if (to) {
                to->push(end_line(one->number, one->cursor(), reason));
            }
        }
        if (hub_ != nullptr) {
            hub_->forget(*this);
        }
        if (to) {
            to->set_source(nullptr);
        }
    }

    follow_hub* hub_;  // null once forgotten
    std::uint64_t connection_;
    std::shared_ptr<ipc::push_channel> to_;  // null once closed
    std::vector<follow_ptr> follows_;
    std::size_t next_ = 0;  // whose turn it is
};

follow_hub::~follow_hub() {
    for (const auto& [connection, at] : listeners_) {
        at->hub_ = nullptr;
    }
}

std::variant<std::int64_t, ipc::rpc_error> follow_hub::follow(const ipc::peer& who,
                                                              const std::shared_ptr<ipc::push_channel>& to,
                                                              schema::audit_query filter) {
    const auto found = listeners_.find(who.connection);
    const auto here = found == listeners_.end() ? 0 : found->second->follows_.size();
    const auto yours = count_of(who.user());
    if (count_ >= max_follows || yours >= share_of(max_follows) || here >= max_follows_per_connection) {
        return ipc::rpc_error{
            ipc::error_code::too_many_follows,
            fmt::format("there are {} follows on this connection, {} of {} and {} in all, at most {}, {} and {} are "
                        "allowed; end one with audit.unfollow",
                        here, yours, who.name, count_, max_follows_per_connection, share_of(max_follows), max_follows),
            {}};
    }
    auto& at = found == listeners_.end() ? listeners_[who.connection] : found->second;
    if (!at) {
        at = std::make_shared<listener>(*this, who, to);
        to->set_source(at);
    }
    filter.limit = page_records;
    filter.max_bytes = page_bytes;
    at->follows_.push_back(std::make_shared<one_follow>(++last_number_, who, std::move(filter)));
    ++count_;
    return last_number_;
}

std::size_t follow_hub::count_of(ipc::user_id user) const {
    std::ptrdiff_t all = 0;
    for (const auto& [connection, at] : listeners_) {
        all += std::ranges::count(at->follows_, user, [](const follow_ptr& f) { return f->user; });
    }
    return static_cast<std::size_t>(all);
}

std::optional<audit_seq> follow_hub::unfollow(const ipc::peer& who, std::int64_t number) {
    const auto found = listeners_.find(who.connection);
    if (found == listeners_.end()) {
        return std::nullopt;
    }
    const auto at = found->second;
    const auto which = std::ranges::find(at->follows_, number, [](const follow_ptr& f) { return f->number; });
    if (which == at->follows_.end()) {
        return std::nullopt;
    }
    const auto one = *which;  // NOLINT(performance-unnecessary-copy-initialization): it is removed from there
    remove(*at, one);
    return one->cursor();
}

void follow_hub::remove(listener& at, const follow_ptr& one) {
    one->ended = true;
    std::erase(at.follows_, one);
    --count_;
    if (at.follows_.empty()) {
        const auto to = at.to_;
        forget(at);
        to->set_source(nullptr);
    }
}

void follow_hub::grew(std::uint64_t size) {
    if (size == size_) {
        return;
    }
    size_ = size;
    for (auto next = listeners_.begin(); next != listeners_.end();) {
        const auto at = (next++)->second;  // it may leave
        pump(*at);
    }
}

void follow_hub::end_keyless(listener& at) {
    const auto lapsed = [this](const follow_ptr& f) { return !f->key.empty() && !key_holds_(f->key); };
    while (at.to_->ready()) {
        const auto found = std::ranges::find_if(at.follows_, lapsed);
        if (found == at.follows_.end()) {
            return;
        }
        const auto one = *found;  // NOLINT(performance-unnecessary-copy-initialization): it is removed from there
        at.to_->push(end_line(one->number, one->cursor(), "its key was revoked or has expired"));
        remove(at, one);
    }
}

bool follow_hub::deliver(listener& at) {
    for (const auto& one : at.follows_) {
        if (!at.to_->ready() || one->reading) {
            return false;
        }
        if (const auto page = std::exchange(one->held, std::nullopt)) {
            one->filter.after = page->looked_at;
            at.to_->push(page->lines);
        }
    }
    return at.to_ && at.to_->ready();
}

/// One page at a time and connection, in turn, so that follows of one connection share it.
void follow_hub::pump(listener& at) {
    if (at.to_) {
        end_keyless(at);
    }
    if (!at.to_ || at.follows_.empty() || !deliver(at)) {
        return;
    }
    for (std::size_t tried = 0; tried < at.follows_.size(); ++tried) {
        const auto one = at.follows_[at.next_++ % at.follows_.size()];
        if (static_cast<std::uint64_t>(raw(one->cursor())) < size_) {
            fetch(listeners_.at(at.connection_), one);
            return;
        }
    }
}

void follow_hub::fetch(const std::shared_ptr<listener>& at, const follow_ptr& what) {
    what->reading = true;
    const auto on_io = [at, what](std::optional<follow_page> read) {
        what->reading = false;
        if (what->ended || !at->to_) {
            return;
        }
        if (!read) {
            at->end("the trail could not be read");
            return;
        }
        what->held = std::move(*read);
        at->on_ready();
    };
    const auto work = [on_io, query = what->filter,
                       number = what->number](schema::reader& from) -> std::function<void()> {
        try {
            return [on_io, read = std::optional{read_page(from, query, number)}]() mutable { on_io(std::move(read)); };
        } catch (const std::exception&) {
            return [on_io] { on_io(std::nullopt); };
        }
    };
    if (!queries_.try_submit(work)) {
        what->reading = false;  // the next commit tries again
    }
}

void follow_hub::end_all(std::string_view reason) {
    const auto all = listeners_;
    for (const auto& [connection, at] : all) {
        at->end(reason);
    }
}

void follow_hub::forget(listener& at) {
    count_ -= at.follows_.size();
    for (const auto& one : at.follows_) {
        one->ended = true;
    }
    at.follows_.clear();
    at.hub_ = nullptr;
    listeners_.erase(at.connection_);
}

}  // namespace valhalla
