// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/method_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "ipc/ctl/method_words.hpp"
#include "ipc/open_rpc.hpp"
#include "schema/base/wrapped_text.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::size_t name_indent = 2;
constexpr std::size_t text_indent = 6;

void indented(printer& out, std::string_view text, std::size_t indent) {
    for (const auto& line : wrap(text, out.columns() - indent)) {
        out.verbatim(std::string(indent, ' ') + line + '\n');
    }
}

void entry(printer& out, std::string_view name, std::string_view words, std::string_view meaning) {
    indented(out, fmt::format("{}: {}", name, words), name_indent);
    indented(out, meaning, text_indent);
}

void show_members(printer& out, std::span<const ipc::member> members) {
    for (const auto& m : members) {
        entry(out, m.name, words_of(m), m.meaning);
    }
}

void show_parameters(printer& out, const ipc::method_info& one) {
    if (one.parameters.empty()) {
        out.heading("No parameters");
        return;
    }
    out.heading("Parameters");
    for (const auto& p : one.parameters) {
        entry(out, p.name, words_of(p), p.meaning);
    }
}

void show_result(printer& out, const ipc::method_info& one) {
    if (!one.result.name.empty()) {
        out.heading(fmt::format("Result: {}", one.result.name));
        indented(out, one.result.meaning, name_indent);
    } else {
        out.heading(one.result.members.empty() ? "Result: an empty object" : "Result");
    }
    show_members(out, one.result.members);
    for (const auto& after : one.notifications) {
        out.heading(fmt::format("Then, as notifications: {}", after.name));
        indented(out, after.meaning, name_indent);
        show_members(out, after.members);
    }
    for (const auto* s : ipc::shapes_of(std::span{&one, 1})) {
        if (s->name != one.result.name) {
            out.heading(fmt::format("Where {} is", s->name));
            show_members(out, s->members);
        }
    }
}

void show_errors(printer& out, const ipc::method_info& one) {
    out.heading("Errors");
    for (const auto code : one.errors) {
        indented(out, fmt::format("{} {}", static_cast<int>(code), kind_of(code)), name_indent);
        indented(out, meaning_of(code), text_indent);
    }
    std::string common;
    for (const auto code : ipc::common_errors(one.kind)) {
        common += (common.empty() ? "" : ", ") + std::string{kind_of(code)};
    }
    indented(
        out,
        fmt::format("{}: {}", one.errors.empty() ? "As for all of its kind" : "And as for all of its kind", common),
        name_indent);
}

}  // namespace

void show_methods(printer& out, std::span<const ipc::method_info> methods) {
    table rows{{{"METHOD"}, {"ROLE"}, {"WHAT IT DOES", cut::clip}}};
    for (const auto& one : methods) {
        rows.add({{std::string{one.name}}, {std::string{to_text(one.needs)}}, {std::string{one.summary}}});
    }
    out.print(rows);
}

void show_method(printer& out, const ipc::method_info& one) {
    out.paragraph(one.name, tone::strong);
    out.paragraph(one.summary);
    out.paragraph(fmt::format("It needs the role {} and is {}.", to_text(one.needs), words_of(one.kind)));
    show_parameters(out, one);
    show_result(out, one);
    show_errors(out, one);
    out.heading("Example");
    out.verbatim(fmt::format("valhallactl call {}\n", example_arguments(one)));
    out.verbatim(example_result(one));
}

}  // namespace valhalla::ctl
