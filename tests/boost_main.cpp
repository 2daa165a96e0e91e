// SPDX-License-Identifier: Apache-2.0
#define BOOST_TEST_MODULE valhalla
#include <boost/test/unit_test.hpp>
