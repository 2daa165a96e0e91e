// SPDX-License-Identifier: Apache-2.0
//
// A stage for valhallactl: a daemon with canned answers, and one run of a command line against it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "ipc/ctl/run.hpp"
#include "tests/temporary_directory.hpp"

namespace valhalla::ctl::test {

/// 2026-11-22T12:20:43.517614Z: 3h 12m after the canned cone was set.
inline constexpr std::string_view now_text = "2026-11-22T12:20:43.517614Z";

class fake_daemon {
  public:
    /// Gives the members of the reply: `"result":…` or `"error":…`.
    using method = std::function<std::string(const boost::json::value& params)>;
    struct request {
        std::string name;
        std::string params;
    };

    void on(const std::string& name, method answer) { methods_[name] = std::move(answer); }
    void answers(const std::string& name, const std::string& result_json);
    /// `more` are further members of `data`, with a comma in front.
    void refuses(const std::string& name, int code, const std::string& kind, const std::string& message,
                 const std::string& more = {});

    [[nodiscard]] caller connect();
    [[nodiscard]] const std::vector<request>& requests() const noexcept { return requests_; }
    [[nodiscard]] std::size_t count(std::string_view name) const;
    /// The only request there was; fails the test when there were more or none.
    [[nodiscard]] request only() const;

  private:
    std::map<std::string, method> methods_;
    std::vector<request> requests_;
};

[[nodiscard]] std::string result(const std::string& json);

struct outcome {
    int code = 0;
    std::string out;
    std::string err;
};

struct seat {
    std::size_t columns = 80;
    bool colours = false;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool moves_cursor = true;
    bool can_ask = false;
    std::string typed{};  ///< what the person types when asked, or the standard input
    process_services process{};
    std::optional<std::chrono::milliseconds> patience{};  ///< for an answer, on a socket
};

[[nodiscard]] outcome run(fake_daemon& daemon, const std::vector<std::string>& arguments, const seat& at = {});
/// With the true client, against the socket that the arguments name.
[[nodiscard]] outcome run_on_socket(const std::vector<std::string>& arguments, const seat& at = {});
/// The same where nobody listens.
[[nodiscard]] outcome run_without_daemon(const std::vector<std::string>& arguments);

/// Compares with tests/data/ctl/NAME; VALHALLA_ACCEPT=1 in the environment writes it instead.
void check_golden(const std::string& name, const std::string& text);

using valhalla::tests::temporary_directory;

void write_file(const std::filesystem::path& path, std::string_view bytes);
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
[[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& directory);

}  // namespace valhalla::ctl::test
