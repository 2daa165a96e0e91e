// SPDX-License-Identifier: Apache-2.0
#include "daemon/witness.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla {

namespace {

ipc::rpc_error refuse(ipc::error_code code, std::string message) {
    ipc::rpc_error error{code, std::move(message), {}};
    ipc::append_text_member(error.data_members, "key", "request");
    return error;
}

ipc::rpc_error malformed(std::string_view what) {
    return refuse(ipc::error_code::invalid_params, fmt::format("the request is malformed: {}", what));
}

/// Takes the first line off, without its newline; nothing when there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<std::uint64_t> old_size_of(std::string_view line) {
    constexpr std::string_view word = "old ";
    if (!line.starts_with(word)) {
        return std::nullopt;
    }
    line.remove_prefix(word.size());
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size);
    const bool leading_zero = line.size() > 1 && line.front() == '0';
    return error == std::errc{} && end == line.data() + line.size() && !leading_zero ? std::optional{size}
                                                                                     : std::nullopt;
}

}  // namespace

ipc::rpc_error witness::none() {
    return {ipc::error_code::no_witness,
            "this daemon is not a witness: set name and logs in [witness] of its configuration",
            {}};
}

std::variant<witness::request, ipc::rpc_error> witness::read(std::string_view body) const {
    if (!key_) {
        return none();
    }
    const auto first = take_line(body);
    const auto old_size = first ? old_size_of(*first) : std::nullopt;
    if (!old_size) {
        return malformed("it must begin with a line 'old <size>'");
    }
    request read;
    read.command.old_size = *old_size;
    for (auto line = take_line(body);; line = take_line(body)) {
        if (!line) {
            return malformed("no empty line before the checkpoint");
        }
        if (line->empty()) {
            break;
        }
        const auto hash = schema::hash_of_base64(*line);
        if (!hash || read.command.proof.size() == max_proof_hashes) {
            return malformed("the proof must be at most 63 lines, each the base64 of 32 bytes");
        }
        read.command.proof.push_back(*hash);
    }
    const auto note = schema::signed_note::parse(body);
    const auto what = note ? schema::checkpoint::parse(note->text) : std::nullopt;
    if (!what) {
        return malformed("what follows the empty line is not a signed checkpoint");
    }
    const auto log = std::ranges::find(logs_, what->origin, &schema::verifier_key::name);
    if (log == logs_.end()) {
        return refuse(ipc::error_code::unknown_log,
                      fmt::format("{} is not one of the logs that this witness watches", what->origin));
    }
    if (schema::check_note(*note, *log) != schema::note_verdict::signed_by_key) {
        return refuse(ipc::error_code::bad_checkpoint, fmt::format("the checkpoint is not signed by {}", log->text()));
    }
    if (*old_size > what->head.size || what->head.size == 0 || what->head.size > INT64_MAX) {
        return malformed(fmt::format("a tree of {} records cannot continue one of {}", what->head.size, *old_size));
    }
    read.command.origin = what->origin;
    read.command.head = what->head;
    read.checkpoint_text = note->text;
    return read;
}

std::string witness::cosign(std::string_view checkpoint_text, std::uint64_t unix_seconds) const {
    return schema::cosignature_line(key_.value(), name_, checkpoint_text, unix_seconds);
}

std::string witness::verifier_key() const {
    return key_ ? schema::verifier_key{.name = name_,
                                       .algorithm = schema::note_algorithm::cosignature_v1,
                                       .key = key_->public_key()}
                      .text()
                : std::string{};
}

}  // namespace valhalla
