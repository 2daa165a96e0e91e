// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

#include "schema/errors.hpp"

namespace valhalla::tests {

/// One clear sentence: names the path, one line, no SQLite jargon in place of advice.
inline void check_sentence(const std::optional<schema::storage_error>& error, schema::storage_fault fault,
                           const std::string& path, const std::string& said) {
    BOOST_REQUIRE(error);
    const std::string text = error->what();
    BOOST_TEST_CONTEXT(text) {
        BOOST_CHECK(error->fault() == fault);
        BOOST_TEST(text.find(path) != std::string::npos);
        BOOST_TEST(text.find(said) != std::string::npos);
        BOOST_TEST(text.find('\n') == std::string::npos);
    }
}

}  // namespace valhalla::tests
