// SPDX-License-Identifier: Apache-2.0
//
// valhalla-write-methods HEADER SOURCE: writes both, from the table of methods.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <tuple>

#include <fmt/format.h>

#include "ipc/api/methods.hpp"
#include "ipc/call_list.hpp"
#include "ipc/client/generate/type_writer.hpp"
#include "ipc/open_rpc.hpp"

namespace valhalla::ipc::generate {

namespace {

/// A method, and the structs that it brings.
struct method_types {
    const method_info* info = nullptr;
    structure params;
    std::string result_name;  ///< of a shared shape; empty: `result` is its own
    structure result;
    std::string repeat;
};

// The types of parameters, by the kind of their fields.
std::string type_of(const detail::text_kind& /*kind*/, std::string_view /*name*/, vocabulary& /*words*/) {
    return "std::string";
}
std::string type_of(const detail::integer_kind& /*kind*/, std::string_view /*name*/, vocabulary& /*words*/) {
    return "std::int64_t";
}
std::string type_of(const detail::real_kind& /*kind*/, std::string_view /*name*/, vocabulary& /*words*/) {
    return "double";
}
std::string type_of(const detail::flag_kind& /*kind*/, std::string_view /*name*/, vocabulary& /*words*/) {
    return "bool";
}
std::string type_of(const detail::word_kind& kind, std::string_view name, vocabulary& words) {
    return words.name_of(kind.words, name);
}
std::string type_of(const detail::time_kind& /*kind*/, std::string_view /*name*/, vocabulary& /*words*/) {
    return "utc_time";
}
std::string type_of(const detail::object_kind& /*kind*/, std::string_view /*name*/, vocabulary& /*words*/) {
    return "boost::json::object";
}
/// Calls are objects here: what is in them depends on the method, which only the daemon looks at.
std::string type_of(const detail::call_list_kind& /*kind*/, std::string_view /*name*/, vocabulary& /*words*/) {
    return "std::vector<boost::json::object>";
}
[[maybe_unused]] std::string type_of(const detail::list_kind& /*kind*/, std::string_view /*name*/,
                                     vocabulary& /*words*/) {
    return "std::vector<std::string>";
}

std::string meaning_of(const parameter_info& of) {
    std::string text = fmt::format("{} It is {}", of.meaning, of.words);
    text += of.initial.empty() ? "." : fmt::format("; {} when it is not given.", of.initial);
    return text;
}

std::string joined(std::span<const error_code> codes) {
    std::string all;
    for (const auto code : codes) {
        all += fmt::format("{}`{}`", all.empty() ? "" : ", ", kind_of(code));
    }
    return all;
}

std::string comment_of(const method_info& of) {
    std::string text = fmt::format("`{}`: {} Needs the role {}.", of.name, of.summary, to_text(of.needs));
    if (!of.errors.empty()) {
        text += fmt::format(" Errors of its own: {}.", joined(of.errors));
    }
    return text;
}

/// Who may only look changes nothing, so what a viewer may call may be called twice.
std::string repeat_of(const method_info& of) {
    if (does_something(of.kind)) {
        return "with_request_key";
    }
    return of.needs == role::viewer ? "always" : "never";
}

structure structure_of(const shape& of, std::string name, vocabulary& words) {
    structure out{std::move(name), std::string{of.meaning.empty() ? "What is answered." : of.meaning}, {}};
    for (const auto& m : of.members) {
        out.variables.push_back(variable_of(m, words));
    }
    return out;
}

template <class M>
method_types types_of(const method_info& info, vocabulary& words) {
    method_types out{&info, {identifier(info.name), comment_of(info), {}}, {}, {}, repeat_of(info)};
    std::size_t index = 0;
    const auto add = [&](const auto& field) {
        const auto& about = info.parameters[index++];
        variable v{std::string{about.name}, identifier(about.name), type_of(field.rules, field.name, words),
                   meaning_of(about)};
        v.there = about.required ? variable::presence::required : variable::presence::optional;
        out.params.variables.push_back(std::move(v));
    };
    std::apply([&](const auto&... field) { (add(field), ...); }, M::fields);
    for (; index < info.parameters.size(); ++index) {  // the request key, which has no field
        const auto& about = info.parameters[index];
        out.params.variables.push_back({std::string{about.name}, identifier(about.name), "std::string",
                                        meaning_of(about), variable::presence::optional});
    }
    if (info.result.name.empty()) {
        out.result = structure_of(info.result, "result", words);
    } else {
        out.result_name = identifier(info.result.name);
    }
    return out;
}

template <class... M>
std::vector<method_types> all_types(method_list<M...> /*all*/, std::span<const method_info> infos, vocabulary& words) {
    std::size_t index = 0;
    return {types_of<M>(infos[index++], words)...};
}

/// Shapes before those that hold them.
void append_inner_first(std::vector<const shape*>& into, const shape& one) {
    for (const auto& m : one.members) {
        if (m.of != nullptr) {
            append_inner_first(into, *m.of);
        }
    }
    if (std::ranges::find(into, one.name, &shape::name) == into.end()) {
        into.push_back(&one);
    }
}

std::vector<structure> shared_structures(std::span<const method_info> infos, vocabulary& words) {
    std::vector<const shape*> ordered;
    for (const auto* one : shapes_of(infos)) {
        append_inner_first(ordered, *one);
    }
    std::vector<structure> out;
    out.reserve(ordered.size());
    for (const auto* one : ordered) {
        out.push_back(structure_of(*one, identifier(one->name), words));
    }
    return out;
}

/// What notifications carry: `audit.event` becomes `audit_event`.
std::vector<structure> notification_structures(std::span<const method_info> infos, vocabulary& words) {
    std::vector<structure> out;
    for (const auto& info : infos) {
        for (const auto& one : info.notifications) {
            out.push_back(structure_of(one, identifier(one.name), words));
            out.back().comment = fmt::format("Notification `{}`: {}", one.name, one.meaning);
        }
    }
    return out;
}

constexpr std::string_view head = R"(// SPDX-License-Identifier: Apache-2.0
//
// Every method of valhallad as a struct: its members are the parameters, `result` is what is answered. Written from the
// daemon's own table of methods when the library is built.
//
//   valhalla::api::cone_decide::result verdict =
//       client.call(valhalla::api::cone_decide{.engine = "wholesaling", .action = "optimize"});
//
// A parameter that is an empty optional is not sent. Texts are UTF-8. What an answer holds beyond these structs is
// passed over. `encode` makes JSON of a struct, `decode` reads it and throws `valhalla::answer_error`; both keep nothing
// and may be called from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <valhalla/error.hpp>
#include <valhalla/method.hpp>

namespace valhalla::api {

)";

void append_declarations(std::string& out, std::string_view type) {
    out += fmt::format(
        "[[nodiscard]] boost::json::object encode(const {0}& from);\nvoid decode(const "
        "boost::json::value& from, {0}& into);\n\n",
        type);
}

void append_method(std::string& out, const method_types& one) {
    append_comment(out, one.params.comment, 0);
    out += fmt::format("struct {} {{\n    static constexpr std::string_view rpc_name = \"{}\";\n", one.params.name,
                       one.info->name);
    out += fmt::format("    static constexpr repeat rpc_repeat = repeat::{};\n\n", one.repeat);
    if (one.result_name.empty()) {
        append_structure(out, one.result, 4);
    } else {
        out += fmt::format("    using result = api::{};\n", one.result_name);
    }
    std::string members;
    append_structure(members, one.params, 0);
    // The members alone: the struct is open already.
    const auto begin = members.find("{\n") + 2;
    const auto end = members.rfind("};\n");
    out += (begin == end ? "" : "\n") + members.substr(begin, end - begin) + "};\n";
    append_declarations(out, one.params.name);
    if (one.result_name.empty()) {
        append_declarations(out, one.params.name + "::result");
    }
}

struct output {
    std::string header;
    std::string source;
};

void append_shared(output& out, const std::vector<structure>& shared) {
    for (const auto& one : shared) {
        append_structure(out.header, one, 0);
        append_declarations(out.header, one.name);
        append_codec(out.source, one, one.name);
    }
}

void append_list(output& out, std::span<const method_types> methods) {
    out.header += "/// All methods, for who goes over them.\ntemplate <class... Method>\nstruct method_list {};\n";
    out.header += "using all_methods = method_list<";
    out.source += "}  // namespace api\n\nrepeat repeat_of(std::string_view method) noexcept {\n";
    for (const auto& one : methods) {
        out.header += fmt::format("{}{}", &one == methods.data() ? "" : ", ", one.params.name);
        out.source += fmt::format("    if (method == \"{}\") {{\n        return repeat::{};\n    }}\n", one.info->name,
                                  one.repeat);
    }
    out.header += ">;\n\n}  // namespace valhalla::api\n";
    out.source += "    return repeat::never;\n}\n\n}  // namespace valhalla\n";
}

output written() {
    const auto infos = describe_api();
    vocabulary words;
    const auto methods = all_types(api::all_methods{}, infos, words);
    const auto shared = shared_structures(infos, words);
    const auto notifications = notification_structures(infos, words);
    output out{std::string{head},
               "// SPDX-License-Identifier: Apache-2.0\n#include <valhalla/methods.hpp>\n\n"
               "#include \"ipc/client/codec.hpp\"\n\nnamespace valhalla {\n\nnamespace api {\n\n"};
    for (const auto& one : words.all()) {
        append_enumeration(out.header, one);
        append_codec(out.source, one);
    }
    append_shared(out, shared);
    append_shared(out, notifications);
    for (const auto& one : methods) {
        append_method(out.header, one);
        append_codec(out.source, one.params, one.params.name);
        if (one.result_name.empty()) {
            append_codec(out.source, one.result, one.params.name + "::result");
        }
    }
    append_list(out, methods);
    return out;
}

bool write_file(const char* path, const std::string& text) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << text;
    file.close();
    return file.good();
}

}  // namespace

}  // namespace valhalla::ipc::generate

int main(int argc, char** argv) {
    if (argc != 3) {
        std::ignore = std::fputs("usage: valhalla-write-methods HEADER SOURCE\n", stderr);
        return 3;
    }
    try {
        const auto text = valhalla::ipc::generate::written();
        if (!valhalla::ipc::generate::write_file(argv[1], text.header) ||
            !valhalla::ipc::generate::write_file(argv[2], text.source)) {
            std::ignore = std::fprintf(stderr, "valhalla-write-methods: cannot write %s or %s\n", argv[1], argv[2]);
            return 1;
        }
    } catch (const std::exception& wrong) {
        std::ignore = std::fprintf(stderr, "valhalla-write-methods: %s\n", wrong.what());
        return 1;
    }
    return 0;
}
