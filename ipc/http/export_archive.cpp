// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/export_archive.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <utility>

#include "ipc/http/json_members.hpp"
#include "ipc/json_text.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view manifest_name = "manifest.json";
/// A client that unpacks it has one folder more, and nothing else.
constexpr std::string_view archive_folder = "valhalla-export/";
constexpr std::string_view archive_head =
    "Content-Type: application/x-tar\r\nContent-Disposition: attachment; filename=\"valhalla-export.tar\"\r\n"
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nTransfer-Encoding: chunked\r\n"
    "Connection: close\r\n\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

[[nodiscard]] std::uint64_t archive_number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

[[nodiscard]] std::string chunk_of(std::string_view data) {
    std::array<char, 32> size{};
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
    std::string chunk;
    chunk.reserve(data.size() + size.size());
    return chunk.append(size.data(), static_cast<std::size_t>(digits)).append(data).append("\r\n");
}

}  // namespace

export_archive::export_archive(std::shared_ptr<upstream> from, const exchange& to, refusal_handler refused)
    : from_{std::move(from)}, to_{to}, connection_{to.shared()}, refused_{std::move(refused)} {}

void export_archive::start() {
    ask("export.write", "{}", &export_archive::take_manifest);
}

void export_archive::ask(std::string_view method, const std::string& params, step then) {
    from_->ask(method, params, false, [self = shared_from_this(), then](const upstream_answer& answer) {
        if (self->over()) {
            self->close();
        } else if (answer.what != upstream_answer::outcome::result) {
            self->fail(answer);
        } else {
            try {
                (*self.*then)(answer.text);
            } catch (const std::exception&) {  // no memory for the archive
                self->fail({.what = upstream_answer::outcome::lost, .text = {}});
            }
        }
    });
}

void export_archive::ask_piece(const std::string& name, std::uint64_t offset, step then) {
    std::string params = "{\"document\":";
    ipc::append_quoted(params, name);
    ask("export.read", params.append(",\"offset\":").append(std::to_string(offset)).append("}"), then);
}

/// What export.write wrote comes first, then the pieces of the manifest: mostly one.
void export_archive::take_manifest(std::string_view result) {
    const auto piece = json_members::of(result);
    const auto text = piece ? (*piece)["text"] : std::string_view{};
    manifest_ += json_text(text);
    const auto next = piece ? (*piece)["next_offset"] : std::string_view{};
    if (text.empty() || next != "null") {
        ask_piece(std::string{manifest_name}, manifest_.size(), &export_archive::take_manifest);
        return;
    }
    if (!read_manifest(manifest_)) {
        fail({.what = upstream_answer::outcome::lost, .text = {}});
        return;
    }
    sending_ = true;
    to_.begin_stream("HTTP/1.1 200 OK\r\n" + connection_->context().cors + std::string{archive_head});
    begin_document();
    go_on();
}

bool export_archive::read_manifest(const std::string& text) {
    const auto manifest = json_members::of(text);
    const auto files = manifest ? json_elements((*manifest)["files"]) : std::nullopt;
    if (!files) {
        return false;
    }
    for (const auto& file : *files) {
        const auto one = json_members::of(file);
        if (!one || (*one)["name"].empty()) {
            return false;
        }
        documents_.push_back({.name = json_text((*one)["name"]),
                              .bytes = archive_number((*one)["bytes"]),
                              .sha256 = json_text((*one)["sha256"])});
    }
    return true;
}

void export_archive::begin_document() {
    sent_ = 0;
    digest_.begin();
    tar_.begin(std::string{archive_folder} + documents_[at_].name, documents_[at_].bytes);
}

/// Asks for more of the document, or ends it and goes on with the next; the manifest is the last.
void export_archive::go_on() {
    while (at_ < documents_.size() && sent_ == documents_[at_].bytes) {
        if (digest_.end() != documents_[at_].sha256) {
            close();  // the daemon wrote another set meanwhile
            return;
        }
        if (++at_ < documents_.size()) {
            begin_document();
        }
    }
    if (at_ < documents_.size()) {
        ask_piece(documents_[at_].name, sent_, &export_archive::take_piece);
        return;
    }
    tar_.begin(std::string{archive_folder}.append(manifest_name), manifest_.size());
    tar_.write(manifest_);
    tar_.finish();
    over_ = true;
    connection_->end_stream(chunk_of(tar_.take()).append(last_chunk));
    from_->close();
}

void export_archive::take_piece(std::string_view result) {
    const auto piece = json_members::of(result);
    const auto whole = piece ? json_text((*piece)["text"]) : std::string{};
    const auto missing = documents_[at_].bytes - sent_;
    const auto text =
        std::string_view{whole}.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(missing, whole.size())));
    if (text.empty()) {
        close();  // it is shorter now
        return;
    }
    tar_.write(text);
    digest_.add(text);
    sent_ += text.size();
    send();
}

void export_archive::send() {
    if (!connection_->push(chunk_of(tar_.take()))) {
        close();
        return;
    }
    connection_->when_caught_up([self = shared_from_this()] {
        try {
            self->go_on();
        } catch (const std::exception&) {
            self->close();
        }
    });
}

void export_archive::fail(const upstream_answer& why) {
    if (std::exchange(over_, true)) {
        return;
    }
    if (sending_) {
        connection_->close();
    } else {
        refused_(why);
    }
    from_->close();
}

void export_archive::on_tick(clock::time_point now) {
    if (over() || now - began_ > most_time) {
        close();
        return;
    }
    from_->on_tick(now, most_time, false);
}

void export_archive::close() {
    if (!std::exchange(over_, true)) {
        connection_->close();
    }
    from_->close();
}

}  // namespace valhalla::http
