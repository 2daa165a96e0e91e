// SPDX-License-Identifier: Apache-2.0
#include "ipc/http/request.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace valhalla::http {

namespace {

using boost::beast::iequals;
using beast_error = boost::beast::http::error;
using beast_field = boost::beast::http::field;

constexpr std::size_t longest_kept_text = 512;

void forget(std::string& text) {
    if (text.capacity() > longest_kept_text) {
        std::string{}.swap(text);
    } else {
        text.clear();
    }
}

/// What Beast says, in the words of an answer.
request_fault fault_of(const boost::beast::error_code& error) {
    if (error == beast_error::body_limit) {
        return {413, "The body is too large."};
    }
    if (error == beast_error::header_limit || error == beast_error::buffer_overflow) {
        return {431, "The request's fields are too large."};
    }
    if (error == beast_error::bad_version) {
        return {505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
    }
    return {400, "The request is not valid HTTP."};
}

std::string_view view(boost::beast::string_view text) noexcept {
    return {text.data(), text.size()};
}

}  // namespace

template <class Self>
auto request::texts_of(Self& self) noexcept {
    auto& fields = self.fields;
    return std::array{&self.target,
                      &self.body,
                      &fields.host,
                      &fields.origin,
                      &fields.content_type,
                      &fields.key,
                      &fields.cookie,
                      &fields.csrf,
                      &fields.idempotency_key,
                      &fields.if_none_match,
                      &fields.accept_encoding,
                      &fields.last_event_id,
                      &fields.fetch_site,
                      &fields.purpose,
                      &fields.asked_method,
                      &fields.asked_headers,
                      &fields.forwarded_for,
                      &fields.forwarded_proto};
}

void request::clear() {
    method = verb::unknown;
    version = 11;
    has_host = has_content_type = has_idempotency_key = expects_continue = has_body = false;
    announced = 0;
    keep_alive = true;
    for (std::string* const text : texts_of(*this)) {
        forget(*text);
    }
}

std::size_t request::held() const noexcept {
    std::size_t bytes = 0;
    for (const std::string* const text : texts_of(*this)) {
        bytes += text->capacity();
    }
    return bytes;
}

// Beast would accept folded lines, and answer other mistakes only when the whole head is there.
head_scan scan_head(std::string_view data, const limits& bounds) {
    head_scan scan;
    const auto refuse = [&scan](int status, std::string_view detail) {
        scan.what = head_scan::state::refused;
        scan.fault = {status, detail};
        return scan;
    };
    std::size_t lines = 0;
    std::size_t begin = 0;
    // Looked at again from its beginning when more of it comes: mostly a head comes in one piece.
    while (true) {
        const void* const found = std::memchr(data.data() + begin, '\n', data.size() - begin);
        const std::size_t end =
            found == nullptr ? data.size() : static_cast<std::size_t>(static_cast<const char*>(found) - data.data());
        const auto line = data.substr(begin, end - begin);
        if (begin == 0 && end > bounds.target_bytes + 64) {
            return refuse(414, "The request's target is too long.");
        }
        if (end >= bounds.head_bytes) {
            return refuse(431, "The request's fields are too large.");
        }
        const auto carriage = line.find('\r');
        if (found == nullptr) {
            if (carriage != std::string_view::npos && carriage + 1 < line.size()) {
                return refuse(400, "A line of the request contains a bare carriage return.");
            }
            return scan;
        }
        if (carriage == std::string_view::npos || carriage + 1 != line.size()) {
            return refuse(400, "Every line of a request's head ends with CR LF, and contains neither elsewhere.");
        }
        if (line.size() == 1) {
            if (lines == 0) {
                return refuse(400, "The request begins with an empty line.");
            }
            scan.what = head_scan::state::complete;
            scan.size = end + 1;
            return scan;
        }
        if (lines == 0 && (std::ranges::count(line, ' ') != 2 || line.find(" HTTP/") == std::string_view::npos)) {
            return refuse(400, "A request begins with METHOD, TARGET and HTTP/1.1, with one space between them.");
        }
        if (lines > 0 && (line.front() == ' ' || line.front() == '\t')) {
            return refuse(400, "A field of the request is folded over several lines.");
        }
        if (++lines > bounds.fields + 1) {
            return refuse(431, "The request has too many fields.");
        }
        begin = end + 1;
    }
}

request_parser::request_parser(request& into, const limits& bounds) : into_{into}, bounds_{bounds} {
    into_.clear();
    header_limit(static_cast<std::uint32_t>(bounds.head_bytes + 2));
    body_limit(bounds.body_bytes);
    eager(true);
}

std::size_t request_parser::read(std::string_view data) {
    std::size_t taken = 0;
    while (!complete_ && !fault_ && taken < data.size()) {
        error_code error;
        const auto count = put(boost::asio::buffer(data.data() + taken, data.size() - taken), error);
        taken += count;
        if (error == beast_error::need_more) {
            break;
        }
        if (error) {
            if (!fault_) {
                fault_ = fault_of(error);
            }
            break;
        }
        if (is_done()) {
            complete_ = true;
        } else if (count == 0) {
            break;
        }
    }
    if (head_complete_ && !complete_ && !fault_ && data.size() - taken > max_chunk_header_bytes) {
        fault_ = request_fault{400, "A chunk's header is too long."};
    }
    return taken;
}

void request_parser::on_request_impl(verb method, string_view /*method_text*/, string_view target, int version,
                                     error_code& fault) {
    if (target.size() > bounds_.target_bytes) {
        refuse(414, "The request's target is too long.", fault);
        return;
    }
    into_.method = method;
    into_.version = version;
    into_.target.assign(target.data(), target.size());
}

void request_parser::refuse(int status, std::string_view detail, error_code& fault) {
    fault_ = request_fault{status, detail};
    fault = beast_error::bad_field;
}

void request_parser::keep_once(std::string& field, string_view value, error_code& fault) {
    if (!field.empty()) {
        refuse(400, "A field of the request is there twice.", fault);
        return;
    }
    field.assign(value.data(), value.size());
}

void request_parser::on_field_impl(beast_field name, string_view name_text, string_view value, error_code& fault) {
    if (head_complete_) {
        return;  // a trailer: nothing in it counts
    }
    auto& fields = into_.fields;
    // Beast knows names by a number; a switch over all of its enumerators would be a list of a few hundred.
    if (name == beast_field::host) {
        if (into_.has_host) {
            refuse(400, "The request has two Host fields.", fault);
            return;
        }
        into_.has_host = true;
        fields.host.assign(value.data(), value.size());
    } else if (name == beast_field::content_length) {
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        if (has_length_ || has_encoding_ || value.empty() || !std::ranges::all_of(value, is_digit)) {
            refuse(400, "The request says in two ways how long its body is, or in none that is valid.", fault);
            return;
        }
        has_length_ = true;
    } else if (name == beast_field::transfer_encoding) {
        if (has_length_ || has_encoding_ || into_.version < 11 || !iequals(value, "chunked")) {
            refuse(400, "The only transfer encoding is chunked, of HTTP/1.1 and without a length.", fault);
            return;
        }
        has_encoding_ = true;
    } else if (name == beast_field::content_type) {
        into_.has_content_type = true;
        keep_once(fields.content_type, value, fault);
    } else if (name == beast_field::origin) {
        keep_once(fields.origin, value, fault);
    } else if (name == beast_field::cookie) {
        keep_once(fields.cookie, value, fault);
    } else if (name == beast_field::if_none_match) {
        keep_once(fields.if_none_match, value, fault);
    } else if (name == beast_field::accept_encoding) {
        keep_once(fields.accept_encoding, value, fault);
    } else if (name == beast_field::access_control_request_method) {
        keep_once(fields.asked_method, value, fault);
    } else if (name == beast_field::access_control_request_headers) {
        keep_once(fields.asked_headers, value, fault);
    } else if (name == beast_field::expect) {
        if (!iequals(value, "100-continue")) {
            refuse(417, "The only expectation is 100-continue.", fault);
            return;
        }
        into_.expects_continue = into_.version >= 11;
    } else {  // unknown to Beast, or known only to a later one
        if (iequals(name_text, "X-VALHALLA-KEY")) {
            keep_once(fields.key, value, fault);
        } else if (iequals(name_text, "X-VALHALLA-CSRF")) {
            keep_once(fields.csrf, value, fault);
        } else if (iequals(name_text, "Idempotency-Key")) {
            if (std::exchange(into_.has_idempotency_key, true)) {
                refuse(400, "A field of the request is there twice.", fault);
                return;
            }
            fields.idempotency_key.assign(value.data(), value.size());
        } else if (iequals(name_text, "Last-Event-ID")) {
            keep_once(fields.last_event_id, value, fault);
        } else if (iequals(name_text, "Sec-Fetch-Site")) {
            keep_once(fields.fetch_site, value, fault);
        } else if (iequals(name_text, "Sec-Purpose") || iequals(name_text, "Purpose") || iequals(name_text, "X-Moz")) {
            fields.purpose.append(value.data(), value.size());
        } else if (iequals(name_text, "X-Forwarded-For")) {
            // Several are one list.
            fields.forwarded_for.append(fields.forwarded_for.empty() ? "" : ",").append(view(value));
        } else if (iequals(name_text, "X-Forwarded-Proto")) {
            keep_once(fields.forwarded_proto, value, fault);
        }
    }
}

void request_parser::on_header_impl(error_code& fault) {
    if (into_.version >= 11 && !into_.has_host) {
        refuse(400, "The request has no Host field.", fault);
        return;
    }
    head_complete_ = true;
    into_.keep_alive = keep_alive();
    const auto length = content_length();
    into_.announced = has_encoding_ ? std::numeric_limits<std::uint64_t>::max() : length ? *length : 0;
}

void request_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& fault) {
    fault = {};
    into_.has_body = true;
    if (length && *length > bounds_.body_bytes) {
        refuse(413, "The body is too large.", fault);
    }
}

std::size_t request_parser::on_body_impl(string_view body, error_code& fault) {
    fault = {};
    into_.body.append(body.data(), body.size());
    return body.size();
}

void request_parser::on_chunk_header_impl(std::uint64_t /*size*/, string_view extensions, error_code& fault) {
    fault = {};
    if (extensions.size() > max_chunk_header_bytes) {
        refuse(400, "A chunk's header is too long.", fault);
    } else if (std::ranges::any_of(extensions, [](char c) {
                   return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
               })) {
        refuse(400, "A chunk's header contains a control character.", fault);
    }
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t /*remain*/, string_view body, error_code& fault) {
    return on_body_impl(body, fault);
}

}  // namespace valhalla::http
