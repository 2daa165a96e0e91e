// SPDX-License-Identifier: Apache-2.0
//
// A request as it was read, and the parser that reads it: Beast's, held to what two parsers cannot read differently.
// Refused are two lengths, a length beside chunks, folded lines, bare CR and LF, spaces before a colon, an encoding
// other than `chunked`, two `Host` fields, and everything longer than the limits. No sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>  // which Beast needs
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/verb.hpp>

#include "ipc/http/limits.hpp"

namespace valhalla::http {

using boost::beast::http::verb;

/// Fields that the gateway looks at. Each may be there once.
struct known_fields {
    std::string host;
    std::string origin;
    std::string content_type;
    std::string key;  ///< X-VALHALLA-KEY
    std::string cookie;
    std::string csrf;  ///< X-VALHALLA-CSRF
    std::string idempotency_key;
    std::string if_none_match;
    std::string accept_encoding;
    std::string last_event_id;
    std::string fetch_site;     ///< Sec-Fetch-Site
    std::string purpose;        ///< Sec-Purpose, Purpose or X-Moz: who prefetches says so there
    std::string asked_method;   ///< Access-Control-Request-Method
    std::string asked_headers;  ///< Access-Control-Request-Headers
    // Looked at only when they come from a proxy that is trusted:
    std::string forwarded_for;    ///< X-Forwarded-For
    std::string forwarded_proto;  ///< X-Forwarded-Proto
};

struct request {
    verb method = verb::unknown;
    std::string target;
    int version = 11;
    known_fields fields;
    bool has_host = false;
    bool has_content_type = false;
    bool has_idempotency_key = false;
    bool expects_continue = false;
    bool keep_alive = true;
    bool has_body = false;
    std::string body;
    std::uint64_t announced = 0;  ///< bytes of the body by the fields; all that could be when it comes in chunks

    /// As new, with the memory that it had.
    void clear();
    /// Bytes that it keeps.
    [[nodiscard]] std::size_t held() const noexcept;

  private:
    template <class Self>
    [[nodiscard]] static auto texts_of(Self& self) noexcept;
};

/// Why a request is not read on: an HTTP status and a sentence. The connection is closed after it.
struct request_fault {
    int status = 400;
    std::string_view detail;
};

/// What is at the beginning of some bytes.
struct head_scan {
    enum class state : std::uint8_t { incomplete, complete, refused };
    state what = state::incomplete;
    std::size_t size = 0;  ///< of a complete head, its empty line included
    request_fault fault;
};
/// Looks for the end of the fields, line by line.
[[nodiscard]] head_scan scan_head(std::string_view data, const limits& bounds);

/// Reads one request into `into`, which outlives it. First the whole head in one piece, perhaps with some of the body
/// behind it, then the rest of the body in pieces.
class request_parser final : public boost::beast::http::basic_parser<true> {
  public:
    request_parser(request& into, const limits& bounds);

    /// Reads on. Returns how many bytes it took; what is left is to be given again, with more behind it, or belongs to
    /// the next request.
    [[nodiscard]] std::size_t read(std::string_view data);
    /// The request is complete.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] bool head_complete() const noexcept { return head_complete_; }
    [[nodiscard]] const std::optional<request_fault>& fault() const noexcept { return fault_; }

  private:
    using string_view = boost::beast::string_view;
    using error_code = boost::beast::error_code;

    void on_request_impl(verb method, string_view method_text, string_view target, int version,
                         error_code& fault) override;
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value,
                       error_code& fault) override;
    void on_header_impl(error_code& fault) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& fault) override;
    std::size_t on_body_impl(string_view body, error_code& fault) override;
    void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& fault) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& fault) override;
    void on_finish_impl(error_code& fault) override { fault = {}; }

    void refuse(int status, std::string_view detail, error_code& fault);
    void keep_once(std::string& field, string_view value, error_code& fault);

    request& into_;
    const limits& bounds_;
    std::optional<request_fault> fault_;
    bool head_complete_ = false;
    bool complete_ = false;
    bool has_length_ = false;
    bool has_encoding_ = false;
};

}  // namespace valhalla::http
