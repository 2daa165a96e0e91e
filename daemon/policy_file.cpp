// SPDX-License-Identifier: Apache-2.0
#include "daemon/policy_file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "daemon/built_in_rules.hpp"
#include "daemon/governor/sentence.hpp"
#include "daemon/toml_reader.hpp"

namespace valhalla {

using governor::did_you_mean;
using governor::join;
using governor::nearest_names;

namespace {

constexpr std::int64_t policy_format = 1;
constexpr std::size_t max_classes = 64;
constexpr std::size_t max_engines = 1000;
constexpr std::array all_bands{band::expansion, band::caution, band::stabilize, band::survival};

std::string no_such(std::string_view what, std::string_view name, const std::vector<std::string>& known) {
    return join("There is no ", what, " ", name, ".", did_you_mean(nearest_names(name, known)));
}

/// One `[bands.X]`: a list of actions for every class. Each class must be there: nothing is denied, or allowed, by
/// being forgotten.
void read_band(const toml::table& table, band b, governor::canon& into, toml_reading& reading) {
    const std::vector<std::string_view> classes{into.classes.begin(), into.classes.end()};
    toml_table_reader cells{table, join("bands.", band_letter(b), "."), classes, reading, "class"};
    auto& row = into.allowed.at(static_cast<std::size_t>(b));
    row.assign(into.classes.size(), 0);
    for (std::size_t i = 0; i < into.classes.size(); ++i) {
        for (const std::string& action : cells.names(into.classes[i], true, governor::max_actions)) {
            const auto index = into.find_action(action);
            if (!index) {
                cells.raise(into.classes[i], no_such("action", action, into.actions));
                return;
            }
            row[i] |= std::uint64_t{1} << *index;
        }
    }
}

void read_bands(const toml::table* bands, governor::canon& into, toml_reading& reading) {
    if (bands == nullptr) {
        return;
    }
    toml_table_reader reader{*bands, "bands.", {"A", "B", "C", "D"}, reading};
    for (const band b : all_bands) {
        if (const toml::table* const table = reader.table(band_letter(b)); table != nullptr) {
            read_band(*table, b, into, reading);
        }
    }
}

governor::engine read_engine(toml_table_reader& reader, const governor::canon& so_far) {
    governor::engine out;
    out.name = reader.name("name");
    out.klass = reader.name("class");
    out.allow_optimization = reader.flag("allow_optimization", false);
    out.year1_allowed = reader.flag("year1_allowed", false);
    out.hard_cap_usd = reader.positive_number("hard_cap_usd");
    if (!so_far.find_class(out.klass)) {
        reader.raise("class", no_such("class", out.klass, so_far.classes));
    }
    return out;
}

governor::canon read_canon(const toml::table& root, toml_reading& reading) {
    governor::canon out;
    toml_table_reader reader{root, "", {"format", "actions", "classes", "bands", "engine"}, reading};
    reader.format(policy_format);
    out.actions = reader.names("actions", false, governor::max_actions);
    out.classes = reader.names("classes", false, max_classes);
    read_bands(reader.table("bands"), out, reading);
    std::set<std::string, std::less<>> seen;
    for (const toml::table* const one : reader.tables("engine", max_engines)) {
        toml_table_reader fields{*one,
                                 join("engine[", std::to_string(out.engines.size()), "]."),
                                 {"name", "class", "allow_optimization", "year1_allowed", "hard_cap_usd"},
                                 reading};
        out.engines.push_back(read_engine(fields, out));
        fields.distinct("name", out.engines.back().name, seen);
    }
    return out;
}

}  // namespace

loaded_canon parse_canon(std::string_view text, const std::string& source) {
    toml_reading reading{source};
    governor::canon out;
    if (const auto root = reading.parse(text)) {
        out = read_canon(*root, reading);
    }
    if (reading.problem()) {
        return *reading.problem();
    }
    out.sha256 = sha256_hex(text);
    out.source = source;
    out.prepare();
    return std::make_shared<governor::canon>(std::move(out));
}

loaded_canon load_canon(const std::filesystem::path& path) {
    auto read = read_written_file(path);
    if (auto* const problem = std::get_if<file_problem>(&read)) {
        return std::move(*problem);
    }
    return parse_canon(std::get<std::string>(read), path.string());
}

std::shared_ptr<const governor::canon> built_in_canon() {
    return std::get<std::shared_ptr<const governor::canon>>(parse_canon(built_in_policy_text(), "built-in"));
}

}  // namespace valhalla
