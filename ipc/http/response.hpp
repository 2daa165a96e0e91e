// SPDX-License-Identifier: Apache-2.0
//
// An answer as text. Pure but for the clock of `Date`.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace valhalla::http {

struct response {
    int status = 200;
    std::string_view body{};
    std::string_view content_type = "application/json";
    std::string_view cache_control = "no-store";
    std::string_view etag{};    ///< with its quotes; empty: none
    std::string_view fields{};  ///< further lines, each with its CR LF
    bool close = false;         ///< the connection cannot be used any more
};

/// What of the request decides how its answer is written.
struct answer_context {
    int version = 11;
    bool head_only = false;
    bool keep_alive = true;
    std::string cors;  ///< lines for a browser of an allowed origin
};

/// `Sun, 06 Nov 1994 08:49:37 GMT`, made once a second.
class date_text {
  public:
    [[nodiscard]] std::string_view now();

  private:
    std::time_t of_ = -1;
    std::string text_;
};

/// Appends status line, fields, empty line, and the body unless only the head was asked for.
void append_response(std::string& out, const response& answer, const answer_context& context, date_text& date);

/// The strong validator of a body, with its quotes.
[[nodiscard]] std::string etag_of(std::string_view body);
/// Whether `If-None-Match` names it. `*` names every one.
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept;

/// Whether the client takes gzip.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;
/// `body` in the gzip format; empty when that fails or does not make it smaller.
[[nodiscard]] std::string gzipped(std::string_view body);
/// Shorter bodies are sent as they are.
inline constexpr std::size_t gzip_from_bytes = 1'024;

}  // namespace valhalla::http
