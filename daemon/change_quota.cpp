// SPDX-License-Identifier: Apache-2.0
#include "daemon/change_quota.hpp"

namespace valhalla {

void change_quota::hold::give_back() const noexcept {
    if (all != nullptr) {
        --all->changes;
        --of_uid->changes;
        all->bytes -= bytes;
        of_uid->bytes -= bytes;
    }
}

change_quota::hold change_quota::take(std::uint32_t uid, std::size_t bytes) {
    usage& mine = usage_of(uid);
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

change_quota::usage& change_quota::usage_of(std::uint32_t uid) {
    if (last_ != nullptr && last_uid_ == uid) {
        return *last_;
    }
    if (of_uid_.size() >= max_users && !of_uid_.contains(uid)) {
        std::erase_if(of_uid_, [](const auto& each) { return each.second.changes == 0; });
    }
    last_ = &of_uid_[uid];
    last_uid_ = uid;
    return *last_;
}

}  // namespace valhalla
