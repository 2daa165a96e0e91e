// SPDX-License-Identifier: Apache-2.0
//
// describe, which needs no daemon; and ipc/METHODS.md, which it writes. `ACCEPT=1` writes that anew.
#include <cstdlib>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "ipc/method.hpp"
#include "tests/ipc/ctl/stage.hpp"

BOOST_AUTO_TEST_SUITE(ctl_describe)

using namespace valhalla::ctl::test;
namespace ipc = valhalla::ipc;

namespace {

std::string said(const std::vector<std::string>& arguments, const seat& at = {}) {
    fake_daemon nobody;
    const auto got = run(nobody, arguments, at);
    BOOST_TEST(got.code == 0);
    BOOST_TEST(got.err.empty(), got.err);
    BOOST_TEST(nobody.requests().empty());
    return got.out;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_method_is_listed) {
    const auto list = said({"describe"});
    for (const auto& one : ipc::describe_api()) {
        BOOST_TEST(contains(list, '\n' + std::string{one.name} + ' '), one.name);
    }
}

BOOST_AUTO_TEST_CASE(a_family_is_listed) {
    const auto list = said({"describe", "canon"});
    BOOST_TEST(contains(list, "canon.get"));
    BOOST_TEST(contains(list, "canon.reload"));
    BOOST_TEST(!contains(list, "cone.set"));
}

BOOST_AUTO_TEST_CASE(pages_are_as_accepted) {
    check_golden("screens/describe-session-start.txt", said({"describe", "session.start"}));
    check_golden("screens/describe-import-cancel.txt", said({"describe", "import.cancel"}));
}

BOOST_AUTO_TEST_CASE(every_page_fits_its_screen) {
    for (const auto& one : ipc::describe_api()) {
        const auto page = said({"describe", std::string{one.name}}, {.columns = 60});
        BOOST_TEST(contains(page, "Example"), one.name);
        // Calls and answers are for copying, so they are not wrapped.
        std::string_view left = std::string_view{page}.substr(0, page.find("\nExample"));
        while (!left.empty()) {
            const auto end = std::min(left.find('\n'), left.size());
            BOOST_TEST(end <= 60U, one.name << ": " << left.substr(0, end));
            left.remove_prefix(std::min(end + 1, left.size()));
        }
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_method_is_wrong_usage_and_the_nearest_is_named) {
    const auto got = run_without_daemon({"describe", "session.strat"});
    BOOST_TEST(got.code == 3);
    BOOST_TEST(contains(got.err, "did you mean 'session.start'?"), got.err);
    BOOST_TEST(run_without_daemon({"describe", "xxxxxxxx"}).code == 3);
}

BOOST_AUTO_TEST_CASE(json_is_an_open_rpc_document_of_what_was_asked_for) {
    const auto whole = boost::json::parse(said({"--json", "describe"}));
    BOOST_TEST(whole.at("methods").as_array().size() == ipc::describe_api().size());
    const auto one = boost::json::parse(said({"--json", "describe", "cone.state"}));
    BOOST_TEST(one.at("methods").as_array().size() == 1U);
    BOOST_TEST(one.at("components").at("schemas").as_object().size() == 1U);
    BOOST_TEST(one.at("components").at("schemas").as_object().contains("cone"));
}

BOOST_AUTO_TEST_CASE(the_reference_is_up_to_date) {
    const auto now = said({"describe", "--markdown"});
    const auto path = std::filesystem::path{SOURCE_DIR} / "ipc" / "METHODS.md";
    if (std::getenv("ACCEPT") != nullptr) {
        write_file(path, now);
    }
    BOOST_TEST((read_file(path) == now), "run this test with ACCEPT=1 and commit ipc/METHODS.md");
}

BOOST_AUTO_TEST_SUITE_END()
