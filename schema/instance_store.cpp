// SPDX-License-Identifier: Apache-2.0
#include "schema/instance_store.hpp"

namespace valhalla::schema {

void instance_store::create(std::string_view instance, unix_micros created) {
    create_.run(instance, micros_count(created));
}

void instance_store::record_loaded(std::string_view what, std::string_view sha256, std::string_view source,
                                   audit_seq seq) {
    put_loaded_.run(what, sha256, source, seq);
}

std::string instance_store::instance() {
    auto row = instance_.use();
    return row.step() ? std::string{row.text(0)} : std::string{};
}

std::string instance_store::loaded(std::string_view what) {
    auto row = loaded_.use(what);
    return row.step() ? std::string{row.text(0)} : std::string{};
}

}  // namespace valhalla::schema
