// SPDX-License-Identifier: Apache-2.0
//
// The record of a new epoch is the first thing that a start appends: it must be possible whatever lies on the disk.
#include "daemon/trail_signing.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "daemon/ledger.hpp"
#include "schema/model/json_text.hpp"
#include "schema/proof/anchor.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/test_key.hpp"

using namespace valhalla;
using valhalla::tests::key_of;

namespace {

const std::string signing_origin = "valhalla.local/7";

/// A trail that was signed with a key that is gone, and an anchor of one's choice.
struct misfit_trail {
    tests::temporary_directory tmp;
    schema::state_dir directory{tmp.path() / "state"};
    config given;

    events::epoch_started begun(const std::string& anchor, const std::optional<std::string>& restored_why) {
        std::ofstream{directory.anchor(), std::ios::binary} << anchor;
        const auto lost = schema::verifier_key{
            .name = signing_origin, .algorithm = schema::note_algorithm::ed25519, .key = key_of(1).public_key()};
        trail_signing signing{
            given, directory, epoch{audit_seq{2}, signing_origin, lost.text()}, {100, {}}, restored_why};
        return signing.new_epoch("7").value();
    }
    /// The same, of a trail that nobody signed: what the anchor says is quoted.
    events::epoch_started begun_unsigned(const std::string& anchor) {
        std::ofstream{directory.anchor(), std::ios::binary} << anchor;
        trail_signing signing{given, directory, std::nullopt, {100, {}}, std::nullopt};
        return signing.new_epoch("7").value();
    }
};

std::string record_of(events::epoch_started what) {
    std::string line;
    audit_entry entry;
    entry.seq = audit_seq{3};
    entry.who = daemon_actor();
    entry.what = std::move(what);
    encode_record(entry, line);
    return line;
}

void check_can_be_recorded(const events::epoch_started& what) {
    BOOST_TEST(is_valid_utf8(what.reason));
    BOOST_TEST(record_of(what).size() <= max_record_bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trail_signing_suite)

BOOST_AUTO_TEST_CASE(a_reason_that_fits_is_recorded_as_it_is) {
    misfit_trail trail;
    const std::string why = "restored from b.db (7 records): Köln " + std::string(4'096, '"');
    const auto begun = trail.begun("", why);
    BOOST_TEST(begun.reason.ends_with("; accepted: " + why));
    BOOST_TEST(begun.reason.starts_with("the signing key is another one"));
}

BOOST_AUTO_TEST_CASE(whatever_was_accepted_fits_into_a_record_beside_any_anchor) {
    misfit_trail trail;
    for (const auto& why : {std::string(70'000, '"'), std::string{"K\xf6ln"}, std::string{"two\nlines \x01"}}) {
        check_can_be_recorded(trail.begun(std::string(4'096, '\x01'), why));
        trail.given.accept_rollback = why;
        check_can_be_recorded(trail.begun(std::string(4'096, '\x01'), std::nullopt));
    }
}

BOOST_AUTO_TEST_CASE(what_an_anchor_says_is_quoted_as_text_and_in_part) {
    misfit_trail trail;
    trail.given.accept_rollback = "the newer database is lost";
    for (const std::string& name : {std::string(32'600, 'x'), std::string(32'600, '"'), std::string(300, '\xff')}) {
        const auto begun = trail.begun_unsigned(schema::sign_anchor({name, {5, {}}}, key_of(2)));
        check_can_be_recorded(begun);
        BOOST_TEST(begun.reason.starts_with("the anchor vouches for 5 records of "));
        BOOST_TEST(begun.reason.ends_with("; accepted: the newer database is lost"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
