// SPDX-License-Identifier: Apache-2.0
//
// The trail over HTTP: C2SP tlog-tiles and tlog-witness, and its records as they come.
#include <charconv>
#include <memory>
#include <numeric>
#include <utility>

#include "ipc/http/call_params.hpp"
#include "ipc/http/gateway.hpp"
#include "ipc/http/json_members.hpp"
#include "ipc/http/tlog.hpp"
#include "ipc/json_text.hpp"
#include "ipc/limits.hpp"
#include "ipc/utf8.hpp"

namespace valhalla::http {

namespace {

[[nodiscard]] std::optional<std::uint64_t> seq_from(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

[[nodiscard]] std::size_t bytes_of_entries(const std::vector<std::string_view>& records) noexcept {
    return std::accumulate(records.begin(), records.end(), std::size_t{0},
                           [](std::size_t sum, const auto& record) { return sum + entry_bytes(record); });
}

/// In one piece, for as long as it takes to send it or to keep what cannot be sent yet.
[[nodiscard]] std::string joined_pages(const std::vector<std::string>& pages) {
    std::string whole;
    whole.reserve(std::accumulate(pages.begin(), pages.end(), std::size_t{0},
                                  [](std::size_t sum, const auto& page) { return sum + page.size(); }));
    for (const auto& page : pages) {
        whole += page;
    }
    return whole;
}

}  // namespace

void gateway::tile(const admitted& what, const request& whole, const exchange& with) {
    const auto path = parse_tile_path(what.parameter);
    if (!path) {
        respond(with, refuse(404, "Not Found"));
        return;
    }
    if (path->entries) {
        entries(what, path->index * 256, path->width, std::make_shared<entry_bundle>(memory_), with);
        return;
    }
    asked by{
        .if_none_match = validators_of(whole), .gzip = false, .has_body = false, .has_request_key = false, .body = {}};
    const auto params = "{\"level\":" + std::to_string(path->level) + ",\"index\":" + std::to_string(path->index) +
                        ",\"width\":" + std::to_string(path->width) + "}";
    what.who->via(lane::query)
        .ask("audit.tile", params, false, [this, what, by = std::move(by), with](const upstream_answer& answer) {
            answered(what, by, with, answer);
        });
}

/// Gathers a bundle from pages of records: long ones make pages shorter than what was asked for.
void gateway::entries(const admitted& what, std::uint64_t after, std::size_t missing,
                      const std::shared_ptr<entry_bundle>& bundle, const exchange& with) {
    const auto params = "{\"after\":" + std::to_string(after) + ",\"limit\":" + std::to_string(missing) + "}";
    what.who->via(lane::query)
        .ask("audit.list", params, false, [this, what, after, missing, with, bundle](const upstream_answer& answer) {
            if (answer.what != upstream_answer::outcome::result) {
                answered(what, {}, with, answer);
                return;
            }
            const auto page = json_members::of(answer.text);
            const auto items = page ? json_elements((*page)["items"]) : std::nullopt;
            if (!items || items->empty()) {
                respond(with, refuse(404, "Not Found"));  // the trail is not that long
                return;
            }
            const auto bytes = bytes_of_entries(*items);
            if (!bundle->held.take(bytes)) {
                respond(with, refuse(503, "Too much is asked for at once. Try again in a moment."));
                return;
            }
            auto& grown = bundle->pages.emplace_back();
            grown.reserve(bytes);
            for (const auto& record : *items) {
                if (!append_entry(grown, record)) {
                    respond(with, refuse(500, "The daemon's answer is not of the expected form."));
                    return;
                }
            }
            if (items->size() < missing) {
                entries(what, after + items->size(), missing - items->size(), bundle, with);
                return;
            }
            with.respond({.body = joined_pages(bundle->pages),
                          .content_type = "application/octet-stream",
                          .cache_control = "public, max-age=31536000, immutable"});
        });
}

void gateway::add_checkpoint(const admitted& what, const request& whole, const exchange& with) {
    if (whole.body.size() > ipc::max_witness_request_bytes) {
        respond(with, refuse(413, "A request to a witness has at most " +
                                      std::to_string(ipc::max_witness_request_bytes) + " bytes."));
        return;
    }
    if (!ipc::is_utf8(whole.body)) {
        respond(with, refuse(400, "The body is not valid UTF-8."));
        return;
    }
    std::string params = "{\"request\":";
    ipc::append_quoted(params, whole.body);
    params += '}';
    what.who->via(lane::change).ask("audit.witness", params, false, [this, what, with](const upstream_answer& answer) {
        if (answer.what == upstream_answer::outcome::error) {
            const auto error = json_members::of(answer.text);
            const auto data = error ? json_members::of((*error)["data"]) : std::nullopt;
            const auto kind = data ? (*data)["kind"] : std::string_view{};
            if (kind == "\"witness_conflict\"") {
                // The specification's own form: the size alone.
                const auto size = std::string{(*data)["size"]} + "\n";
                with.respond({.status = 409, .body = size, .content_type = "text/x.tlog.size"});
                return;
            }
            const bool other_root = kind == "\"bad_proof\"" && !(*data)["size"].empty();
            if (other_root || kind == "\"invalid_params\"") {
                respond(with, refuse(other_root ? 409 : 400, json_text((*error)["message"])));
                return;
            }
        }
        answered(what, {.if_none_match = {}, .gzip = false, .has_body = true, .has_request_key = false, .body = {}},
                 with, answer);
    });
}

void gateway::stream(const admitted& what, const request& whole, const exchange& with) {
    const auto query = parse_query(what.query);
    if (!query) {
        respond(with, refuse(400, "The query is not valid percent-encoded UTF-8, or has too many parameters."));
        return;
    }
    const auto built = params_of(*what.row, {{}, *query, {}, {}});
    if (!built.problems.empty()) {
        with.respond({.status = 422, .body = problems_body(built.problems)});
        return;
    }
    std::optional<std::uint64_t> after;
    if (!whole.fields.last_event_id.empty()) {
        // A browser that connects again says where it was; the query still says where it began.
        after = seq_from(whole.fields.last_event_id);
        if (!after) {
            respond(with, refuse(422, "The Last-Event-ID is not a seq of the trail."));
            return;
        }
    } else if (const auto params = json_members::of(built.json); params && !(*params)["after"].empty()) {
        after = seq_from((*params)["after"]);
        if (!after) {
            with.respond(
                {.status = 422,
                 .body = problems_body({{"query", "after", "value is not the seq of a record", "value_error"}})});
            return;
        }
    }
    auto* const holder = keys_.holder_of(*what.who);
    const auto events = holder != nullptr ? holder->events : own_events_;
    events->join(with, after, what.who, [this, what, with](const upstream_answer& answer) {
        if (answer.what == upstream_answer::outcome::result) {
            keys_.prove(*what.who, what.sender);
            if (!what.login.empty() && !logins_.keep(what.login, with.shared())) {
                with.on().close();  // the login ended while the daemon was asked
            }
        } else {
            answered(what, {}, with, answer);
        }
    });
}

}  // namespace valhalla::http
