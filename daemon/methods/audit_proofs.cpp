// SPDX-License-Identifier: Apache-2.0
//
// audit.checkpoint, .key, .inclusion, .consistency, .tile: what lets others verify the trail.
#include <utility>

#include <fmt/format.h>

#include "daemon/methods/bind.hpp"
#include "ipc/api/audit.hpp"
#include "schema/proof/base64.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

ipc::rpc_error signing_error(const notary::trouble& problem) {
    return {problem.disk_full ? ipc::error_code::storage_full : ipc::error_code::internal_error, problem.message, {}};
}

/// The parameter `key` asks for more than the trail has.
ipc::rpc_error beyond(ipc::error_code code, std::string_view key, std::int64_t asked, std::uint64_t size) {
    ipc::rpc_error error{code, fmt::format("{} {} is beyond the trail, which has {} records", key, asked, size), {}};
    ipc::append_text_member(error.data_members, "key", key);
    error.data_members += fmt::format(R"(,"size":{})", size);
    return error;
}

void write_hashes(json_writer& json, const std::vector<schema::hash256>& hashes) {
    json.key("hashes").begin_array();
    for (const auto& hash : hashes) {
        json.value(schema::to_base64(hash));
    }
    json.end_array();
}

void write_note(json_writer& json, const checkpoint_ptr& of) {
    json.key("note");
    of ? json.value(of->note) : json.null();
}

std::string checkpoint_json(const signed_checkpoint& newest) {
    std::string out;
    json_writer json{out};
    json.begin_object().member("origin", newest.what.origin).member("size", newest.what.head.size);
    json.member("root", schema::to_base64(newest.what.head.root)).member("note", newest.note).end_object();
    return out;
}

query_pool::answer inclusion_json(schema::reader& from, audit_seq seq, std::uint64_t size, const checkpoint_ptr& of) {
    const auto index = static_cast<std::uint64_t>(raw(seq)) - 1;
    const auto record = from.record(seq);
    if (!record || index >= size) {
        return beyond(ipc::error_code::unknown_record, "seq", raw(seq), size);
    }
    std::string out;
    json_writer json{out};
    json.begin_object().member("index", index).member("size", size);
    write_hashes(json, from.inclusion(index, size));
    json.key("record").raw(*record);
    write_note(json, of);
    json.end_object();
    return out;
}

query_pool::answer consistency_json(schema::reader& from, std::uint64_t old_size, std::uint64_t size,
                                    const checkpoint_ptr& of) {
    if (old_size > size) {
        return beyond(ipc::error_code::beyond_the_trail, "old_size", static_cast<std::int64_t>(old_size), size);
    }
    std::string out;
    json_writer json{out};
    json.begin_object().member("old_size", old_size).member("size", size);
    write_hashes(json, from.consistency(old_size, size));
    write_note(json, of);
    json.end_object();
    return out;
}

query_pool::answer tile_json(schema::reader& from, const api::audit_tile::params& p) {
    const auto level = static_cast<unsigned>(p.level);
    const auto index = static_cast<std::uint64_t>(p.index);
    const auto width = static_cast<std::uint64_t>(p.width);
    const auto size = from.trail_size();
    if (index * schema::tile_width + width > size >> (schema::tile_height * level)) {
        return beyond(ipc::error_code::beyond_the_trail, "index", p.index, size);
    }
    const auto hashes = from.tile(level, index, width);
    std::string out;
    json_writer json{out};
    json.begin_object().member("level", p.level).member("index", p.index).member("width", p.width);
    json.member("hashes", schema::to_base64(std::as_bytes(std::span{hashes}))).end_object();
    return out;
}

/// Runs `answer(reader, size, checkpoint)` on the query thread: with the given size and no checkpoint, or with those of
/// a checkpoint that covers all that was committed when it was asked for.
template <class Answer>
void at_size(const services& with, std::optional<std::int64_t> size, ipc::reply_handle reply, Answer answer) {
    if (size) {
        const auto head = with.hot.head().size;
        if (static_cast<std::uint64_t>(*size) > head) {
            reply.fail(beyond(ipc::error_code::beyond_the_trail, "size", *size, head));
            return;
        }
        with.queries.submit([answer = std::move(answer), n = static_cast<std::uint64_t>(*size)](
                                schema::reader& from) { return answer(from, n, checkpoint_ptr{}); },
                            std::move(reply));
        return;
    }
    with.signer.when_signed(with.hot.head().size, [&queries = with.queries, post = with.post, reply = std::move(reply),
                                                   answer = std::move(answer)](const notary::outcome& done) mutable {
        post([&queries, reply = std::move(reply), answer = std::move(answer), done]() mutable {
            if (const auto* problem = std::get_if<notary::trouble>(&done)) {
                reply.fail(signing_error(*problem));
                return;
            }
            queries.submit([answer = std::move(answer), of = std::get<checkpoint_ptr>(done)](
                               schema::reader& from) { return answer(from, of->what.head.size, of); },
                           std::move(reply));
        });
    });
}

}  // namespace

void bind_proof_methods(ipc::method_table& table, const services& with) {
    table.on<api::audit_checkpoint>([with](const api::audit_checkpoint::params&, ipc::call& c) {
        with.signer.when_signed(with.hot.head().size,
                                [post = with.post, reply = c.defer()](const notary::outcome& done) mutable {
                                    post([reply = std::move(reply), done]() mutable {
                                        if (const auto* problem = std::get_if<notary::trouble>(&done)) {
                                            reply.fail(signing_error(*problem));
                                        } else {
                                            reply.reply(checkpoint_json(*std::get<checkpoint_ptr>(done)));
                                        }
                                    });
                                });
    });
    table.on<api::audit_key>([with](const api::audit_key::params&, ipc::call& c) {
        std::string out;
        json_writer json{out};
        json.begin_object().member("origin", with.signer.origin()).member("key", with.signer.verifier_key());
        json.end_object();
        c.reply(out);
    });
    table.on<api::audit_inclusion>([with](const api::audit_inclusion::params& p, ipc::call& c) {
        at_size(with, p.size, c.defer(),
                [seq = audit_seq{p.seq}](schema::reader& from, std::uint64_t size, const checkpoint_ptr& of) {
                    return inclusion_json(from, seq, size, of);
                });
    });
    table.on<api::audit_consistency>([with](const api::audit_consistency::params& p, ipc::call& c) {
        at_size(with, p.size, c.defer(),
                [old_size = static_cast<std::uint64_t>(p.old_size)](schema::reader& from, std::uint64_t size,
                                                                    const checkpoint_ptr& of) {
                    return consistency_json(from, old_size, size, of);
                });
    });
    table.on<api::audit_tile>([with](const api::audit_tile::params& p, ipc::call& c) {
        with.queries.submit([p](schema::reader& from) { return tile_json(from, p); }, c.defer());
    });
}

}  // namespace valhalla
