// SPDX-License-Identifier: Apache-2.0
#include "daemon/denial_recorder.hpp"

#include <utility>

#include "daemon/clock.hpp"

namespace valhalla {

void denial_recorder::note(const ipc::denial& denied) {
    const auto& who = denied.who;
    auto first = book_.note({.who = actor_of(who), .method = denied.method, .needs = denied.needs, .has = who.granted},
                            system_now(), denial_book::clock::now());
    if (first) {
        record(*std::move(first));
    }
    if (!waking_) {
        wake_when_due();
    }
}

void denial_recorder::set_rules(denial_rules rules) {
    book_.set_rules(rules);
}

void denial_recorder::close() {
    timer_.cancel();
    for (auto& one : book_.close()) {
        record(std::move(one));
    }
    changes_.flush();
}

void denial_recorder::record(denial_book::entry one) {
    changes_.submit_of(std::move(one.who), governor::commands::record_denial{std::move(one.what)});
}

void denial_recorder::wake_when_due() {
    waking_ = book_.next_due(denial_book::clock::now());
    if (!waking_) {
        return;
    }
    timer_.expires_at(*waking_);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) {
            return;
        }
        for (auto& one : book_.due(denial_book::clock::now())) {
            record(std::move(one));
        }
        wake_when_due();
    });
}

}  // namespace valhalla
