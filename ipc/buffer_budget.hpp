// SPDX-License-Identifier: Apache-2.0
//
// The memory that all connections of a server share for what is not usual: lines that do not fit into the buffer that
// each connection has anyway, and answers that a peer has not taken yet. Hundreds of connections may be open, and few
// of them are ever large at the same time: so what is bounded is the sum, not each of them at its worst.
//
//   connection   owns   one read buffer, `own_output_bytes` of output, `own_flight_bytes` of ids and waiting answers
//                takes  what is beyond, from here, when a buffer grows; gives it back when the buffer is emptied
//
// One user gets three quarters at most, so that he cannot take it from the others. What does not fit any more:
//
// - a longer line: `overloaded`, and the connection is closed, for the line's end cannot be found without reading it
// - an answer to a read: `overloaded` instead of the answer
// - the answer to a change: the connection is closed, as if it had been cut; the change is done, and saying anything
//   else about it would be wrong
//
// Long before that, when half is taken (`scarce`), who does not read is not served any more from `scarce_pause_bytes`
// on instead of `limits::output_pause_bytes`: who reads never notices. I/O thread. An addition and three comparisons
// each time a buffer grows; nothing per request.
#pragma once

#include <cstddef>
#include <utility>

namespace valhalla::ipc {

/// Capacity of output that a connection keeps and does not take from the budget.
inline constexpr std::size_t own_output_bytes = std::size_t{64} << 10U;
/// Long ids of requests in flight, and answers that wait for those before them: from here on the next request waits.
inline constexpr std::size_t own_flight_bytes = std::size_t{16} << 10U;
/// An id up to this length counts as part of its slot.
inline constexpr std::size_t short_id_bytes = 64;
/// Unread output from which on a peer is not served further while the budget is scarce.
inline constexpr std::size_t scarce_pause_bytes = std::size_t{16} << 10U;

class buffer_budget {
  public:
    explicit buffer_budget(std::size_t bytes) noexcept : all_{bytes}, of_one_{bytes / 4 * 3} {}
    buffer_budget(const buffer_budget&) = delete;
    buffer_budget& operator=(const buffer_budget&) = delete;

    /// `of_user` is what the user has taken so far. False, and nothing is taken, when there is no room.
    [[nodiscard]] bool take(std::size_t& of_user, std::size_t bytes) noexcept {
        if (bytes > all_ - taken_ || of_user + bytes > of_one_) {
            return false;
        }
        taken_ += bytes;
        of_user += bytes;
        return true;
    }
    /// Whether a user who has taken `of_user` may have `bytes` more that somebody else has now.
    [[nodiscard]] bool may_take_over(std::size_t of_user, std::size_t bytes) const noexcept {
        return of_user + bytes <= of_one_;
    }
    void give_back(std::size_t& of_user, std::size_t bytes) noexcept {
        taken_ -= bytes;
        of_user -= bytes;
    }
    [[nodiscard]] bool scarce() const noexcept { return taken_ > all_ / 2; }
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

  private:
    std::size_t all_;
    std::size_t of_one_;
    std::size_t taken_ = 0;
};

/// What one buffer has taken. Goes back with `release`, at the latest while budget and user are still there.
class buffer_claim {
  public:
    buffer_claim(buffer_budget& from, std::size_t& of_user) noexcept : from_{&from}, of_user_{&of_user} {}
    buffer_claim(const buffer_claim&) = delete;
    buffer_claim& operator=(const buffer_claim&) = delete;

    /// Holds `bytes` from now on. False, and it holds what it held, when there is no room for more.
    [[nodiscard]] bool resize(std::size_t bytes) noexcept {
        if (bytes > bytes_ && !from_->take(*of_user_, bytes - bytes_)) {
            return false;
        }
        if (bytes < bytes_) {
            from_->give_back(*of_user_, bytes_ - bytes);
        }
        bytes_ = bytes;
        return true;
    }
    /// What it holds counts as another user's from now on, whether or not that one has room for it.
    void pass_to(std::size_t& other_user) noexcept {
        *of_user_ -= bytes_;
        other_user += bytes_;
        of_user_ = &other_user;
    }
    void release() noexcept {
        if (const std::size_t held = std::exchange(bytes_, 0)) {
            from_->give_back(*of_user_, held);
        }
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  private:
    buffer_budget* from_;
    std::size_t* of_user_;
    std::size_t bytes_ = 0;
};

}  // namespace valhalla::ipc
