// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/method_reference.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "ipc/ctl/method_words.hpp"
#include "ipc/open_rpc.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::string_view introduction =
    R"(<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by `valhallactl describe --markdown`; do not edit. -->

# The methods of valhallad

One JSON-RPC 2.0 request per line goes to the socket, `{"jsonrpc":"2.0","id":1,"method":"cone.state","params":{}}`, and
one line comes back for each, in the order of the requests. Parameters go by name; `null` is the same as leaving one out.
Times are ISO 8601 in UTC with microseconds and `Z`. `valhallactl call METHOD JSON` makes any of these calls,
`valhallactl describe METHOD` shows its part of this text, `rpc.discover` answers all of it as an OpenRPC document.

A role may do what the ones before it may: viewer, operator, owner. A hot read is answered at once from memory, a query
reads the database, a change is answered when it is on the disk, a task does something with files or the process, alone on
its connection. What does something, a change or a task, takes a `request_key`.

The examples were carried out one after the other on a fresh daemon; lists of objects are cut to two.
)";

std::string in_cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '|' ? "\\|" : std::string(1, c);
    }
    return out;
}

/// GitHub's anchor of a heading: dots go, spaces do not occur.
std::string anchor(std::string_view name) {
    std::string out;
    std::ranges::copy_if(name, std::back_inserter(out), [](char c) { return c != '.'; });
    return out;
}

/// `shape` becomes a link to its section.
std::string with_links(std::string_view words) {
    std::string out;
    for (auto open = words.find('`'); open != std::string_view::npos; open = words.find('`')) {
        const auto close = words.find('`', open + 1);
        const auto name = words.substr(open + 1, close - open - 1);
        out += fmt::format("{}[{}](#{})", words.substr(0, open), name, name);
        words.remove_prefix(close + 1);
    }
    return out.append(words);
}

void append_members(std::string& out, std::span<const ipc::member> members) {
    out += "| member | what | meaning |\n|---|---|---|\n";
    for (const auto& m : members) {
        out += fmt::format("| `{}` | {} | {} |\n", m.name, in_cell(with_links(words_of(m))), in_cell(m.meaning));
    }
    out += '\n';
}

void append_contents(std::string& out, std::span<const ipc::method_info> methods) {
    out += "\n| method | role | |\n|---|---|---|\n";
    for (const auto& one : methods) {
        out += fmt::format("| [{}](#{}) | {} | {} |\n", one.name, anchor(one.name), to_text(one.needs),
                           in_cell(one.summary));
    }
}

void append_parameters(std::string& out, const ipc::method_info& one) {
    if (one.parameters.empty()) {
        out += "No parameters.\n\n";
        return;
    }
    out += "| parameter | what | meaning |\n|---|---|---|\n";
    for (const auto& p : one.parameters) {
        out += fmt::format("| `{}` | {} | {} |\n", p.name, in_cell(words_of(p)), in_cell(p.meaning));
    }
    out += '\n';
}

void append_result(std::string& out, const ipc::method_info& one) {
    if (!one.result.name.empty()) {
        out += fmt::format("Result: [{0}](#{0}).\n\n", one.result.name);
    } else if (one.result.members.empty()) {
        out += "Result: an empty object.\n\n";
    } else {
        out += "Result:\n\n";
        append_members(out, one.result.members);
    }
    for (const auto& after : one.notifications) {
        out += fmt::format("Then, as notifications, `{}`: {}\n\n", after.name, after.meaning);
        append_members(out, after.members);
    }
}

void append_method(std::string& out, const ipc::method_info& one) {
    out += fmt::format("\n## {}\n\n{} Role {}, {}.\n\n", one.name, one.summary, to_text(one.needs), words_of(one.kind));
    append_parameters(out, one);
    append_result(out, one);
    if (!one.errors.empty()) {
        out += "Errors of its own: ";
        for (std::size_t i = 0; i < one.errors.size(); ++i) {
            out += fmt::format("{}`{}`", i == 0 ? "" : ", ", kind_of(one.errors[i]));
        }
        out += ".\n\n";
    }
    out += fmt::format("```\nvalhallactl call {}\n{}```\n", example_arguments(one), example_result(one));
}

void append_shapes(std::string& out, std::span<const ipc::method_info> methods) {
    out += "\n# Shapes\n";
    for (const auto* s : ipc::shapes_of(methods)) {
        out += fmt::format("\n## {}\n\n{}\n\n", s->name, s->meaning);
        append_members(out, s->members);
        out.pop_back();
    }
}

void append_kinds(std::string& out, std::string_view who, std::span<const ipc::error_code> codes) {
    out += fmt::format("- {}: ", who);
    for (std::size_t i = 0; i < codes.size(); ++i) {
        out += fmt::format("{}`{}`", i == 0 ? "" : ", ", kind_of(codes[i]));
    }
    out += '\n';
}

void append_errors(std::string& out, std::span<const ipc::method_info> methods) {
    std::vector<ipc::error_code> all{ipc::line_errors().begin(), ipc::line_errors().end()};
    for (const auto& one : methods) {
        std::ranges::copy(all_errors(one), std::back_inserter(all));
    }
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    out +=
        "\n# Errors\n\nEach is `{\"code\":…,\"message\":…,\"data\":{\"kind\":…}}`; programs compare the kind. "
        "Beside its own, a method may answer:\n\n";
    append_kinds(out, "a hot read", ipc::common_errors(ipc::effect::hot_read));
    append_kinds(out, "a query", ipc::common_errors(ipc::effect::query));
    append_kinds(out, "a change", ipc::common_errors(ipc::effect::change));
    append_kinds(out, "a task", ipc::common_errors(ipc::effect::task));
    append_kinds(out, "a line that is no call of a method", ipc::line_errors());
    out += "\n| code | kind | when |\n|---|---|---|\n";
    for (const auto code : all) {
        out += fmt::format("| {} | `{}` | {} |\n", static_cast<int>(code), kind_of(code), in_cell(meaning_of(code)));
    }
}

}  // namespace

std::string method_reference(std::span<const ipc::method_info> methods) {
    std::string out{introduction};
    append_contents(out, methods);
    for (const auto& one : methods) {
        append_method(out, one);
    }
    append_shapes(out, methods);
    append_errors(out, methods);
    return out;
}

}  // namespace valhalla::ctl
