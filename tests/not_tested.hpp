// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iostream>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace valhalla::tests {

/// Tells that the running test, or the rest of it, cannot be done in this place: a line that packaging/run-tests
/// collects and counts.
inline void not_tested(std::string_view why) {
    std::cout << "not tested: " << boost::unit_test::framework::current_test_case().full_name() << ": " << why << '\n'
              << std::flush;
}

}  // namespace valhalla::tests
