// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/proof_answer.hpp"

#include <span>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/view.hpp"
#include "schema/proof/merkle_proof.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

std::vector<schema::hash256> read_hashes(const json::value& result) {
    std::vector<schema::hash256> hashes;
    const auto& list = items(result, "hashes");
    for (const auto& one : list) {
        const auto hash = one.is_string() ? schema::hash_of_base64(text_of(one)) : std::nullopt;
        if (!hash || list.size() > schema::max_proof_hashes) {
            throw contradiction("the daemon's proof contains something that is not a hash");
        }
        hashes.push_back(*hash);
    }
    if (!member(result, "hashes").is_array()) {
        throw contradiction("the daemon's proof has no hashes");
    }
    return hashes;
}

schema::tlog_proof read_inclusion(const answer& result, std::int64_t seq, const signed_checkpoint& under) {
    const auto record = member_span(result.text, "record");
    const auto bytes = std::as_bytes(std::span{record});
    schema::tlog_proof proof{.extra = std::vector(bytes.begin(), bytes.end()),
                             .index = static_cast<std::uint64_t>(seq - 1),
                             .hashes = read_hashes(result.value),
                             .checkpoint = under.note};
    if (integer(result.value, "index") != seq - 1 || integer(result.value, "size") != under.size() ||
        integer(member(result.value, "record"), "seq") != seq) {
        throw contradiction(fmt::format("audit.inclusion answered something else than a proof of record {}", seq));
    }
    schema::hasher h;
    if (!schema::verify_inclusion(proof.index, h.leaf(record), under.says.head, proof.hashes, h)) {
        throw contradiction(fmt::format("the proof of record {} does not lead to the checkpoint's root", seq));
    }
    return proof;
}

}  // namespace valhalla::ctl
