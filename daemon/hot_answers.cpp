// SPDX-License-Identifier: Apache-2.0
#include "daemon/hot_answers.hpp"

#include <utility>

#include "daemon/render.hpp"

namespace valhalla {

hot_answers::hot_answers(governor::state initial, schema::tree_head head) : state_{std::move(initial)}, head_{head} {
    json_writer json{no_session_};
    write_no_session(json);
}

void hot_answers::publish(governor::state next, schema::tree_head head) {
    state_ = std::move(next);
    head_ = head;
    ++generation_;
}

template <class Write>
std::string_view hot_answers::of_part(answer& kept, const std::shared_ptr<const void>& part, Write&& write) {
    if (kept.shown != part) {
        kept.bytes.clear();
        json_writer json{kept.bytes};
        std::forward<Write>(write)(json);
        kept.shown = part;
    }
    return kept.bytes;
}

template <class Write>
std::string_view hot_answers::of_generation(answer& kept, Write&& write) {
    if (kept.generation != generation_) {
        kept.bytes.clear();
        json_writer json{kept.bytes};
        std::forward<Write>(write)(json);
        kept.generation = generation_;
    }
    return kept.bytes;
}

std::string_view hot_answers::session_status(const std::string& operator_name) {
    auto found = sessions_.find(operator_name);
    if (found == sessions_.end()) {
        if (!state_.sessions->by_operator.contains(operator_name)) {
            return no_session_;  // not kept: whoever asks chooses the name
        }
        if (sessions_.size() >= max_kept_sessions || kept_session_bytes_ >= max_kept_session_bytes) {
            sessions_.clear();
            kept_session_bytes_ = 0;
        }
        found = sessions_.try_emplace(operator_name).first;
    }
    auto& kept = found->second;
    if (kept.generation != generation_) {
        refresh(kept, operator_name);
        kept.generation = generation_;
    }
    return kept.shown ? std::string_view{kept.bytes} : no_session_;
}

/// Rendered anew only when the operator's session is another object than before.
void hot_answers::refresh(session_answer& kept, const std::string& operator_name) {
    const auto* const found = state_.sessions->by_operator.find(operator_name);
    const auto now = found == nullptr ? nullptr : *found;
    if (kept.shown == now) {
        return;
    }
    kept_session_bytes_ -= kept.bytes.capacity();
    kept.bytes.clear();
    if (now) {
        json_writer json{kept.bytes};
        write_session(json, *now);
    }
    kept.bytes.shrink_to_fit();
    kept_session_bytes_ += kept.bytes.capacity();
    kept.shown = now;
}

std::string_view hot_answers::cone() {
    return of_part(cone_, state_.current_cone, [this](json_writer& json) { write_cone(json, *state_.current_cone); });
}

std::string_view hot_answers::thresholds() {
    return of_part(thresholds_, state_.limits,
                   [this](json_writer& json) { write_thresholds(json, *state_.limits, threshold_set::all); });
}

std::string_view hot_answers::canon() {
    return of_part(canon_, state_.rules, [this](json_writer& json) { write_canon(json, *state_.rules); });
}

std::string_view hot_answers::health() {
    return of_generation(health_, [this](json_writer& json) { write_health(json, state_); });
}

std::string_view hot_answers::checklist() {
    return of_generation(checklist_, [this](json_writer& json) { write_checklist(json, state_); });
}

std::string_view hot_answers::next_step() {
    return of_generation(next_step_, [this](json_writer& json) { write_next_step(json, state_); });
}

std::string_view hot_answers::summary(const std::string& operator_name) {
    summary_.clear();
    json_writer json{summary_};
    json.begin_object();
    json.key("session").raw(session_status(operator_name));
    json.key("next").raw(next_step());
    json.key("checklist").raw(checklist());
    json.key("health").raw(health());
    json.key("cone").raw(cone());
    json.end_object();
    return summary_;
}

}  // namespace valhalla
