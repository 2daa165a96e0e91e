// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/response.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <zlib.h>

#include <openssl/evp.h>

#include "ipc/http/refusal.hpp"

namespace valhalla::http {

namespace {

constexpr std::string_view usual_fields =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";
constexpr std::string_view ok_line = "HTTP/1.1 200 OK\r\nDate: ";
constexpr int gzip_level = 5;
/// What zlib wants for a gzip header around the largest window.
constexpr int gzip_window_bits = 15 + 16;

[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// `lower_case` in any case.
[[nodiscard]] bool same_token(std::string_view text, std::string_view lower_case) noexcept {
    return text.size() == lower_case.size() && std::ranges::equal(text, lower_case, [](char given, char expected) {
               return expected == (given >= 'A' && given <= 'Z' ? static_cast<char>(given + 32) : given);
           });
}

/// Whether a coding has the parameter `q=0`.
[[nodiscard]] bool has_no_weight(std::string_view coding) noexcept {
    auto at = coding.find(';');
    while (at != std::string_view::npos) {
        const auto next = coding.find(';', at + 1);
        const auto parameter = trimmed(coding.substr(at + 1, next == std::string_view::npos ? next : next - at - 1));
        if (parameter.size() > 2 && same_token(parameter.substr(0, 2), "q=") &&
            parameter.substr(2).find_first_not_of("0.") == std::string_view::npos) {
            return true;
        }
        at = next;
    }
    return false;
}

}  // namespace

std::string_view date_text::now() {
    const std::time_t now = std::time(nullptr);
    if (now != of_) {
        of_ = now;
        std::tm parts{};
        std::ignore = ::gmtime_r(&now, &parts);
        static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::array<char, 64> text{};
        // Not by strftime, whose names follow the locale.
        const std::size_t size = std::strftime(text.data(), text.size(), "XXX, %d XXX %Y %H:%M:%S GMT", &parts);
        text_.assign(text.data(), size);
        text_.replace(0, 3, days[static_cast<std::size_t>(parts.tm_wday)]);
        text_.replace(8, 3, months[static_cast<std::size_t>(parts.tm_mon)]);
    }
    return text_;
}

void append_response(std::string& out, const response& answer, const answer_context& context, date_text& date) {
    const bool bodiless = answer.status == 204 || answer.status == 304;
    if (answer.status == 200) {
        out += ok_line;
    } else {
        out.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ").append(reason_of(answer.status));
        out += "\r\nDate: ";
    }
    out.append(date.now()).append("\r\n");
    if (!bodiless) {
        out.append("Content-Type: ").append(answer.content_type);
        out.append("\r\nContent-Length: ").append(std::to_string(answer.body.size())).append("\r\n");
    }
    if (!answer.etag.empty()) {
        out.append("ETag: ").append(answer.etag).append("\r\n");
    }
    out.append("Cache-Control: ").append(answer.cache_control).append("\r\n");
    out.append(usual_fields).append(context.cors).append(answer.fields);
    if (answer.close || !context.keep_alive) {
        out += "Connection: close\r\n";
    } else if (context.version < 11) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
    if (!bodiless && !context.head_only) {
        out += answer.body;
    }
}

std::string etag_of(std::string_view body) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        return {};
    }
    constexpr std::string_view hex = "0123456789abcdef";
    std::string text = "\"";
    for (std::size_t i = 0; i < 16; ++i) {
        text += hex[digest[i] >> 4U];
        text += hex[digest[i] & 15U];
    }
    return text + "\"";
}

bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept {
    if (if_none_match.empty() || etag.empty()) {
        return false;
    }
    // An entity tag of ours is hexadecimal: it cannot be part of another one, its quotes included.
    return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
    std::optional<bool> any;  // of `*`
    while (!accept_encoding.empty()) {
        const auto end = std::min(accept_encoding.find(','), accept_encoding.size());
        const auto one = accept_encoding.substr(0, end);
        accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
        const auto name = trimmed(one.substr(0, one.find(';')));
        const bool wanted = !has_no_weight(one);
        if (same_token(name, "gzip") || same_token(name, "x-gzip")) {
            return wanted;
        }
        if (name == "*") {
            any = wanted;
        }
    }
    return any.value_or(false);
}

std::string gzipped(std::string_view body) {
    z_stream stream{};
    if (::deflateInit2(&stream, gzip_level, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return {};
    }
    std::string out(body.size(), '\0');  // no more: what gets larger is sent as it is
    std::string in{body};                // zlib's pointer is not to const
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int ended = ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return ended == Z_STREAM_END ? out : std::string{};
}

}  // namespace valhalla::http
