// SPDX-License-Identifier: Apache-2.0
//
// A session from its beginning to its end, typed and untyped, as somebody else would write it.
#include <cstdlib>
#include <iostream>
#include <valhalla/client.hpp>
#include <valhalla/methods.hpp>

int main() {
    namespace api = valhalla::api;
    try {
        valhalla::client daemon;
        const auto session = daemon.call(api::session_start{.notes = "from outside", .request_key = "outside-1"});
        const auto again = daemon.call(api::session_start{.notes = "from outside", .request_key = "outside-1"});
        std::cout << "session " << session.id << (again.id == session.id ? " once" : " twice") << '\n';
        const auto verdict = daemon.call(api::cone_decide{.engine = "wholesaling", .action = "optimize"});
        std::cout << "band " << to_text(verdict.band) << (verdict.allowed ? " allowed" : " denied") << '\n';
        try {
            daemon.call(api::session_start{});
        } catch (const valhalla::call_error& refusal) {
            std::cout << "refused " << refusal.kind() << '\n';
        }
        for (const auto& record : daemon.call(api::audit_list{.event = "GO_SESSION_START", .limit = 1}).items) {
            std::cout << "record of " << record.actor.name << ": " << record.event << '\n';
        }
        std::cout << "untyped " << daemon.call("session.status").at("start_notes").as_string().c_str() << '\n';
        std::cout << "ended " << to_text(daemon.call(api::session_end{.notes = "done"}).end_reason.value())
                  << std::endl;
    } catch (const valhalla::error& wrong) {
        std::cerr << wrong.what() << '\n';
        return EXIT_FAILURE;
    }
}
