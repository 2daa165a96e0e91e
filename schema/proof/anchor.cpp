// SPDX-License-Identifier: Apache-2.0
#include "schema/proof/anchor.hpp"

#include <utility>

namespace valhalla::schema {

namespace {

constexpr std::string_view anchor_first_line = "valhalla-anchor/v1\n";

}  // namespace

std::optional<anchor> anchor::parse(std::string_view file) {
    auto note = signed_note::parse(file);
    if (!note || !note->text.starts_with(anchor_first_line)) {
        return std::nullopt;
    }
    auto says = checkpoint::parse(std::string_view{note->text}.substr(anchor_first_line.size()));
    if (!says) {
        return std::nullopt;
    }
    return anchor{.note = *std::move(note), .says = *std::move(says)};
}

std::string sign_anchor(const checkpoint& what, const signing_key& key) {
    const auto text = std::string{anchor_first_line} + what.text();
    return text + "\n" + key.note_line(what.origin, text);
}

}  // namespace valhalla::schema
