// SPDX-License-Identifier: Apache-2.0
#include "daemon/playbook_file.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "daemon/built_in_rules.hpp"
#include "daemon/governor/sentence.hpp"
#include "daemon/toml_reader.hpp"

namespace valhalla {

using governor::join;

namespace {

constexpr std::int64_t playbook_format = 1;
constexpr std::size_t max_steps = 256;
constexpr std::size_t max_title_bytes = 200;
constexpr std::size_t max_why_bytes = 2000;

governor::playbook_step read_step(toml_table_reader& reader) {
    governor::playbook_step out;
    out.id = reader.name("id");
    out.title = reader.text("title", max_title_bytes);
    out.why = reader.text("why", max_why_bytes);
    const auto narrowest = parse_band(reader.text("band_min", 1));
    if (!narrowest) {
        reader.raise("band_min", R"(This must be a band: "A", "B", "C" or "D".)");
    }
    out.band_min = narrowest.value_or(band::expansion);
    out.blocked_if_red = reader.flag("blocked_if_red", true);
    return out;
}

governor::playbook read_playbook(const toml::table& root, toml_reading& reading) {
    governor::playbook out;
    toml_table_reader reader{root, "", {"format", "step"}, reading};
    reader.format(playbook_format);
    std::set<std::string, std::less<>> seen;
    for (const toml::table* const one : reader.tables("step", max_steps)) {
        toml_table_reader fields{*one,
                                 join("step[", std::to_string(out.steps.size()), "]."),
                                 {"id", "title", "why", "band_min", "blocked_if_red"},
                                 reading};
        out.steps.push_back(read_step(fields));
        fields.distinct("id", out.steps.back().id, seen);
    }
    return out;
}

}  // namespace

loaded_playbook parse_playbook(std::string_view text, const std::string& source) {
    toml_reading reading{source};
    governor::playbook out;
    if (const auto root = reading.parse(text)) {
        out = read_playbook(*root, reading);
    }
    if (reading.problem()) {
        return *reading.problem();
    }
    out.sha256 = sha256_hex(text);
    out.source = source;
    return std::make_shared<governor::playbook>(std::move(out));
}

loaded_playbook load_playbook(const std::filesystem::path& path) {
    auto read = read_written_file(path);
    if (auto* const problem = std::get_if<file_problem>(&read)) {
        return std::move(*problem);
    }
    return parse_playbook(std::get<std::string>(read), path.string());
}

std::shared_ptr<const governor::playbook> built_in_playbook() {
    return std::get<std::shared_ptr<const governor::playbook>>(parse_playbook(built_in_playbook_text(), "built-in"));
}

}  // namespace valhalla
