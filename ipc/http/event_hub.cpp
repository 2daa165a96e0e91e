// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/event_hub.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "ipc/http/json_members.hpp"
#include "ipc/http/refusal.hpp"

namespace valhalla::http {

namespace {

constexpr std::chrono::milliseconds batch_time{20};
/// So that proxies and browsers keep the connection, and see when it is gone.
constexpr std::chrono::seconds comment_time{15};
constexpr std::size_t most_newest = 2'048;
constexpr std::string_view page_size = "200";

constexpr std::string_view stream_head =
    "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n";

constexpr std::string_view beyond_the_trail =
    R"({"code":1502,"message":"The trail has no record with that seq.","data":{"kind":"beyond_the_trail"}})";

/// The number behind `"seq":`, which a record has near its beginning.
[[nodiscard]] std::uint64_t seq_of(std::string_view record) noexcept {
    constexpr std::string_view name = "\"seq\":";
    const auto at = record.find(name);
    std::uint64_t seq = 0;
    if (at != std::string_view::npos) {
        std::from_chars(record.data() + at + name.size(), record.data() + record.size(), seq);
    }
    return seq;
}

void append_event(std::string& out, std::uint64_t seq, std::string_view record) {
    out.append("id: ").append(std::to_string(seq)).append("\ndata: ").append(record).append("\n\n");
}

}  // namespace

event_hub::event_hub(boost::asio::io_context& io, const std::string& socket_path, const std::string& key,
                     std::shared_ptr<daemon_memory> memory)
    : source_{std::make_shared<upstream>(io, socket_path, key, std::move(memory))}, batch_{io} {
    source_->observe([this](std::string_view line) { take(line); }, [this] { follow_ended(); });
}

void event_hub::join(const exchange& with, std::optional<std::uint64_t> after, std::shared_ptr<identity> who,
                     answer_handler told) {
    joiner made{with, after, std::move(who), std::move(told)};
    if (state_ == state::following) {
        begin(std::move(made));
        return;
    }
    joining_.push_back(std::move(made));
    follow();
}

/// Of one that the daemon lets follow.
void event_hub::begin(joiner&& who) {
    if (who.after && *who.after > tail_) {
        look_for_position(std::move(who));
    } else {
        start(std::move(who));
    }
}

/// A record may be known to who asks, and on its way to us. Behind one that is not there nothing would ever come.
void event_hub::look_for_position(joiner&& who) {
    const auto params = "{\"after\":" + std::to_string(*who.after - 1) + ",\"limit\":1}";
    auto& via = who.who->via(lane::query);
    via.ask("audit.list", params, false,
            [self = shared_from_this(), who = std::move(who)](const upstream_answer& answer) {
                if (answer.what != upstream_answer::outcome::result) {
                    who.told(answer);
                    return;
                }
                const auto page = json_members::of(answer.text);
                const auto items = page ? json_elements((*page)["items"]) : std::nullopt;
                if (items && !items->empty()) {
                    self->start(joiner{who});
                } else {
                    who.told({.what = upstream_answer::outcome::error, .text = beyond_the_trail});
                }
            });
}

void event_hub::start(joiner&& who) {
    if (closed_) {
        who.told({.what = upstream_answer::outcome::not_asked, .text = {}});
        return;
    }
    auto& to = who.with.on();
    if (to.context().head_only) {
        who.with.respond({.content_type = "text/event-stream", .close = true});
        who.told({.what = upstream_answer::outcome::result, .text = {}});
        return;
    }
    std::string head = "HTTP/1.1 200 OK\r\n";
    head.append(to.context().cors).append(stream_head).append(":\n\n");
    who.with.begin_stream(head);
    if (!to.closed()) {
        const auto made = std::make_shared<reader>(
            reader{.to = who.with.shared(), .who = std::move(who.who), .after = who.after, .last_sent = clock::now()});
        readers_.push_back(made);
        catch_up(made);
    }
    who.told({.what = upstream_answer::outcome::result, .text = {}});
}

void event_hub::follow() {
    if (state_ != state::away) {
        return;
    }
    state_ = state::asked;
    source_->ask("audit.follow", "{}", false,
                 [self = shared_from_this()](const upstream_answer& answer) { self->take_follow(answer); });
}

void event_hub::take_follow(const upstream_answer& answer) {
    auto joining = std::exchange(joining_, {});
    if (answer.what != upstream_answer::outcome::result) {
        state_ = state::away;
        for (const auto& one : joining) {
            one.told(answer);
        }
        return;
    }
    const auto members = json_members::of(answer.text);
    const auto text = members ? (*members)["after"] : std::string_view{};
    std::uint64_t after = 0;
    std::from_chars(text.data(), text.data() + text.size(), after);
    tail_ = after;
    state_ = state::following;
    for (auto& one : joining) {
        begin(std::move(one));
    }
    for (const auto& one : std::vector{readers_}) {
        if (one->after && *one->after > after) {
            one->to->close();  // the daemon was put back to an earlier state: what this reader has is not so any more
        } else {
            catch_up(one);
        }
    }
}

/// What comes next may be of another trail. Readers that were up to date are asked for again from where they are.
void event_hub::follow_ended() {
    flush();
    for (const auto& one : readers_) {
        if (std::exchange(one->live, false)) {
            one->after = tail_;
        }
    }
    state_ = state::away;
    tail_.reset();
    newest_.clear();
    newest_bytes_ = 0;
}

// {"jsonrpc":"2.0","method":"audit.event","params":{"follow":1,"record":{…}}}
void event_hub::take(std::string_view line) {
    constexpr std::string_view name = "\"record\":";
    const auto at = line.find(name);
    if (line.find("\"audit.event\"") == std::string_view::npos || at == std::string_view::npos) {
        follow_ended();  // audit.follow_end: we were too slow. The tick follows again.
        return;
    }
    const auto record = line.substr(at + name.size(), line.size() - at - name.size() - 2);
    event made{.seq = seq_of(record), .text = {}};
    append_event(made.text, made.seq, record);
    tail_ = made.seq;
    waiting_ += made.text;
    newest_bytes_ += made.text.size();
    newest_.push_back(std::move(made));
    while (newest_.size() > most_newest || newest_bytes_ > most_newest_bytes) {
        newest_bytes_ -= newest_.front().text.size();
        newest_.pop_front();
    }
    if (!std::exchange(batch_wanted_, true)) {
        batch_.expires_after(batch_time);
        batch_.async_wait([self = shared_from_this()](const boost::system::error_code& fault) {
            self->batch_wanted_ = false;
            if (!fault) {
                self->flush();
                for (const auto& one : std::vector{self->readers_}) {
                    self->catch_up(one);
                }
            }
        });
    }
}

void event_hub::flush() {
    if (waiting_.empty()) {
        return;
    }
    const auto text = std::exchange(waiting_, {});
    for (const auto& one : readers_) {
        if (one->live) {
            send(*one, text);
        }
    }
    drop_closed();
}

void event_hub::send(reader& to, std::string_view text) {
    to.last_sent = clock::now();
    static_cast<void>(to.to->push(text));
}

/// Joins those who are up to date, or asks for the next page of what is missing.
void event_hub::catch_up(const std::shared_ptr<reader>& who) {
    if (who->live || who->asking || !tail_ || who->to->closed()) {
        return;
    }
    if (!who->after) {
        who->after = tail_;
    }
    if (*who->after > *tail_) {
        return;  // it knows of a record that is still on its way to us; the next batch asks again
    }
    const bool nothing_missing = *who->after == *tail_ || (!newest_.empty() && *who->after + 1 >= newest_.front().seq);
    if (nothing_missing) {
        flush();  // what waits is among the newest: the others get it now, this reader with them
        who->live = true;
        std::string text;
        for (const auto& one : newest_) {
            if (one.seq > *who->after) {
                text += one.text;
            }
        }
        if (!text.empty()) {
            send(*who, text);
        }
        return;
    }
    if (!who->to->caught_up()) {
        return;  // the tick asks again
    }
    who->asking = true;
    const auto params = "{\"after\":" + std::to_string(*who->after) + ",\"limit\":" + std::string{page_size} + "}";
    who->who->via(lane::query)
        .ask("audit.list", params, false,
             [self = shared_from_this(), who](const upstream_answer& answer) { self->take_page(who, answer); });
}

void event_hub::take_page(const std::shared_ptr<reader>& who, const upstream_answer& answer) {
    who->asking = false;
    if (answer.what == upstream_answer::outcome::not_asked || answer.what == upstream_answer::outcome::lost) {
        return;  // the tick asks again
    }
    const auto page = answer.what == upstream_answer::outcome::result ? json_members::of(answer.text) : std::nullopt;
    const auto items = page ? json_elements((*page)["items"]) : std::nullopt;
    if (!items) {
        who->to->close();
        return;
    }
    std::string text;
    for (const auto& record : *items) {
        const auto seq = seq_of(record);
        append_event(text, seq, record);
        who->after = seq;
    }
    if (!text.empty()) {
        send(*who, text);
    }
    if (!items->empty() || who->after == tail_) {
        catch_up(who);
    }
}

void event_hub::drop_closed() {
    std::erase_if(readers_, [](const auto& one) { return one->to->closed(); });
}

void event_hub::on_tick(clock::time_point now, std::chrono::milliseconds answer_time) {
    drop_closed();
    if (idle()) {
        return;  // the follow stays: the next reader finds the newest events
    }
    source_->on_tick(now, answer_time, false);
    follow();
    for (const auto& one : std::vector{readers_}) {
        catch_up(one);
        if (now - one->last_sent >= comment_time) {
            send(*one, ":\n\n");
        }
    }
}

bool event_hub::idle() const noexcept {
    return joining_.empty() && std::ranges::all_of(readers_, [](const auto& one) { return one->to->closed(); });
}

void event_hub::close() {
    closed_ = true;
    source_->close();
    for (const auto& one : std::exchange(readers_, {})) {
        one->to->close();
    }
}

}  // namespace valhalla::http
