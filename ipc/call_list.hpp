// SPDX-License-Identifier: Apache-2.0
//
// A parameter that is a list of calls: what a method is given that carries out others. Here only its form is checked;
// whether a method is known, and what its parameters must be, its own type says.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/params.hpp"

namespace valhalla::ipc {

/// One call out of a list.
struct listed_call {
    std::string method;
    std::string params;  ///< an object as it stood, or empty
};
struct call_list_rules {
    std::size_t max_items = 0;
};

bool read_calls(std::string_view name, const json_value& v, const call_list_rules& rules, std::vector<listed_call>& out,
                rpc_error& error);
void append_schema(std::string& out, const call_list_rules& rules);
void append_words(std::string& out, const call_list_rules& rules);

/// Says which call of a list an error is about: its index from 0 as `call`, and its method.
void name_call(rpc_error& error, std::size_t index, std::string_view method);

namespace detail {

struct call_list_kind {
    call_list_rules rules;
    bool read(std::string_view name, const json_value& v, std::vector<listed_call>& out, rpc_error& e) const {
        return read_calls(name, v, rules, out, e);
    }
    void schema(std::string& out) const { append_schema(out, rules); }
    void describe(std::string& out) const { append_words(out, rules); }
};

}  // namespace detail

/// An array of `{"method":…,"params":{…}}`, not empty.
template <class P, class M>
    requires detail::holds<M, std::vector<listed_call>>
constexpr auto call_list(std::string_view name, M P::* where, call_list_rules rules, std::string_view meaning) {
    return detail::field<detail::call_list_kind, P, M>{name, where, {rules}, meaning};
}

}  // namespace valhalla::ipc
