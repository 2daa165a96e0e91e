// SPDX-License-Identifier: Apache-2.0
#include "tests/ipc/ctl/fake_log.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "schema/proof/base64.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::ctl::test {

namespace json = boost::json;

namespace {

std::string hash(std::string_view bytes) {
    const auto digest = schema::hasher{}.plain(bytes);
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// The largest power of two below n.
std::size_t split(std::size_t n) {
    return std::bit_floor(n - 1);
}

std::size_t number(const json::value& params, const char* name, std::size_t otherwise) {
    const auto* const found = params.as_object().if_contains(name);
    return found == nullptr ? otherwise : found->to_number<std::size_t>();
}

std::string hash_list(const std::vector<std::string>& hashes) {
    std::string list;
    for (const auto& one : hashes) {
        list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", to_base64(one));
    }
    return '[' + list + ']';
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    return schema::to_base64(std::as_bytes(std::span{bytes}));
}

void fake_log::grow_to(std::size_t size) {
    for (auto seq = records_.size() + 1; seq <= size; ++seq) {
        records_.push_back(fmt::format(
            R"({{"v":1,"seq":{},"ts_utc":"2026-11-22T12:00:00.000000Z","event":"X_A","actor":{{"name":"anna","via":"unix"}},"session":{},"payload":{{"n":{}.50}}}})",
            seq, seq % 3 == 0 ? "7" : "null", seq));
    }
}

void fake_log::rewrite(std::size_t index, std::string record) {
    records_.at(index) = std::move(record);
    known_.clear();
}

std::string fake_log::subtree(std::size_t begin, std::size_t end) {
    const auto n = end - begin;
    if (n == 0) {
        return hash("");
    }
    const auto known = known_.find({begin, end});
    if (known != known_.end()) {
        return known->second;
    }
    const auto k = n == 1 ? 0 : begin + split(n);
    auto value =
        n == 1 ? hash(std::string(1, '\0') + records_.at(begin)) : hash('\x01' + subtree(begin, k) + subtree(k, end));
    if (std::has_single_bit(n)) {
        known_.emplace(std::pair{begin, end}, value);
    }
    return value;
}

std::string fake_log::root(std::size_t size) {
    return subtree(0, size);
}

void fake_log::path(std::size_t index, std::size_t begin, std::size_t end, std::vector<std::string>& proof) {
    if (end - begin <= 1) {
        return;
    }
    const auto k = begin + split(end - begin);
    if (index < k) {
        path(index, begin, k, proof);
        proof.push_back(subtree(k, end));
    } else {
        path(index, k, end, proof);
        proof.push_back(subtree(begin, k));
    }
}

std::vector<std::string> fake_log::inclusion(std::size_t index, std::size_t size) {
    std::vector<std::string> proof;
    path(index, 0, size, proof);
    return proof;
}

void fake_log::subproof(std::size_t old_size, std::size_t begin, std::size_t end, bool whole,
                        std::vector<std::string>& proof) {
    if (old_size == end) {
        if (!whole) {
            proof.push_back(subtree(begin, end));
        }
        return;
    }
    const auto k = begin + split(end - begin);
    if (old_size <= k) {
        subproof(old_size, begin, k, whole, proof);
        proof.push_back(subtree(k, end));
    } else {
        subproof(old_size, k, end, false, proof);
        proof.push_back(subtree(begin, k));
    }
}

std::vector<std::string> fake_log::consistency(std::size_t old_size, std::size_t size) {
    std::vector<std::string> proof;
    if (old_size > 0 && old_size < size) {
        subproof(old_size, 0, size, true, proof);
    }
    return proof;
}

std::string fake_log::tile(std::size_t level, std::size_t index, std::size_t width) {
    const auto each = std::size_t{1} << (8 * level);
    std::string hashes;
    for (auto i = index * 256; i < index * 256 + width; ++i) {
        hashes += subtree(i * each, (i + 1) * each);
    }
    return hashes;
}

std::string fake_log::note(std::size_t size) {
    return fmt::format("{}\n{}\n{}\n\n\xe2\x80\x94 {} AQIDBAUG\n", origin_, size, to_base64(root(size)), origin_);
}

std::string fake_log::page(const json::value& params) {
    const bool ascending = params.as_object().contains("after");
    const auto after = number(params, "after", 0);
    const auto before = number(params, "before", records_.size() + 1);
    const auto limit = std::min(number(params, "limit", 100), largest_page);
    const auto session = number(params, "session", 0);
    pages_asked.push_back(static_cast<std::int64_t>(ascending ? after : before));
    std::vector<std::size_t> found;
    for (auto seq = ascending ? after + 1 : before - 1; seq >= 1 && seq <= records_.size() && found.size() <= limit;
         seq = ascending ? seq + 1 : seq - 1) {
        if (session == 0 || (session == 7 && seq % 3 == 0)) {
            found.push_back(seq);
        }
    }
    const bool more = found.size() > limit;
    found.resize(std::min(found.size(), limit));
    std::string items;
    for (const auto seq : found) {
        items += (items.empty() ? "" : ",") + records_[seq - 1];
    }
    return result(fmt::format(R"({{"items":[{}],"next_cursor":{},"order":"{}"}})", items,
                              more ? fmt::format("\"{}\"", found.back()) : "null",
                              ascending ? "ascending" : "descending"));
}

std::string fake_log::answer_inclusion(const json::value& params) {
    const auto seq = number(params, "seq", 0);
    const auto size = number(params, "size", records_.size());
    const auto signed_note = params.as_object().contains("size") ? "null" : json_string(note());
    return result(fmt::format(R"({{"index":{},"size":{},"hashes":{},"record":{},"note":{}}})", seq - 1, size,
                              hash_list(inclusion(seq - 1, size)), records_.at(seq - 1), signed_note));
}

void fake_log::serve(fake_daemon& daemon) {
    daemon.on("audit.checkpoint", [this](const auto&) {
        return result(fmt::format(R"({{"origin":"{}","size":{},"root":"{}","note":{}}})", origin_, size(),
                                  to_base64(root(size())), json_string(note())));
    });
    daemon.on("audit.key",
              [this](const auto&) { return result(fmt::format(R"({{"origin":"{}","key":"{}"}})", origin_, key())); });
    daemon.on("audit.list", [this](const json::value& p) { return page(p); });
    daemon.on("audit.inclusion", [this](const json::value& p) { return answer_inclusion(p); });
    daemon.on("audit.consistency", [this](const json::value& p) {
        const auto old_size = number(p, "old_size", 0);
        const auto size = number(p, "size", records_.size());
        return result(fmt::format(R"({{"old_size":{},"size":{},"hashes":{},"note":null}})", old_size, size,
                                  hash_list(consistency(old_size, size))));
    });
    daemon.on("audit.tile", [this](const json::value& p) {
        const auto level = number(p, "level", 0);
        const auto index = number(p, "index", 0);
        const auto width = number(p, "width", 256);
        tiles_asked.push_back(fmt::format("{}/{}/{}", level, index, width));
        return result(fmt::format(R"({{"level":{},"index":{},"width":{},"hashes":"{}"}})", level, index, width,
                                  to_base64(tile(level, index, width))));
    });
}

}  // namespace valhalla::ctl::test
