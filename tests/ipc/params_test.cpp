// SPDX-License-Identifier: Apache-2.0
#include "ipc/params.hpp"

#include <array>
#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace valhalla::ipc;

namespace {

enum class colour : std::uint8_t { red = 0, green = 1, blue = 2 };
constexpr std::array<std::string_view, 3> colour_words{"red", "green", "blue"};

struct everything {
    std::string text;
    std::optional<std::string> note;
    std::int64_t limit = 100;
    std::optional<double> share;
    std::optional<bool> active;
    std::optional<colour> shade;
    std::optional<wire_time> since;
    std::optional<std::string> figures;
    std::optional<std::vector<std::string>> names;
};

constexpr bool is_lower(std::string_view s) {
    return s.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

constexpr auto fields = std::tuple{
    text("text", &everything::text, {.min_bytes = 1, .max_bytes = 8}, "A text."),
    text("note", &everything::note, {.max_bytes = 4, .form = is_lower, .form_words = "small letters"}, "A note."),
    defaulted(integer("limit", &everything::limit, {.minimum = 1, .maximum = 1'000}, "A limit.")),
    real("share", &everything::share, {.minimum = 0, .maximum = 1}, "A share."),
    flag("active", &everything::active, "A flag."),
    word("shade", &everything::shade, colour_words, "A word."),
    time("since", &everything::since, "A time."),
    object("figures", &everything::figures, {.max_bytes = 16}, "Figures."),
    list("names", &everything::names, {.max_items = 2, .item = {.min_bytes = 1, .max_bytes = 3}}, "Names."),
};

struct outcome {
    everything got;
    rpc_error error;
    bool good = false;
    explicit outcome(std::string_view raw) {
        json_scratch scratch;
        good = read_params(fields, raw, scratch, got, error);
    }
};

struct wrong {
    std::string raw;
    std::string message;
    std::string key;
};
std::ostream& operator<<(std::ostream& out, const wrong& w) {
    return out << w.raw;
}

const std::vector<wrong> wrongs{
    {"", R"(missing parameter "text")", "text"},
    {"{}", R"(missing parameter "text")", "text"},
    {R"({"text":null})", R"("text" must be a string of 1 to 8 bytes, not null)", "text"},
    {R"({"text":1})", R"("text" must be a string of 1 to 8 bytes, not 1)", "text"},
    {R"({"text":["x"]})", R"("text" must be a string of 1 to 8 bytes, not an array)", "text"},
    {R"({"text":""})", R"("text" must be a string of 1 to 8 bytes, not empty)", "text"},
    {R"({"text":"123456789"})", R"("text" must be a string of 1 to 8 bytes, not 9 bytes)", "text"},
    {R"({"text":"a\u0000b"})", R"("text" must not contain the character U+0000)", "text"},
    {R"({"text":"x","note":"12345"})", R"("note" must be a string of at most 4 bytes, not 5 bytes)", "note"},
    {R"({"text":"x","note":"A"})", R"("note" must be small letters, not "A")", "note"},
    {R"({"text":"x","limit":0})", R"("limit" must be an integer from 1 to 1000, not 0)", "limit"},
    {R"({"text":"x","limit":1001})", R"("limit" must be an integer from 1 to 1000, not 1001)", "limit"},
    {R"({"text":"x","limit":"10"})", R"("limit" must be an integer from 1 to 1000, not "10")", "limit"},
    {R"({"text":"x","limit":10.0})", R"("limit" must be an integer from 1 to 1000, not 10.0)", "limit"},
    {R"({"text":"x","limit":1e2})", R"("limit" must be an integer from 1 to 1000, not 1e2)", "limit"},
    {R"({"text":"x","limit":18446744073709551617})",
     R"("limit" must be an integer from 1 to 1000, not 18446744073709551617)", "limit"},
    {R"({"text":"x","share":1.5})", R"("share" must be a number from 0 to 1, not 1.5)", "share"},
    {R"({"text":"x","share":1e999})", R"("share" must be a number from 0 to 1, not 1e999)", "share"},
    {R"({"text":"x","share":true})", R"("share" must be a number from 0 to 1, not true)", "share"},
    {R"({"text":"x","active":1})", R"("active" must be true or false, not 1)", "active"},
    {R"({"text":"x","active":"true"})", R"("active" must be true or false, not "true")", "active"},
    {R"({"text":"x","shade":"Red"})", R"("shade" must be one of "red", "green" or "blue", not "Red")", "shade"},
    {R"({"text":"x","shade":{}})", R"("shade" must be one of "red", "green" or "blue", not an object)", "shade"},
    {R"({"text":"x","since":"today"})",
     R"("since" must be a UTC time such as "2026-11-22T09:08:43.347626Z", not "today")", "since"},
    {R"({"text":"x","figures":[]})", R"("figures" must be an object, not an array)", "figures"},
    {R"({"text":"x","figures":{"a":"0123456789"}})", R"("figures" must be an object of at most 16 bytes, not 18 bytes)",
     "figures"},
    {R"({"text":"x","names":"a"})", R"("names" must be an array of at most 2 strings, not "a")", "names"},
    {R"({"text":"x","names":["a","b","c"]})", R"("names" must have at most 2 items)", "names"},
    {R"({"text":"x","names":["a",1]})", R"("names"[1] must be a string of 1 to 3 bytes, not 1)", "names"},
    {R"({"text":"x","names":["abcd"]})", R"("names"[0] must be a string of 1 to 3 bytes, not 4 bytes)", "names"},
    {R"({"text":"x","limits":1})", R"(unknown parameter "limits"; did you mean "limit"?)", "limits"},
    {R"({"text":"x","quux":1})", R"(unknown parameter "quux")", "quux"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(params)

BOOST_AUTO_TEST_CASE(every_kind_of_value_arrives) {
    const outcome o{R"({"text":"t\u00e4","note":"ab","limit":7,"share":0.25,"active":false,"shade":"blue",)"
                    R"("since":"1970-01-01T00:00:00.000001Z","figures":{ "a" : 1.50 },"names":["x","\u0079"]})"};
    BOOST_REQUIRE_MESSAGE(o.good, o.error.message);
    BOOST_TEST(o.got.text == "tä");
    BOOST_TEST(o.got.note.value() == "ab");
    BOOST_TEST(o.got.limit == 7);
    BOOST_TEST(o.got.share.value() == 0.25);
    BOOST_TEST(o.got.active.value() == false);
    BOOST_TEST((o.got.shade == colour::blue));
    BOOST_TEST((o.got.since == wire_time{std::chrono::microseconds{1}}));
    BOOST_TEST(o.got.figures.value() == R"({"a":1.50})");
    const std::vector<std::string> names{"x", "y"};
    BOOST_TEST(o.got.names.value() == names, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_left_out_keeps_its_default) {
    const outcome o{R"({"text":"x"})"};
    BOOST_REQUIRE(o.good);
    BOOST_TEST(o.got.limit == 100);
    BOOST_TEST(!o.got.note.has_value());
}

BOOST_AUTO_TEST_CASE(null_is_the_same_as_leaving_out_what_is_not_required) {
    const outcome o{R"({"text":"x","note":null,"limit":null,"shade":null})"};
    BOOST_REQUIRE_MESSAGE(o.good, o.error.message);
    BOOST_TEST(o.got.limit == 100);
    BOOST_TEST(!o.got.note.has_value());
    BOOST_TEST(!o.got.shade.has_value());
}

BOOST_AUTO_TEST_CASE(the_bounds_themselves_are_allowed) {
    BOOST_TEST(outcome{R"({"text":"12345678","note":"abcd","limit":1000,"share":1})"}.good);
    BOOST_TEST(outcome{R"({"text":"1","note":"","limit":1,"share":0})"}.good);
}

BOOST_AUTO_TEST_CASE(a_key_with_escapes_is_the_key_that_it_spells) {
    const outcome o{R"({"te\u0078t":"x"})"};
    BOOST_TEST(o.good);
    BOOST_TEST(o.got.text == "x");
}

BOOST_DATA_TEST_CASE(wrong_parameters_are_named_and_explained, boost::unit_test::data::make(wrongs), w) {
    const outcome o{w.raw};
    BOOST_REQUIRE(!o.good);
    BOOST_TEST((o.error.code == error_code::invalid_params));
    BOOST_TEST(o.error.message == w.message);
    BOOST_TEST(o.error.data_members.starts_with("\"key\":\"" + w.key + "\""), o.error.data_members);
}

BOOST_AUTO_TEST_CASE(a_method_without_parameters_takes_none) {
    struct none {};
    none got;
    rpc_error error;
    json_scratch scratch;
    BOOST_TEST(read_params(std::tuple<>{}, "", scratch, got, error));
    BOOST_TEST(read_params(std::tuple<>{}, "{ }", scratch, got, error));
    BOOST_TEST(!read_params(std::tuple<>{}, R"({"a":1})", scratch, got, error));
    BOOST_TEST(error.message == R"(unknown parameter "a"; the method has none)");
}

BOOST_AUTO_TEST_SUITE_END()
