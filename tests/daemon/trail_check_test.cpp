// SPDX-License-Identifier: Apache-2.0
#include "daemon/trail_check.hpp"

#include <future>
#include <string>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/daemon/ledger_bench.hpp"

using namespace valhalla;

namespace {

schema::hash256 empty_root() {
    schema::hasher h;
    return schema::growing_tree{}.root(h);
}

/// A trail with some records that nobody writes to any more.
struct settled_trail {
    settled_trail() {
        std::vector<change> batch;
        for (int n = 0; n < 300; ++n) {
            batch.push_back(bench.change_of(tests::event_number(n), 0));
        }
        bench.ledger().submit(batch);
        bench.ledger().start();
        bench.wait_for_commit();
        bench.finish();
        head = bench.commits.back()->head;
    }

    /// What is said of a trail that must have had these heads.
    trail_check::verdict verdict_on(std::vector<schema::tree_head> heads) const {
        std::promise<trail_check::verdict> said;
        trail_check looking{{.database = bench.database(), .heads = std::move(heads)},
                            [&said](const trail_check::verdict& v) { said.set_value(v); }};
        looking.start();
        auto verdict = said.get_future().get();
        BOOST_TEST((looking.problem() == verdict.problem));
        return verdict;
    }

    tests::ledger_bench bench;
    schema::tree_head head;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trail_checks, settled_trail)

BOOST_AUTO_TEST_CASE(records_that_are_as_they_were_signed_are_counted) {
    const auto found = verdict_on({{0, empty_root()}, head});
    BOOST_TEST(!found.problem.has_value());
    BOOST_TEST(found.records == head.size);
}

BOOST_AUTO_TEST_CASE(another_root_is_told) {
    auto other = head;
    other.root[0] ^= std::byte{1};
    BOOST_TEST(verdict_on({other}).problem.value() ==
               "the first " + std::to_string(head.size) + " records are not those that were signed");
}

BOOST_AUTO_TEST_CASE(a_trail_that_has_become_shorter_is_told_and_not_waited_for) {
    auto longer = head;
    longer.size += 5;
    BOOST_TEST(verdict_on({longer}).problem.value().starts_with("record " + std::to_string(head.size + 1) +
                                                                " is missing of the "));
}

BOOST_AUTO_TEST_CASE(a_look_at_the_pages_that_runs_out_of_time_is_told_and_the_records_are_read) {
    for (const auto& [already, allowance, expected] :
         {std::tuple{pages_seen::not_all, std::chrono::milliseconds{0}, pages_seen::not_all},
          std::tuple{pages_seen::not_all, std::chrono::milliseconds{page_check_allowance}, pages_seen::all},
          std::tuple{pages_seen::all, std::chrono::milliseconds{0}, pages_seen::all}}) {
        std::promise<trail_check::verdict> said;
        trail_check looking{
            {.database = bench.database(), .already = already, .page_allowance = allowance, .heads = {head}},
            [&said](const trail_check::verdict& v) { said.set_value(v); }};
        looking.start();
        const auto verdict = said.get_future().get();
        BOOST_TEST((verdict.pages == expected));
        BOOST_TEST(!verdict.problem.has_value());
        BOOST_TEST(verdict.records == head.size);
    }
}

BOOST_AUTO_TEST_SUITE_END()
