// SPDX-License-Identifier: Apache-2.0
#include "schema/witness_store.hpp"

namespace valhalla::schema {

void witness_store::put(std::string_view origin, const witnessed_tree& tree, audit_seq seq) {
    put_.run(origin, tree.size, tree.root, seq);
}

witnessed_map witness_store::load() {
    witnessed_map all;
    auto row = all_.use();
    while (row.step()) {
        all.emplace(row.text(0), witnessed_tree{row.integer(1), std::string{row.text(2)}});
    }
    return all;
}

}  // namespace valhalla::schema
