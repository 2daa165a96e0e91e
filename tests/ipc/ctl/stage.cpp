// SPDX-License-Identifier: Apache-2.0
#include "tests/ipc/ctl/stage.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace valhalla::ctl::test {

std::string result(const std::string& json) {
    return "\"result\":" + json;
}

void fake_daemon::answers(const std::string& name, const std::string& result_json) {
    on(name, [members = result(result_json)](const boost::json::value&) { return members; });
}

void fake_daemon::refuses(const std::string& name, int code, const std::string& kind, const std::string& message,
                          const std::string& more) {
    on(name, [members = fmt::format(R"("error":{{"code":{},"message":{},"data":{{"kind":"{}"{}}}}})", code,
                                    json_string(message), kind, more)](const boost::json::value&) { return members; });
}

caller fake_daemon::connect() {
    return [this](std::string_view name, std::string_view params) {
        requests_.push_back({std::string{name}, std::string{params}});
        BOOST_TEST(params.find('\n') == std::string_view::npos, "a request must be one line");
        const auto found = methods_.find(std::string{name});
        BOOST_TEST((found != methods_.end()), "unexpected call of " << name);
        if (found == methods_.end()) {
            throw std::runtime_error{"no canned answer"};
        }
        const auto value = boost::json::parse({params.data(), params.size()});
        return read_reply(R"({"jsonrpc":"2.0","id":1,)" + found->second(value) + "}");
    };
}

std::size_t fake_daemon::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(requests_, [&](const request& r) { return r.name == name; }));
}

fake_daemon::request fake_daemon::only() const {
    BOOST_REQUIRE_EQUAL(requests_.size(), 1U);
    return requests_.front();
}

namespace {

outcome run_with(const std::function<caller(const std::string&)>& connect, const std::vector<std::string>& arguments,
                 const seat& at) {
    std::ostringstream out;
    std::ostringstream err;
    std::istringstream in{at.typed};
    const surroundings around{.out = out,
                              .err = err,
                              .in = in,
                              .columns = at.columns,
                              .err_columns = at.columns,
                              .colours = at.colours,
                              .out_is_terminal = at.out_is_terminal,
                              .err_is_terminal = at.err_is_terminal,
                              .moves_cursor = at.moves_cursor,
                              .can_ask = at.can_ask,
                              .now = [] { return micros_of(now_text).value(); },
                              .default_socket = [] { return "/nowhere/valhallad.sock"; },
                              .connect = connect,
                              .process = at.process};
    const auto code = ctl::run(arguments, around);
    return {static_cast<int>(code), out.str(), err.str()};
}

}  // namespace

outcome run(fake_daemon& daemon, const std::vector<std::string>& arguments, const seat& at) {
    return run_with([&](const std::string&) { return daemon.connect(); }, arguments, at);
}

outcome run_on_socket(const std::vector<std::string>& arguments, const seat& at) {
    return run_with([&](const std::string& socket) { return call_socket(socket, at.patience); }, arguments, at);
}

outcome run_without_daemon(const std::vector<std::string>& arguments) {
    return run_on_socket(arguments);
}

void check_golden(const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path{TEST_DATA_DIR} / "ctl" / name;
    if (const char* accept = std::getenv("VALHALLA_ACCEPT"); accept != nullptr && *accept != '\0') {
        write_file(path, text);
        return;
    }
    BOOST_TEST(text == read_file(path), name << " differs; VALHALLA_ACCEPT=1 accepts this:\n" << text);
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream file{path, std::ios::binary};
    file << bytes;
    file.close();
    BOOST_REQUIRE_MESSAGE(file.good(), "cannot write " << path);
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    BOOST_REQUIRE_MESSAGE(file.is_open(), "cannot read " << path);
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> names_in(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace valhalla::ctl::test
