// SPDX-License-Identifier: Apache-2.0
#include "daemon/notary.hpp"

#include <fstream>
#include <future>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "schema/proof/anchor.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;

namespace {

const std::string notary_origin = "valhalla.example/7";

schema::tree_head head_of(std::uint64_t size) {
    return {size, schema::hasher{}.leaf(std::to_string(size))};
}

/// A notary that signs on its own only when it ends, so that tests say when.
class office {
  public:
    explicit office(notary::settings s = {.pace = std::chrono::hours{1}, .log_every = std::chrono::minutes{0}})
        : signs{schema::signing_key::from_seed({}),
                anchor,
                {notary_origin, head_of(5)},
                head_of(5),
                s,
                {.on_trouble = [this](const std::string& problem) { troubles.push_back(problem); },
                 .on_log = [this](const signed_checkpoint& newest) { logged.push_back(newest.what.head.size); }}} {
        signs.start();
    }
    notary::outcome ask(std::uint64_t size) {
        std::promise<notary::outcome> answered;
        signs.when_signed(size, [&answered](const notary::outcome& o) { answered.set_value(o); });
        return answered.get_future().get();
    }
    [[nodiscard]] std::string anchored() const {
        std::ifstream file{anchor};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    tests::temporary_directory directory;
    std::filesystem::path anchor = directory.path() / "anchor";
    std::vector<std::string> troubles;  // of the notary's thread; read after stop
    std::vector<std::uint64_t> logged;
    notary signs;
};

const signed_checkpoint& good(const notary::outcome& done) {
    BOOST_REQUIRE(std::holds_alternative<checkpoint_ptr>(done));
    return *std::get<checkpoint_ptr>(done);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notary_)

BOOST_AUTO_TEST_CASE(what_is_signed_already_is_given_at_once) {
    office o;
    const auto done = o.ask(5);
    BOOST_TEST(good(done).what.head.size == 5U);
    const auto note = schema::signed_note::parse(good(done).note);
    const auto key = schema::verifier_key::parse(o.signs.verifier_key());
    BOOST_REQUIRE(note && key);
    BOOST_CHECK(schema::check_note(*note, *key) == schema::note_verdict::signed_by_key);
}

BOOST_AUTO_TEST_CASE(who_asks_gets_what_was_committed_and_it_is_anchored_before) {
    office o;
    o.signs.committed(head_of(9));
    const auto done = o.ask(9);
    BOOST_TEST(good(done).what.head.size == 9U);
    const auto kept = schema::anchor::parse(o.anchored());
    BOOST_REQUIRE(kept.has_value());
    BOOST_TEST((kept->says == good(done).what));
    BOOST_TEST(o.anchored().find(good(done).note) == std::string::npos);
    BOOST_TEST(o.signs.behind_for().count() == 0);
}

BOOST_AUTO_TEST_CASE(who_asks_for_more_than_was_committed_waits_for_the_commit) {
    office o;
    std::promise<notary::outcome> answered;
    o.signs.when_signed(8, [&](const notary::outcome& done) { answered.set_value(done); });
    o.signs.committed(head_of(7));
    o.signs.committed(head_of(12));
    BOOST_TEST(good(answered.get_future().get()).what.head.size == 12U);
}

BOOST_AUTO_TEST_CASE(a_trail_that_grows_is_signed_without_being_asked) {
    office o{{.pace = std::chrono::milliseconds{20}, .log_every = std::chrono::minutes{0}}};
    // The first may be signed at once; the others come when the notary rests, and may not be signed yet.
    for (std::uint64_t size = 6; size < 12; ++size) {
        o.signs.committed(head_of(size));
        const auto second_line = "\n" + std::to_string(size) + "\n";
        while (o.anchored().find(second_line) == std::string::npos) {  // ctest's time limit ends this if it never comes
            ::usleep(1'000);
        }
        ::usleep(5'000);  // a quarter of the pace
    }
}

BOOST_AUTO_TEST_CASE(the_last_head_is_signed_anchored_and_logged_at_the_end) {
    office o;
    o.signs.committed(head_of(30));
    o.signs.stop();
    BOOST_TEST(o.anchored().starts_with("valhalla-anchor/v1\n" + notary_origin + "\n30\n"));
    BOOST_TEST(o.logged == std::vector<std::uint64_t>{30}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_export_gets_a_note_over_exactly_its_records) {
    office o;
    o.signs.committed(head_of(20));
    const auto done = o.signs.sign_exactly(head_of(11));
    BOOST_REQUIRE(std::holds_alternative<std::string>(done));
    BOOST_TEST(std::get<std::string>(done).starts_with(notary_origin + "\n11\n"));
    BOOST_TEST(o.anchored().starts_with("valhalla-anchor/v1\n" + notary_origin + "\n20\n"));  // at least as new
}

BOOST_AUTO_TEST_CASE(what_cannot_be_anchored_is_not_given_out) {
    office o;
    // A directory in the anchor's place: rename fails for root as well.
    std::filesystem::create_directory(o.anchor);
    std::filesystem::create_directory(o.anchor / "full");
    o.signs.committed(head_of(9));
    const auto refused = o.ask(9);
    BOOST_REQUIRE(std::holds_alternative<notary::trouble>(refused));
    BOOST_TEST(
        std::get<notary::trouble>(refused).message.starts_with("the checkpoint could not be kept in the anchor"));
    BOOST_TEST(good(o.ask(5)).what.head.size == 5U);  // the older one is still good
    std::filesystem::remove_all(o.anchor);
    BOOST_TEST(good(o.ask(9)).what.head.size == 9U);
    o.signs.stop();
    BOOST_REQUIRE(o.troubles.size() == 2U);
    BOOST_TEST(o.troubles[0] != "");
    BOOST_TEST(o.troubles[1] == "");
}

BOOST_AUTO_TEST_CASE(who_still_waits_at_the_end_is_told) {
    office o;
    std::promise<notary::outcome> answered;
    o.signs.when_signed(99, [&](const notary::outcome& done) { answered.set_value(done); });
    o.signs.stop();
    BOOST_TEST(std::holds_alternative<notary::trouble>(answered.get_future().get()));
}

BOOST_AUTO_TEST_SUITE_END()
