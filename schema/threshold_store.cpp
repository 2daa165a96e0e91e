// SPDX-License-Identifier: Apache-2.0
#include "schema/threshold_store.hpp"

#include <variant>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/stored_words.hpp"

namespace valhalla::schema {
namespace {

/// Reads column 1 into the member that the alternative points to.
struct value_reader {
    thresholds& into;
    const statement::use_guard& row;
    std::string_view name;

    void operator()(std::int64_t thresholds::* member) const {
        expect(SQLITE_INTEGER);
        into.*member = row.integer(1);
    }
    void operator()(double thresholds::* member) const {
        expect(SQLITE_FLOAT);
        into.*member = row.real(1);
    }
    void operator()(health_level thresholds::* member) const {
        const auto level = parse_health_level(row.text(1));
        if (!level) {
            throw_damaged(fmt::format("threshold {}", name));
        }
        into.*member = *level;
    }

  private:
    void expect(int type) const {
        if (row.type(1) != type) {
            throw_damaged(fmt::format("threshold {}", name));
        }
    }
};

}  // namespace

void threshold_writer::put(const thresholds& t) {
    for (const threshold_field& field : threshold_fields()) {
        std::visit(
            [&](auto member) {
                if constexpr (std::is_same_v<decltype(member), health_level thresholds::*>) {
                    put_.run(field.name, to_text(t.*member));
                } else {
                    put_.run(field.name, t.*member);
                }
            },
            field.where);
    }
}

thresholds threshold_shelf::load() {
    thresholds t;
    auto row = all_.use();
    while (row.step()) {
        const std::string name{row.text(0)};
        if (const threshold_field* field = find_threshold(name)) {
            std::visit(value_reader{t, row, name}, field->where);
        }
    }
    return t;
}

}  // namespace valhalla::schema
