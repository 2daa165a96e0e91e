// SPDX-License-Identifier: Apache-2.0
//
// audit.follow: peers to whom the trail is sent as it grows. A follow is a filter and a cursor: whenever the trail is
// ahead of the cursor and the peer has taken what it got, the next page is read on the query thread and sent. So there
// is no gap and no duplicate between what there was and what comes, whatever the peer's pace. I/O thread only.
//
// A follow belongs to whoever began it, whatever key the connection comes with later. One that was begun with a key
// ends when the key does: before the next page is sent, and so at the latest with the record that revokes it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "daemon/query_pool.hpp"
#include "ipc/call.hpp"
#include "schema/reader.hpp"

namespace valhalla {

class follow_hub {
  public:
    /// Each costs the query thread a look at every commit. One user gets three quarters of them at most.
    static constexpr std::size_t max_follows = 256;
    static constexpr std::size_t max_follows_per_connection = 16;
    /// Of one page, which is all that is kept for a peer.
    static constexpr std::size_t page_records = 200;
    static constexpr std::size_t page_bytes = std::size_t{64} << 10U;

    /// Whether the key of this id still holds.
    using key_check = std::function<bool(const std::string& key)>;

    follow_hub(query_pool& queries, key_check holds) : queries_{queries}, key_holds_{std::move(holds)} {}
    ~follow_hub();
    follow_hub(const follow_hub&) = delete;
    follow_hub& operator=(const follow_hub&) = delete;

    /// The trail has `size` records now.
    void grew(std::uint64_t size);
    /// Begins to send to the caller what `filter` lets through after `filter.after`. The number of the follow, or why
    /// not. The caller's reply must be given before control goes back to the event loop.
    [[nodiscard]] std::variant<std::int64_t, ipc::rpc_error> follow(const ipc::peer& who,
                                                                    const std::shared_ptr<ipc::push_channel>& to,
                                                                    schema::audit_query filter);
    /// Where it stood; nothing when the caller has no such follow.
    [[nodiscard]] std::optional<audit_seq> unfollow(const ipc::peer& who, std::int64_t number);
    /// Every peer is told where to go on.
    void end_all(std::string_view reason);
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

  private:
    struct one_follow;
    class listener;
    using follow_ptr = std::shared_ptr<one_follow>;

    [[nodiscard]] std::size_t count_of(ipc::user_id user) const;
    void pump(listener& at);
    /// Sends pages that are there; false when none may be sent now, or one is still being read.
    [[nodiscard]] static bool deliver(listener& at);
    /// Ends those whose key no longer holds.
    void end_keyless(listener& at);
    /// The caller keeps `at` alive.
    void remove(listener& at, const follow_ptr& one);
    void fetch(const std::shared_ptr<listener>& at, const follow_ptr& what);
    void forget(listener& at);

    query_pool& queries_;
    key_check key_holds_;
    std::map<std::uint64_t, std::shared_ptr<listener>> listeners_;  // by number of connection
    std::uint64_t size_ = 0;
    std::int64_t last_number_ = 0;
    std::size_t count_ = 0;
};

}  // namespace valhalla
