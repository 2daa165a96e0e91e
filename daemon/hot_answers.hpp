// SPDX-License-Identifier: Apache-2.0
//
// The published state and the answers rendered from it. I/O thread only, so nothing here is locked.
//
// An answer is rendered when it is first asked for and kept as long as the part of the state that it shows is the same
// object; every further request copies bytes. Views that are handed out live until the next call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/governor/state.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla {

class hot_answers {
  public:
    /// With more than this the kept sessions are dropped and begun anew: bounds memory, costs a rendering.
    static constexpr std::size_t max_kept_sessions = 4'096;
    static constexpr std::size_t max_kept_session_bytes = std::size_t{8} << 20U;

    explicit hot_answers(governor::state initial, schema::tree_head head);

    void publish(governor::state next, schema::tree_head head);

    [[nodiscard]] const governor::state& state() const noexcept { return state_; }
    [[nodiscard]] const schema::tree_head& head() const noexcept { return head_; }

    [[nodiscard]] std::size_t kept_session_bytes() const noexcept { return kept_session_bytes_; }
    /// The operator's active session, else his latest, else the object that stands for none.
    [[nodiscard]] std::string_view session_status(const std::string& operator_name);
    [[nodiscard]] std::string_view cone();
    [[nodiscard]] std::string_view thresholds();
    [[nodiscard]] std::string_view canon();
    [[nodiscard]] std::string_view health();
    [[nodiscard]] std::string_view checklist();
    [[nodiscard]] std::string_view next_step();
    /// Session of `operator_name`, next step, checklist, health and cone, all of one state.
    [[nodiscard]] std::string_view summary(const std::string& operator_name);

  private:
    struct session_answer {
        std::shared_ptr<const session> shown;  // keeps the object alive, so that its address is not used again
        std::uint64_t generation = 0;          // of the state that was looked at
        std::string bytes;
    };
    /// Bytes that hold for one generation of the state, or for one object in it.
    struct answer {
        std::shared_ptr<const void> shown;
        std::uint64_t generation = 0;
        std::string bytes;
    };
    void refresh(session_answer& kept, const std::string& operator_name);
    template <class Write>
    std::string_view of_part(answer& kept, const std::shared_ptr<const void>& part, Write&& write);
    template <class Write>
    std::string_view of_generation(answer& kept, Write&& write);

    governor::state state_;
    schema::tree_head head_;
    std::uint64_t generation_ = 1;
    std::unordered_map<std::string, session_answer> sessions_;
    std::size_t kept_session_bytes_ = 0;
    std::string no_session_;
    answer cone_;
    answer thresholds_;
    answer canon_;
    answer health_;
    answer checklist_;
    answer next_step_;
    std::string summary_;
};

}  // namespace valhalla
