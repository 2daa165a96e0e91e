// SPDX-License-Identifier: Apache-2.0
#include "daemon/frontend_files.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "schema/ledger_store.hpp"
#include "tests/temporary_directory.hpp"

using namespace valhalla;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds frontend_patience_of_tests{30};

template <class Condition>
bool comes_true(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + frontend_patience_of_tests;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

/// An empty database: there is nothing to export, which is as good a fault as any.
struct empty_state {
    tests::temporary_directory home;
    tests::temporary_directory elsewhere;
    std::filesystem::path database = home.path() / "valhalla.db";
    schema::ledger_store store{database};
    std::filesystem::path files = elsewhere.path() / "files";

    empty_state() {
        std::filesystem::create_directory(files);
        std::filesystem::permissions(files, std::filesystem::perms{0750});
    }
    [[nodiscard]] frontend_settings settings() const {
        return {.on_change = true, .directory = files, .group = {}, .settle = 1ms};
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(frontend_files_)

BOOST_AUTO_TEST_CASE(what_goes_wrong_is_told_once_and_tried_again) {
    const empty_state state;
    std::promise<std::string> first;
    int told = 0;
    frontend_files files{{.database = state.database, .sign = {}},
                         {.on_trouble =
                              [&](const std::string& problem) {
                                  if (told++ == 0) {
                                      first.set_value(problem);
                                  }
                              }},
                         {.retry = 1ms, .slow = 1h}};
    BOOST_TEST(!files.problem().has_value());
    files.configure(state.settings());
    auto problem = first.get_future();
    BOOST_REQUIRE(problem.wait_for(frontend_patience_of_tests) == std::future_status::ready);
    const auto said = problem.get();
    BOOST_TEST(said.find("nothing to export") != std::string::npos, said);
    BOOST_TEST(files.problem().value() == said);
    BOOST_TEST(comes_true([&] { return files.counted().failed >= 3; }));
    BOOST_TEST(files.stop(frontend_patience_of_tests));
    BOOST_TEST(told == 1);
    BOOST_TEST(files.counted().written == 0U);
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_gone_is_not_made) {
    const empty_state state;
    auto settings = state.settings();
    settings.directory /= "gone";
    frontend_files files{{.database = state.database, .sign = {}}, {.on_trouble = [](const std::string&) {}}};
    files.configure(settings);
    BOOST_TEST(comes_true([&] { return files.problem().has_value(); }));
    BOOST_TEST(files.problem()->find("No such file") != std::string::npos, *files.problem());
    BOOST_TEST(!std::filesystem::exists(settings.directory));
    BOOST_TEST(files.stop(frontend_patience_of_tests));
}

BOOST_AUTO_TEST_CASE(stopping_does_not_wait_for_the_next_try) {
    const empty_state state;
    frontend_files files{
        {.database = state.database, .sign = {}}, {.on_trouble = [](const std::string&) {}}, {.retry = 1h, .slow = 1h}};
    files.configure(state.settings());
    BOOST_TEST(comes_true([&] { return files.counted().failed == 1; }));
    const auto began = std::chrono::steady_clock::now();
    BOOST_TEST(files.stop(frontend_patience_of_tests));
    BOOST_TEST((std::chrono::steady_clock::now() - began < frontend_patience_of_tests / 2));
}

/// The trouble hook stands for a disk that does not answer.
BOOST_AUTO_TEST_CASE(a_thread_that_hangs_is_left_to_itself) {
    static auto* const state = new empty_state;  // the thread may use them until the process ends
    static auto* const let_go = new std::promise<void>;
    static auto* const hangs = new std::promise<void>;
    static auto* const files = new frontend_files{{.database = state->database, .sign = {}},
                                                  {.on_trouble =
                                                       [](const std::string&) {
                                                           hangs->set_value();
                                                           let_go->get_future().wait();
                                                       }},
                                                  {.retry = 1h, .slow = 1h}};
    files->configure(state->settings());
    BOOST_REQUIRE(hangs->get_future().wait_for(frontend_patience_of_tests) == std::future_status::ready);
    BOOST_TEST(!files->stop(50ms));
    BOOST_TEST(files->problem().has_value(), "nobody waits for it");
    let_go->set_value();
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_old_settings_is_not_told_of_new_ones) {
    const empty_state state;
    frontend_files files{
        {.database = state.database, .sign = {}}, {.on_trouble = [](const std::string&) {}}, {.retry = 1h, .slow = 1h}};
    auto settings = state.settings();
    settings.group = "valhalla-no-such-group";
    files.configure(settings);
    BOOST_REQUIRE(comes_true([&] { return files.problem().has_value(); }));
    BOOST_TEST(files.problem()->find("export.group: there is no group") != std::string::npos, *files.problem());
    files.configure(state.settings());
    BOOST_REQUIRE(comes_true([&] { return files.problem().has_value(); }));
    BOOST_TEST(files.problem()->find("nothing to export") != std::string::npos, *files.problem());
    settings.on_change = false;
    files.configure(settings);
    BOOST_TEST(!files.problem().has_value());
    settings = state.settings();
    settings.directory = state.home.path();
    files.configure(settings);
    BOOST_REQUIRE(comes_true([&] { return files.problem().has_value(); }));
    BOOST_TEST(files.problem()->find("lies in the state directory") != std::string::npos, *files.problem());
    BOOST_TEST(files.stop(frontend_patience_of_tests));
}

BOOST_AUTO_TEST_SUITE_END()
