// SPDX-License-Identifier: Apache-2.0
#include "daemon/change_quota.hpp"

namespace valhalla {

void change_quota::hold::give_back() const noexcept {
    if (all != nullptr) {
        --all->changes;
        --of_user->changes;
        all->bytes -= bytes;
        of_user->bytes -= bytes;
    }
}

change_quota::hold change_quota::take(ipc::user_id user, std::size_t bytes) {
    usage& mine = usage_of(user);
    const bool room = all_.changes < bounds_.changes && mine.changes < share_of(bounds_.changes) &&
                      all_.bytes + bytes <= bounds_.bytes && mine.bytes + bytes <= share_of(bounds_.bytes);
    if (!room) {
        return {};
    }
    ++all_.changes;
    ++mine.changes;
    all_.bytes += bytes;
    mine.bytes += bytes;
    return {&all_, &mine, bytes};
}

change_quota::usage& change_quota::usage_of(ipc::user_id user) {
    if (last_ != nullptr && last_user_ == user) {
        return *last_;
    }
    if (of_user_.size() >= max_users && !of_user_.contains(user)) {
        std::erase_if(of_user_, [](const auto& each) { return each.second.changes == 0; });
    }
    last_ = &of_user_[user];
    last_user_ = user;
    return *last_;
}

}  // namespace valhalla
