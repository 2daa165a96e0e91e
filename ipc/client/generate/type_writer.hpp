// SPDX-License-Identifier: Apache-2.0
//
// Writes the typed side of the client library, <valhalla/methods.hpp> and its code, from the one table of methods
// (ipc/api/methods.hpp). Runs while the project is built; nothing of it is installed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/method.hpp"

namespace valhalla::ipc::generate {

/// One member of a struct that is to be written.
struct variable {
    std::string key;      ///< on the wire
    std::string name;     ///< in C++
    std::string type;     ///< in C++, without what makes it optional
    std::string comment;  ///< one or more sentences
    enum class presence : std::uint8_t {
        required = 0,
        nullable = 1,  ///< there, perhaps as null
        optional = 2,  ///< left out where it says nothing
    } there = presence::required;
};

struct structure {
    std::string name;
    std::string comment;
    std::vector<variable> variables;
};

struct enumeration {
    std::string name;
    std::vector<std::string_view> words;
};

/// A name that C++ takes: keywords and what compilers define get a `_` behind them.
[[nodiscard]] std::string identifier(std::string_view word);

/// What the names of types are looked up in. Word lists get the name of the table, else that of their first use.
class vocabulary {
  public:
    /// `use`: the member that holds such a word.
    std::string name_of(word_list words, std::string_view use);
    [[nodiscard]] const std::vector<enumeration>& all() const noexcept { return all_; }

  private:
    std::vector<enumeration> all_;
};

/// The C++ type of a member of a result, and of a shape's.
[[nodiscard]] variable variable_of(const member& m, vocabulary& words);

// C++ text. `indent` in blanks.
void append_structure(std::string& out, const structure& what, std::size_t indent);
void append_enumeration(std::string& out, const enumeration& what);
void append_comment(std::string& out, std::string_view text, std::size_t indent);
/// `encode` and `decode` for a struct; `type` is its name, qualified by the struct that it is in.
void append_codec(std::string& out, const structure& what, std::string_view type);
void append_codec(std::string& out, const enumeration& what);

}  // namespace valhalla::ipc::generate
