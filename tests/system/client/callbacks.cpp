// SPDX-License-Identifier: Apache-2.0
//
// Follows the trail and makes changes on one event loop, through a restart of the daemon: prints the seq of each record
// that it was sent, "restart" when it wants one, and ends when a change after it was seen.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <valhalla/async_client.hpp>
#include <valhalla/methods.hpp>

#include <boost/asio/io_context.hpp>

namespace api = valhalla::api;

namespace {

class follower {
  public:
    explicit follower(boost::asio::io_context& loop)
        : daemon_{
              loop.get_executor(),
              {},
              {.notification = [this](std::string_view name, const boost::json::value& params) { take(name, params); },
               .connected = [this] { follow(); }}} {
        append("X_BEFORE");
    }

  private:
    void follow() {
        daemon_.call(api::audit_follow{.after = last_}, [](const valhalla::outcome<api::follow>& began) {
            std::cout << (began ? "following" : "not following") << std::endl;
        });
    }

    void append(const char* event) {
        daemon_.call(api::audit_append{.event = event, .payload = {{"n", 1}}, .request_key = event},
                     [](const valhalla::outcome<api::audit_append::result>& done) {
                         std::cout << "appended " << done.value().seq << std::endl;
                     });
    }

    void take(std::string_view name, const boost::json::value& params) {
        if (name != "audit.event") {
            return;
        }
        api::audit_event one;
        decode(params, one);
        last_ = one.record.seq;
        std::cout << "record " << last_ << ' ' << one.record.event << std::endl;
        if (one.record.event == "X_BEFORE") {
            std::cout << "restart" << std::endl;
            std::string line;
            std::getline(std::cin, line);  // it has been restarted
            append("X_AFTER");
        } else if (one.record.event == "X_AFTER") {
            daemon_.close();
        }
    }

    std::int64_t last_ = 0;
    valhalla::async_client daemon_;
};

}  // namespace

int main() {
    try {
        boost::asio::io_context loop{1};
        follower one{loop};
        loop.run();
    } catch (const std::exception& wrong) {
        std::cerr << wrong.what() << '\n';
        return EXIT_FAILURE;
    }
}
