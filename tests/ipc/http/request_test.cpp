// SPDX-License-Identifier: Apache-2.0
//
// Reading requests: whatever pieces they come in, they mean the same, and what is ambiguous is refused.
#include "ipc/http/request.hpp"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

using namespace valhalla::http;

namespace {

struct reading {
    request content;
    int fault = 0;  ///< status; 0 where there was none
    bool complete = false;
    std::size_t taken = 0;
};

/// As a connection does it: the head in one piece, the body as it comes, `step` bytes at a time.
void read_in_pieces(std::string_view text, std::size_t step, reading& into) {
    const limits bounds;
    std::size_t there = 0;
    head_scan scan;
    while (scan.what == head_scan::state::incomplete) {
        if (there == text.size()) {
            return;
        }
        there = std::min(there + step, text.size());
        scan = scan_head(text.substr(0, there), bounds);
    }
    if (scan.what == head_scan::state::refused) {
        into.fault = scan.fault.status;
        return;
    }
    request_parser parser{into.content, bounds};
    into.taken = parser.read(text.substr(0, scan.size));
    while (!parser.complete() && !parser.fault()) {
        into.taken += parser.read(text.substr(into.taken, there - into.taken));
        if (there == text.size()) {
            break;
        }
        there = std::min(there + step, text.size());
    }
    into.fault = parser.fault() ? parser.fault()->status : 0;
    into.complete = parser.complete();
}

reading read_whole(std::string_view text) {
    reading got;
    read_in_pieces(text, text.size(), got);
    return got;
}

constexpr std::string_view chunked =
    "POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"
    "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nHost: other\r\n\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_request)

BOOST_AUTO_TEST_CASE(a_request_means_the_same_in_whatever_pieces_it_comes) {
    for (std::size_t step = 1; step <= chunked.size(); ++step) {
        reading got;
        read_in_pieces(chunked, step, got);
        BOOST_TEST_CONTEXT("pieces of " << step) {
            BOOST_TEST(got.complete);
            BOOST_TEST(got.content.body == R"({"a":1})");
            BOOST_TEST(got.content.target == "/a?b=c");
            BOOST_TEST(got.content.fields.host == "h");  // not that of the trailer
            BOOST_TEST(got.content.fields.idempotency_key == "k");
            BOOST_TEST(got.taken == chunked.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_request_is_incomplete_and_nothing_else) {
    for (std::size_t size = 0; size < chunked.size(); ++size) {
        const auto got = read_whole(chunked.substr(0, size));
        BOOST_TEST_CONTEXT("the first " << size << " bytes") {
            BOOST_TEST(!got.complete);
            BOOST_TEST(got.fault == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_follows_a_request_is_not_taken) {
    const std::string two = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /second";
    const auto got = read_whole(two);
    BOOST_TEST(got.complete);
    BOOST_TEST(got.taken == two.find("GET /second"));
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_never_makes_a_request_longer_than_it_is) {
    const std::string original = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";
    int read = 0;
    for (std::size_t at = 0; at < original.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            auto changed = original;
            changed[at] = static_cast<char>(byte);
            const auto got = read_whole(changed);
            read += got.complete ? 1 : 0;
            BOOST_REQUIRE(got.taken <= changed.size());
            BOOST_REQUIRE(!got.complete || got.fault == 0);
        }
    }
    BOOST_TEST(read > 1'000);  // most bytes of a target or a value may be others
}

BOOST_AUTO_TEST_CASE(limits_are_kept_to_the_byte) {
    const limits bounds;
    const auto with_target = [](std::size_t size) {
        return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    };
    BOOST_TEST(read_whole(with_target(bounds.target_bytes)).complete);
    BOOST_TEST(read_whole(with_target(bounds.target_bytes + 1)).fault == 414);
    const auto with_fields = [](std::size_t count) {
        std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
        for (std::size_t i = 1; i < count; ++i) {
            text += "X: y\r\n";
        }
        return text + "\r\n";
    };
    BOOST_TEST(read_whole(with_fields(bounds.fields)).complete);
    BOOST_TEST(read_whole(with_fields(bounds.fields + 1)).fault == 431);
    const auto with_body = [](std::size_t size) {
        return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'b');
    };
    BOOST_TEST(read_whole(with_body(bounds.body_bytes)).complete);
    BOOST_TEST(read_whole(with_body(bounds.body_bytes + 1)).fault == 413);
}

BOOST_AUTO_TEST_CASE(a_request_is_cleared_for_the_next_one) {
    request kept;
    const limits bounds;
    {
        request_parser parser{kept, bounds};
        BOOST_TEST(
            parser.read(
                "POST / HTTP/1.1\r\nHost: h\r\nX-VALHALLA-KEY: secret\r\nSec-Purpose: prefetch\r\nContent-Length: "
                "1\r\n\r\nx") > 0U);
        BOOST_TEST(kept.fields.key == "secret");
    }
    request_parser parser{kept, bounds};
    BOOST_TEST(parser.read("GET / HTTP/1.0\r\n\r\n") > 0U);
    BOOST_TEST(kept.fields.key.empty());
    BOOST_TEST(kept.fields.purpose.empty());
    BOOST_TEST(kept.fields.host.empty());
    BOOST_TEST(kept.body.empty());
    BOOST_TEST(!kept.has_body);
    BOOST_TEST(!kept.keep_alive);
}

BOOST_AUTO_TEST_SUITE_END()
