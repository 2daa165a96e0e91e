// SPDX-License-Identifier: Apache-2.0
#include "schema/access_store.hpp"

#include "schema/stored_words.hpp"

namespace valhalla::schema {

void access_store::put_lock(const operator_lock& lock, audit_seq seq) {
    drop_run_out_.run(micros_count(lock.since));
    put_lock_.run(lock.operator_name, lock.reason, micros_count(lock.since), stored_micros(lock.until), lock.locked_by,
                  seq);
}

void access_store::remove_lock(std::string_view operator_name) {
    remove_lock_.run(operator_name);
}

lock_map access_store::locks() {
    lock_map all;
    auto row = locks_.use();
    while (row.step()) {
        all.emplace(row.text(0), operator_lock{.operator_name = std::string{row.text(0)},
                                               .reason = std::string{row.text(1)},
                                               .since = micros_at(row.integer(2)),
                                               .until = stored_time(row.maybe_integer(3)),
                                               .locked_by = std::string{row.text(4)}});
    }
    return all;
}

void access_store::add_key(const api_key& key, audit_seq seq) {
    add_key_.run(key.id, key.name, key.role, key.hash, micros_count(key.created_at), key.created_by,
                 stored_micros(key.expires_at), seq);
}

void access_store::remove_key(std::string_view id) {
    remove_key_.run(id);
}

key_map access_store::keys() {
    key_map all;
    auto row = keys_.use();
    while (row.step()) {
        all.emplace(row.text(0), api_key{.id = std::string{row.text(0)},
                                         .name = std::string{row.text(1)},
                                         .role = stored_role(row.integer(2), "api_key.role"),
                                         .hash = std::string{row.text(3)},
                                         .created_at = micros_at(row.integer(4)),
                                         .created_by = std::string{row.text(5)},
                                         .expires_at = stored_time(row.maybe_integer(6))});
    }
    return all;
}

}  // namespace valhalla::schema
