// SPDX-License-Identifier: Apache-2.0
//
// What a witness cosigns: what continues the last tree that it cosigned of a log, and nothing else.
#include "schema/proof/merkle_proof.hpp"
#include "tests/daemon/governor/world.hpp"

namespace valhalla::governor::testing {

namespace {

/// Another log; forks are made by giving it other leaves.
class other_log {
  public:
    void grow(std::uint64_t to, const std::string& what = "leaf") {
        while (leaves_.size() < to) {
            leaves_.push_back(h_.leaf(what + std::to_string(leaves_.size())));
        }
    }
    schema::tree_head head(std::uint64_t size) { return {size, h_.root_of(std::span{leaves_}.first(size))}; }
    commands::witness_checkpoint request(std::uint64_t old_size, std::uint64_t size) {
        const schema::subtree_source from = [this](unsigned height, std::uint64_t index) {
            return h_.root_of(std::span{leaves_}.subspan(index << height, std::size_t{1} << height));
        };
        return {"log.example", head(size), old_size, schema::consistency_proof(old_size, size, from, h_)};
    }

  private:
    schema::hasher h_;
    std::vector<schema::hash256> leaves_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(witness_rules)

BOOST_AUTO_TEST_CASE(a_tree_that_continues_the_last_one_is_recorded) {
    world w;
    other_log log;
    log.grow(50);
    w.must(log.request(0, 7));
    w.must(log.request(7, 8));
    w.must(log.request(8, 50));
    const auto& recorded = w.newest<events::checkpoint_witnessed>();
    BOOST_TEST(recorded.origin == "log.example");
    BOOST_TEST(recorded.tree.size == 50);
    BOOST_TEST(recorded.tree.root == schema::to_hex(log.head(50).root));
    BOOST_TEST(w.s.witnessed->at("log.example").size == 50);
}

BOOST_AUTO_TEST_CASE(the_same_tree_again_is_cosigned_and_not_recorded) {
    world w;
    other_log log;
    log.grow(7);
    w.must(log.request(0, 7));
    const auto seq = w.s.next_seq;
    w.must(log.request(7, 7));
    BOOST_TEST(w.s.next_seq == seq);
}

BOOST_AUTO_TEST_CASE(a_proof_from_another_size_says_from_which_it_must_begin) {
    world w;
    other_log log;
    log.grow(50);
    BOOST_TEST(w.refused(log.request(3, 7)).kind == refusal_kind::witness_conflict);
    w.must(log.request(0, 7));
    const auto no = w.refused(log.request(6, 50));
    BOOST_TEST(no.kind == refusal_kind::witness_conflict);
    BOOST_TEST(no.known_size.value() == 7);
}

BOOST_AUTO_TEST_CASE(a_fork_is_not_cosigned) {
    world w;
    other_log log;
    other_log fork;
    log.grow(20);
    fork.grow(9);
    fork.grow(20, "other");
    w.must(log.request(0, 10));
    const auto longer = w.refused(fork.request(10, 20));
    BOOST_TEST(longer.kind == refusal_kind::bad_proof);
    BOOST_TEST(!longer.known_size);
    const auto same_size = w.refused(fork.request(10, 10));
    BOOST_TEST(same_size.kind == refusal_kind::bad_proof);
    BOOST_TEST(same_size.known_size.value() == 10);
}

BOOST_AUTO_TEST_CASE(a_proof_that_was_changed_is_refused) {
    world w;
    other_log log;
    log.grow(21);
    w.must(log.request(0, 13));
    auto dropped = log.request(13, 21);
    dropped.proof.pop_back();
    BOOST_TEST(w.refused(dropped).kind == refusal_kind::bad_proof);
    auto longer = log.request(13, 21);
    longer.proof.push_back(longer.proof.back());
    BOOST_TEST(w.refused(longer).kind == refusal_kind::bad_proof);
    auto flipped = log.request(13, 21);
    flipped.proof.front()[5] ^= std::byte{1};
    BOOST_TEST(w.refused(flipped).kind == refusal_kind::bad_proof);
    w.must(log.request(13, 21));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace valhalla::governor::testing
