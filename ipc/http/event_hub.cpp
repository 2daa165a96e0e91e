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
    source_->observe([this](std::string_view line) { take(line); }, [this] { following_ = false; });
}

void event_hub::join(const exchange& with, std::optional<std::uint64_t> after, std::shared_ptr<identity> who) {
    follow();
    if (!source_->connected()) {
        respond(with, daemon_away());
        return;
    }
    std::string head = "HTTP/1.1 200 OK\r\n";
    head.append(with.on().context().cors).append(stream_head).append(":\n\n");
    with.begin_stream(head);
    if (with.on().closed()) {
        return;
    }
    const auto made = std::make_shared<reader>(
        reader{.to = with.shared(), .who = std::move(who), .after = after, .last_sent = clock::now()});
    readers_.push_back(made);
    catch_up(made);
}

void event_hub::follow() {
    if (std::exchange(following_, true)) {
        return;
    }
    const auto params = tail_ ? "{\"after\":" + std::to_string(*tail_) + "}" : std::string{"{}"};
    source_->ask("audit.follow", params, false, [this](const upstream_answer& answer) {
        if (answer.what != upstream_answer::outcome::result) {
            following_ = false;
            // The daemon was put back to an earlier state: there is no such record.
            if (answer.what == upstream_answer::outcome::error) {
                tail_.reset();
                newest_.clear();
                newest_bytes_ = 0;
            }
            return;
        }
        const auto members = json_members::of(answer.text);
        std::uint64_t after = 0;
        const auto text = members ? (*members)["after"] : std::string_view{};
        std::from_chars(text.data(), text.data() + text.size(), after);
        if (!tail_) {
            tail_ = after;
        }
        for (const auto& one : std::vector{readers_}) {
            catch_up(one);
        }
    });
}

// {"jsonrpc":"2.0","method":"audit.event","params":{"follow":1,"record":{…}}}
void event_hub::take(std::string_view line) {
    constexpr std::string_view name = "\"record\":";
    const auto at = line.find(name);
    if (line.find("\"audit.event\"") == std::string_view::npos || at == std::string_view::npos) {
        following_ = false;  // audit.follow_end: we were too slow. The tick follows again.
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
    const bool nothing_missing = *who->after >= *tail_ || (!newest_.empty() && *who->after + 1 >= newest_.front().seq);
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
    if (!items->empty() || *who->after >= *tail_) {
        catch_up(who);
    }
}

void event_hub::drop_closed() {
    std::erase_if(readers_, [](const auto& one) { return one->to->closed(); });
}

void event_hub::on_tick(clock::time_point now, std::chrono::milliseconds answer_time) {
    drop_closed();
    if (readers_.empty()) {
        return;  // the follow stays: the next reader finds the newest events
    }
    source_->on_tick(now, answer_time);
    follow();
    for (const auto& one : std::vector{readers_}) {
        catch_up(one);
        if (now - one->last_sent >= comment_time) {
            send(*one, ":\n\n");
        }
    }
}

void event_hub::close() {
    source_->close();
    for (const auto& one : std::exchange(readers_, {})) {
        one->to->close();
    }
}

}  // namespace valhalla::http
