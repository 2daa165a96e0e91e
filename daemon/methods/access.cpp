// SPDX-License-Identifier: Apache-2.0
#include "ipc/api/access.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/api_keys.hpp"
#include "daemon/clock.hpp"
#include "daemon/methods/bind.hpp"
#include "daemon/render.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;
namespace commands = governor::commands;

std::optional<std::chrono::seconds> span_of(const std::optional<std::int64_t>& count) {
    return count ? std::optional{std::chrono::seconds{*count}} : std::nullopt;
}

std::string locks_json(const governor::state& s, span_point now) {
    std::string out;
    json_writer json{out};
    json.begin_object().key("items").begin_array();
    for (const auto& [name, lock] : *s.locks) {
        if (lock.holds_at(now)) {
            const auto* const active = s.sessions->active_of(name);
            write_lock(json, lock, active == nullptr ? std::nullopt : std::optional{active->id});
        }
    }
    json.end_array().end_object();
    return out;
}

std::string keys_json(const governor::state& s, span_point now) {
    std::vector<const api_key*> all;
    for (const auto& [id, key] : *s.keys) {
        all.push_back(&key);
    }
    std::ranges::stable_sort(all, {}, &api_key::created_at);
    std::string out;
    json_writer json{out};
    json.begin_object().key("items").begin_array();
    for (const auto* key : all) {
        write_key(json, *key, now);
    }
    json.end_array().end_object();
    return out;
}

/// Where the ledger's answer to key.create arrives, which knows the key's hash alone. The key itself has waited here
/// and is put in now that its hash is stored; so it is in no answer that is kept for a retry, and in nothing on the
/// disk.
class key_handover final : public ipc::reply_sink {
  public:
    key_handover(drawn_key key, ipc::reply_handle to) : key_{std::move(key)}, to_{std::move(to)} {}
    ~key_handover() override { wipe(key_.text); }
    key_handover(const key_handover&) = delete;
    key_handover& operator=(const key_handover&) = delete;

    void deliver(std::uint64_t /*ticket*/, std::string_view result) override {
        // A retry gets the answer of the first request back, which is about a key that was drawn then.
        const bool ours = result.starts_with(R"({"id":")" + key_.id + '"');
        std::string out{result.substr(0, result.size() - 1)};
        out += ours ? R"(,"key":")" + key_.text + R"("})" : std::string{R"(,"key":null})"};
        to_.reply(out);
        wipe(out);
    }
    void deliver_error(std::uint64_t /*ticket*/, const ipc::rpc_error& error) override { to_.fail(error); }

  private:
    drawn_key key_;
    ipc::reply_handle to_;
};

/// Which of its reasons holds is not told, nor which id was tried: who has no key learns nothing about keys.
ipc::rpc_error wrong_key() {
    return {ipc::error_code::invalid_key,
            "this key is not valid: it is unknown, was revoked or has expired",
            {},
            ipc::role::viewer};
}

std::string identity_json(const ipc::key_identity& whom, const api_key& key) {
    std::string out;
    json_writer json{out};
    json.begin_object().member("id", whom.id).member("name", whom.name).member("role", ipc::to_text(whom.granted));
    json.key("expires_at_utc");
    key.expires_at ? json.value(*key.expires_at) : json.null();
    json.end_object();
    return out;
}

void bind_operators(ipc::method_table& table, const services& with) {
    table.on<api::operator_lock>([with](api::operator_lock::params&& p, ipc::call& c) {
        auto also = with.users.other_name_of(p.operator_name);
        if (also && p.operator_name.starts_with("uid:")) {
            p.operator_name.swap(*also);  // a person is called by their name
        }
        with.changes.submit(commands::lock_operator{.operator_name = std::move(p.operator_name),
                                                    .reason = std::move(p.reason),
                                                    .ttl = span_of(p.ttl_s),
                                                    .also = std::move(also)},
                            c);
    });
    table.on<api::operator_unlock>([with](api::operator_unlock::params&& p, ipc::call& c) {
        auto also = with.users.other_name_of(p.operator_name);
        with.changes.submit(commands::unlock_operator{std::move(p.operator_name), std::move(p.reason), std::move(also)},
                            c);
    });
    table.on<api::operator_locks>([with](const api::operator_locks::params&, ipc::call& c) {
        c.reply(locks_json(with.hot.state(), with.clock.span()));
    });
}

void bind_keys(ipc::method_table& table, const services& with) {
    table.on<api::key_create>([with](api::key_create::params&& p, ipc::call& c) {
        auto key = draw_key();
        commands::create_key command{.id = key.id,
                                     .hash = key.hash,
                                     .name = std::move(p.name),
                                     .role = from_wire(api::role_of(p.granted)),
                                     .ttl = span_of(p.ttl_s)};
        const auto who = c.who();
        auto token = change_gate::token_of(c);
        const auto after_commit = std::make_shared<key_handover>(std::move(key), c.defer());
        with.changes.submit(std::move(command), who, ipc::reply_handle{after_commit, 0}, std::move(token));
    });
    table.on<api::key_list>([with](const api::key_list::params&, ipc::call& c) {
        c.reply(keys_json(with.hot.state(), with.clock.span()));
    });
    table.on<api::auth_key>([with](api::auth_key::params&& p, ipc::call& c) {
        const auto keys = with.hot.state().keys;
        const auto whom = identify(*keys, p.key, with.clock.span());
        wipe(p.key);
        if (!whom) {
            c.fail(wrong_key());
        } else if (const auto error = c.act_as(*whom)) {
            c.fail(*error);
        } else {
            c.reply(identity_json(*whom, keys->find(whom->id)->second));
        }
    });
    table.on<api::key_revoke>([with](api::key_revoke::params&& p, ipc::call& c) {
        with.changes.submit(commands::revoke_key{std::move(p.id), std::move(p.reason)}, c);
    });
}

}  // namespace

void bind_access_methods(ipc::method_table& table, const services& with) {
    bind_operators(table, with);
    bind_keys(table, with);
}

}  // namespace valhalla
