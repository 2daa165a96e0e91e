// SPDX-License-Identifier: Apache-2.0
#include "schema/model/json_value.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace valhalla {

namespace {

template <class Number>
std::optional<Number> exactly(std::string_view digits) noexcept {
    Number number{};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

std::int64_t json_document::line_at(std::size_t offset) const noexcept {
    return 1 + std::ranges::count(text_.substr(0, offset), '\n');
}

std::string json_document::path_of(std::uint32_t index) const {
    if (index == no_node || nodes_[index].parent == no_node) {
        return {};
    }
    const auto& here = nodes_[index];
    std::string path = path_of(here.parent);
    if (nodes_[here.parent].kind == json_kind::object) {
        path.append(path.empty() ? "" : ".").append(here.key);
        return path;
    }
    std::size_t position = 0;
    for (std::uint32_t i = here.parent + 1; i != index; i = nodes_[i].next) {
        ++position;
    }
    return path.append("[").append(std::to_string(position)).append("]");
}

std::string_view to_text(json_kind kind) noexcept {
    switch (kind) {
        case json_kind::null: return "null";
        case json_kind::boolean: return "a boolean";
        case json_kind::number: return "a number";
        case json_kind::string: return "a string";
        case json_kind::array: return "an array";
        case json_kind::object: return "an object";
    }
    return "null";
}

json_kind json_value::kind() const noexcept {
    return document_->nodes_[index_].kind;
}

std::string_view json_value::raw() const noexcept {
    const auto& node = document_->nodes_[index_];
    return document_->text_.substr(node.begin, node.end - node.begin);
}

std::string_view json_value::key() const noexcept {
    return document_->nodes_[index_].key;
}

std::int64_t json_value::line() const noexcept {
    return document_->line_at(document_->nodes_[index_].begin);
}

std::string json_value::path() const {
    return document_->path_of(index_);
}

std::string_view json_value::string() const noexcept {
    return document_->nodes_[index_].string;
}

bool json_value::boolean() const noexcept {
    return raw().front() == 't';
}

std::optional<std::int64_t> json_value::integer() const noexcept {
    return is(json_kind::number) ? exactly<std::int64_t>(raw()) : std::nullopt;
}

std::optional<std::uint64_t> json_value::unsigned_integer() const noexcept {
    return is(json_kind::number) ? exactly<std::uint64_t>(raw()) : std::nullopt;
}

std::optional<double> json_value::number() const noexcept {
    return is(json_kind::number) ? exactly<double>(raw()) : std::nullopt;
}

json_value::iterator json_value::begin() const noexcept {
    return iterator{json_value{document_, index_ + 1}};
}

json_value::iterator json_value::end() const noexcept {
    return iterator{json_value{document_, document_->nodes_[index_].next}};
}

bool json_value::empty() const noexcept {
    return begin() == end();
}

std::optional<json_value> json_value::find(std::string_view key) const noexcept {
    for (const auto member : *this) {
        if (member.key() == key) {
            return member;
        }
    }
    return std::nullopt;
}

json_value::iterator& json_value::iterator::operator++() noexcept {
    at_.index_ = at_.document_->nodes_[at_.index_].next;
    return *this;
}

}  // namespace valhalla
