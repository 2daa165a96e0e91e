// SPDX-License-Identifier: Apache-2.0
//
// What could stand at the end of a command line that is being typed: what the shells' completion scripts ask for with
// `valhallactl --complete WORDS…`. It walks the parser's own tree of commands and options, so that no script knows any.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>
#include <boost/json/value.hpp>

namespace valhalla::ctl {

struct suggestion {
    std::string word;
    std::string meaning;  ///< may be empty
};

struct suggestions {
    std::vector<suggestion> words;
    bool files = false;  ///< names of files can stand there, which a shell knows best
};

/// The result of a method without parameters; null where there is no daemon, or it refuses.
using asker = std::function<boost::json::value(std::string_view method)>;

/// `words` are those behind the program's name; the last one is being typed and may be empty. Options come only where a
/// dash was typed. Words that a shell would take apart are left out.
[[nodiscard]] suggestions suggest(const CLI::App& parser, const std::vector<std::string>& words, const asker& ask);

/// What `--socket` says in an unfinished command line; empty without it.
[[nodiscard]] std::string socket_in(const std::vector<std::string>& words);

/// `word<TAB>meaning` for each, or `:files`.
[[nodiscard]] std::string lines_of(const suggestions& all);

}  // namespace valhalla::ctl
