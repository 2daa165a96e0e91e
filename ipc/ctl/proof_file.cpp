// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/proof_file.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "ipc/ctl/base64.hpp"
#include "ipc/ctl/json_span.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace json = boost::json;

namespace {

constexpr std::size_t max_proof_hashes = 63;

}  // namespace

std::vector<tree_hash> read_hashes(const json::value& result) {
    std::vector<tree_hash> hashes;
    const auto& list = items(result, "hashes");
    for (const auto& one : list) {
        const auto hash = one.is_string() ? hash_of(text_of(one)) : std::nullopt;
        if (!hash || list.size() > max_proof_hashes) {
            throw contradiction("the daemon's proof has something in it that is no hash");
        }
        hashes.push_back(*hash);
    }
    if (!member(result, "hashes").is_array()) {
        throw contradiction("the daemon's proof has no hashes");
    }
    return hashes;
}

inclusion read_inclusion(const answer& result, std::int64_t seq, const checkpoint& signed_tree) {
    inclusion proven;
    proven.seq = seq;
    proven.record = member_span(result.text, "record");
    proven.proof = read_hashes(result.value);
    if (integer(result.value, "index") != seq - 1 || integer(result.value, "size") != signed_tree.size ||
        integer(member(result.value, "record"), "seq") != seq) {
        throw contradiction(fmt::format("audit.inclusion answered something else than a proof of record {}", seq));
    }
    const auto root = root_of_inclusion(leaf_hash(proven.record), seq - 1, signed_tree.size, proven.proof);
    if (root != signed_tree.root) {
        throw contradiction(fmt::format("the proof of record {} does not lead to the checkpoint's root", seq));
    }
    return proven;
}

std::string proof_file(const inclusion& proven, const checkpoint& signed_tree) {
    auto file = fmt::format("c2sp.org/tlog-proof@v1\nextra {}\nindex {}\n", to_base64(proven.record), proven.seq - 1);
    for (const auto& hash : proven.proof) {
        file += to_base64(bytes_of(hash)) + '\n';
    }
    return file + '\n' + signed_tree.note;
}

}  // namespace valhalla::ctl
