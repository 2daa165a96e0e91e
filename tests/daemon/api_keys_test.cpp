// SPDX-License-Identifier: Apache-2.0
#include "daemon/api_keys.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

#include "ipc/api/access.hpp"
#include "schema/proof/merkle_tree.hpp"

using namespace valhalla;

namespace {

constexpr auto created = micros_at(1'800'000'000'000'000);
constexpr auto test_time = span_of(created);

struct kept_key {
    drawn_key drawn = draw_key();
    key_map keys;

    explicit kept_key(std::optional<unix_micros> expires = std::nullopt, access_role role = access_role::operator_) {
        keys.emplace(drawn.id, api_key{.id = drawn.id,
                                       .name = "ci",
                                       .role = role,
                                       .hash = drawn.hash,
                                       .created_at = created,
                                       .created_by = "olga",
                                       .expires_at = expires,
                                       .runs_out = {expires ? std::optional{span_of(*expires)} : std::nullopt}});
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(api_keys)

BOOST_AUTO_TEST_CASE(a_drawn_key_has_the_form_that_scanners_look_for) {
    const auto key = draw_key();
    BOOST_TEST(key.text.size() == 81U);
    BOOST_TEST(key.text.starts_with("vhk_" + key.id + "_"));
    BOOST_TEST(ipc::api::is_key_id(key.id));
    BOOST_TEST(key.text.find_first_not_of("0123456789abcdef", 17) == std::string::npos);
    BOOST_TEST(key.hash == schema::to_hex(schema::hasher{}.plain(key.text)));
}

BOOST_AUTO_TEST_CASE(no_two_are_alike) {
    std::set<std::string> ids;
    std::set<std::string> texts;
    for (int i = 0; i < 1'000; ++i) {
        const auto key = draw_key();
        ids.insert(key.id);
        texts.insert(key.text.substr(17));
    }
    BOOST_TEST(ids.size() == 1'000U);
    BOOST_TEST(texts.size() == 1'000U);
}

BOOST_AUTO_TEST_CASE(its_text_gives_its_name_and_role) {
    for (const auto& [stored, granted] : {std::pair{access_role::viewer, ipc::role::viewer},
                                          {access_role::operator_, ipc::role::operator_},
                                          {access_role::owner, ipc::role::owner}}) {
        const kept_key k{std::nullopt, stored};
        const auto who = identify(k.keys, k.drawn.text, test_time);
        BOOST_TEST_REQUIRE(who.has_value());
        BOOST_TEST(who->name == "ci");
        BOOST_TEST(who->id == k.drawn.id);
        BOOST_TEST((who->granted == granted));
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_a_revoked_and_an_expired_key_give_nothing) {
    kept_key k{created + std::chrono::seconds{1}};
    BOOST_TEST(!identify(k.keys, draw_key().text, test_time).has_value());
    BOOST_TEST(identify(k.keys, k.drawn.text, test_time).has_value());
    BOOST_TEST(identify(k.keys, k.drawn.text, test_time + std::chrono::microseconds{999'999}).has_value());
    BOOST_TEST(!identify(k.keys, k.drawn.text, test_time + std::chrono::seconds{1}).has_value());
    k.keys.clear();
    BOOST_TEST(!identify(k.keys, k.drawn.text, test_time).has_value());
}

BOOST_AUTO_TEST_CASE(every_digit_counts) {
    const kept_key k;
    for (std::size_t i = 0; i < k.drawn.text.size(); ++i) {
        auto other = k.drawn.text;
        other[i] = other[i] == '0' ? '1' : '0';
        BOOST_TEST(!identify(k.keys, other, test_time).has_value(), other);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_key_gives_nothing) {
    const kept_key k;
    const auto& text = k.drawn.text;
    for (const std::string& other :
         {std::string{}, std::string{"vhk_"}, text + " ", " " + text, text.substr(0, 80), text + "0",
          std::string(81, '0'), std::string(1'000'000, 'v'), "VHK_" + text.substr(4), text.substr(0, 80) + '\0',
          k.drawn.hash, std::string{"vhk_"} + k.drawn.id}) {
        BOOST_TEST(!identify(k.keys, other, test_time).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_secret_of_another_key_does_not_fit) {
    const kept_key a;
    const kept_key b;
    auto keys = a.keys;
    keys.insert(b.keys.begin(), b.keys.end());
    BOOST_TEST(!identify(keys, a.drawn.text.substr(0, 17) + b.drawn.text.substr(17), test_time).has_value());
    BOOST_TEST(identify(keys, b.drawn.text, test_time)->id == b.drawn.id);
}

BOOST_AUTO_TEST_CASE(its_id_gives_its_role_as_long_as_it_holds) {
    kept_key k{created + std::chrono::seconds{1}, access_role::operator_};
    BOOST_TEST((role_of_key(k.keys, k.drawn.id, test_time) == ipc::role::operator_));
    BOOST_TEST(any_valid_key(k.keys, test_time));
    BOOST_TEST((role_of_key(k.keys, k.drawn.id, test_time + std::chrono::seconds{1}) == ipc::role::none));
    BOOST_TEST(!any_valid_key(k.keys, test_time + std::chrono::seconds{1}));
    BOOST_TEST((role_of_key(k.keys, draw_key().id, test_time) == ipc::role::none));
    k.keys.clear();
    BOOST_TEST((role_of_key(k.keys, k.drawn.id, test_time) == ipc::role::none));
    BOOST_TEST(!any_valid_key(k.keys, test_time));
}

BOOST_AUTO_TEST_CASE(keys_of_one_name_have_one_holder_who_is_no_local_user) {
    const kept_key a;
    const kept_key b;
    BOOST_TEST(
        (identify(a.keys, a.drawn.text, test_time)->holder == identify(b.keys, b.drawn.text, test_time)->holder));
    BOOST_TEST((holder_of_keys("ci") != holder_of_keys("cI")));
    BOOST_TEST(holder_of_keys("ci").number() > 0xffff'ffffU);
}

BOOST_AUTO_TEST_CASE(a_stored_hash_that_is_none_opens_nothing) {
    kept_key k;
    k.keys.begin()->second.hash.clear();
    BOOST_TEST(!identify(k.keys, k.drawn.text, test_time).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
