// SPDX-License-Identifier: Apache-2.0
//
// Every way in which database, anchor and key can fail to fit together, before anything is appended.
#include "daemon/trail_guard.hpp"

#include <functional>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schema/proof/anchor.hpp"
#include "tests/test_key.hpp"

using namespace valhalla;
using valhalla::tests::key_of;

namespace {

schema::hash256 root_of(std::uint64_t size) {
    return schema::hasher{}.leaf(std::to_string(size));
}

std::string verifier_text(const schema::signing_key& key, const std::string& name) {
    return schema::verifier_key{.name = name, .algorithm = schema::note_algorithm::ed25519, .key = key.public_key()}
        .text();
}

const std::string first_line = "valhalla-anchor/v1\n";
const std::string guarded_origin = "valhalla.example/7";

/// A trail of 100 records, of which 80 are anchored.
struct fitting {
    schema::signing_key key = key_of(1);
    schema::signing_key other_key = key_of(2);
    trail_evidence found{.recorded = epoch{audit_seq{2}, guarded_origin, verifier_text(key, guarded_origin)},
                         .head = {100, root_of(100)},
                         .anchor = schema::sign_anchor({guarded_origin, {80, root_of(80)}}, key),
                         .key = &key,
                         .root_at = root_of};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(trail_guard)

BOOST_AUTO_TEST_CASE(a_trail_that_continues_its_anchor_is_gone_on_with) {
    const fitting trail;
    const auto verdict = examine_trail(trail.found);
    BOOST_TEST(verdict.misfit == "");
    BOOST_REQUIRE(verdict.anchored.has_value());
    BOOST_TEST(verdict.anchored->head.size == 80U);
}

BOOST_AUTO_TEST_CASE(an_anchor_as_new_as_the_trail_is_fine) {
    fitting trail;
    trail.found.anchor = schema::sign_anchor({guarded_origin, {100, root_of(100)}}, trail.key);
    BOOST_TEST(examine_trail(trail.found).misfit == "");
}

BOOST_AUTO_TEST_CASE(a_new_trail_has_nothing_to_continue) {
    fitting trail;
    trail.found.recorded.reset();
    trail.found.head = {};
    trail.found.anchor.reset();
    trail.found.key = nullptr;
    auto verdict = examine_trail(trail.found);
    BOOST_TEST(verdict.misfit == "");
    BOOST_TEST(!verdict.anchored.has_value());
    // A first start that was cut short leaves an anchor of the empty tree.
    trail.found.anchor = schema::sign_anchor({guarded_origin, {0, schema::hasher{}.plain("")}}, trail.key);
    verdict = examine_trail(trail.found);
    BOOST_TEST(verdict.misfit == "");
    BOOST_TEST(!verdict.anchored.has_value());
}

BOOST_AUTO_TEST_CASE(whatever_does_not_fit_is_named) {
    struct attack {
        const char* name;
        std::function<void(fitting&)> change;
        const char* misfit;
    };
    const auto anchor = [](std::uint64_t size, std::uint64_t root, const std::string& of) {
        return [=](fitting& t) { t.found.anchor = schema::sign_anchor({of, {size, root_of(root)}}, t.key); };
    };
    const std::vector<attack> table{
        {"older database", anchor(101, 101, guarded_origin),
         "the database is older than the anchor: it has 100 records where 101"},
        {"edited history", anchor(80, 79, guarded_origin), "the first 80 records are not those that were signed"},
        {"fork of the same size", anchor(100, 99, guarded_origin), "the first 100 records are not those"},
        {"anchor of another trail", anchor(80, 80, "valhalla.example/8"), "the anchor is of another trail"},
        {"a checkpoint that was published",
         [](fitting& t) { t.found.anchor = schema::sign_checkpoint({guarded_origin, {80, root_of(80)}}, t.key); },
         "what lies in the place of the anchor is a checkpoint, which anybody may have"},
        {"no anchor", [](fitting& t) { t.found.anchor.reset(); }, "the anchor is gone"},
        {"empty anchor", [](fitting& t) { t.found.anchor = ""; }, "what lies in the place of the anchor is not one"},
        {"torn anchor", [](fitting& t) { t.found.anchor->resize(40); },
         "what lies in the place of the anchor is not one"},
        {"anchor signed by another key",
         [](fitting& t) { t.found.anchor = schema::sign_anchor({guarded_origin, {80, root_of(80)}}, t.other_key); },
         "the anchor's signature is not good"},
        {"anchor with a flipped bit",
         [](fitting& t) {
             (*t.found.anchor)[first_line.size() + 5] = static_cast<char>((*t.found.anchor)[first_line.size() + 5] ^ 1);
         },
         "the anchor"},
        {"another key", [](fitting& t) { t.found.key = &t.other_key; }, "the signing key is another one"},
        {"no key", [](fitting& t) { t.found.key = nullptr; }, "the signing key is gone"},
        {"database put back to before it was ever signed", [](fitting& t) { t.found.recorded.reset(); },
         "the anchor vouches for 80 records of valhalla.example/7, and the database has 100"},
        {"fresh database under an old anchor",
         [](fitting& t) {
             t.found.recorded.reset();
             t.found.head = {};
         },
         "the anchor vouches for 80 records"},
    };
    for (const auto& one : table) {
        fitting trail;
        one.change(trail);
        const auto verdict = examine_trail(trail.found);
        BOOST_TEST(verdict.misfit.starts_with(one.misfit), one.name << ": " << verdict.misfit);
        BOOST_TEST(!verdict.anchored.has_value(), one.name);
    }
}

BOOST_AUTO_TEST_CASE(an_older_anchor_fits_for_it_vouches_for_less) {
    fitting trail;
    trail.found.anchor = schema::sign_anchor({guarded_origin, {3, root_of(3)}}, trail.key);
    const auto verdict = examine_trail(trail.found);
    BOOST_TEST(verdict.misfit == "");
    BOOST_TEST(verdict.anchored->head.size == 3U);
}

BOOST_AUTO_TEST_CASE(no_two_epochs_have_one_origin) {
    BOOST_TEST(new_origin("a.example", "77", true, "f00") == "a.example/77");
    BOOST_TEST(new_origin("a.example", "77", false, "f00") == "a.example/77/f00");
}

BOOST_AUTO_TEST_SUITE_END()
