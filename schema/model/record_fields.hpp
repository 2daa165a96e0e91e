// SPDX-License-Identifier: Apache-2.0
//
// The values that audit records are made of, read back from JSON. Private to event_decode.cpp, which knows the records.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "schema/model/event.hpp"
#include "schema/model/json_value.hpp"

namespace valhalla::record_fields {

/// The first thing that is wrong; whatever is read after it yields empty values that nobody looks at.
class complaint {
  public:
    void raise(std::string key, std::string message) {
        if (!error_) {
            error_ = record_error{std::move(key), std::move(message)};
        }
    }
    void raise(const json_value& at, std::string message) { raise(at.path(), std::move(message)); }
    [[nodiscard]] std::optional<record_error>& error() noexcept { return error_; }
    [[nodiscard]] bool raised() const noexcept { return error_.has_value(); }

  private:
    std::optional<record_error> error_;
};

// --- values ---------------------------------------------------------------------------------------------------

template <class T>
struct value_of;

template <class T>
T read(const json_value& v, complaint& c) {
    return value_of<T>::read(v, c);
}

inline bool expect(const json_value& v, json_kind kind, complaint& c) {
    if (v.kind() == kind) {
        return true;
    }
    c.raise(v, "must be " + std::string{to_text(kind)});
    return false;
}

template <>
struct value_of<std::string> {
    static std::string read(const json_value& v, complaint& c) {
        return expect(v, json_kind::string, c) ? std::string{v.string()} : std::string{};
    }
};

template <>
struct value_of<bool> {
    static bool read(const json_value& v, complaint& c) { return expect(v, json_kind::boolean, c) && v.boolean(); }
};

template <>
struct value_of<std::int64_t> {
    static std::int64_t read(const json_value& v, complaint& c) {
        const auto number = v.integer();
        if (!number) {
            c.raise(v, "must be an integer of 64 bits");
        }
        return number.value_or(0);
    }
};

template <>
struct value_of<std::uint32_t> {
    static std::uint32_t read(const json_value& v, complaint& c) {
        const auto number = v.unsigned_integer();
        if (!number || *number > UINT32_MAX) {
            c.raise(v, "must be an unsigned integer of 32 bits");
            return 0;
        }
        return static_cast<std::uint32_t>(*number);
    }
};

template <>
struct value_of<double> {
    static double read(const json_value& v, complaint& c) {
        const auto number = v.number();
        if (!number) {
            c.raise(v, "must be a number");
        }
        return number.value_or(0);
    }
};

template <>
struct value_of<session_id> {
    static session_id read(const json_value& v, complaint& c) {
        return session_id{record_fields::read<std::int64_t>(v, c)};
    }
};

template <>
struct value_of<unix_micros> {
    static unix_micros read(const json_value& v, complaint& c) {
        const auto time =
            v.is(json_kind::string) && v.string().size() == utc_text_size ? parse_utc(v.string()) : std::nullopt;
        if (!time) {
            c.raise(v, "must be a time such as 2026-11-22T09:08:43.347626Z");
        }
        return time.value_or(unix_micros{});
    }
};

/// A word of a closed list.
template <class Word, std::optional<Word> (*Parse)(std::string_view) noexcept>
struct word {
    static Word read(const json_value& v, complaint& c) {
        const auto found = v.is(json_kind::string) ? Parse(v.string()) : std::nullopt;
        if (!found) {
            c.raise(v, "is not one of the known words");
        }
        return found.value_or(Word{});
    }
};
template <>
struct value_of<band> : word<band, parse_band> {};
template <>
struct value_of<health_level> : word<health_level, parse_health_level> {};
template <>
struct value_of<end_reason> : word<end_reason, parse_end_reason> {};
template <>
struct value_of<access_role> : word<access_role, parse_access_role> {};

template <class T>
struct value_of<std::optional<T>> {
    static std::optional<T> read(const json_value& v, complaint& c) {
        return v.is(json_kind::null) ? std::nullopt : std::optional<T>{record_fields::read<T>(v, c)};
    }
};

/// An object kept as text.
struct object_text {
    std::string text;
};
template <>
struct value_of<object_text> {
    static object_text read(const json_value& v, complaint& c) {
        return {expect(v, json_kind::object, c) ? std::string{v.raw()} : std::string{}};
    }
};

// --- objects --------------------------------------------------------------------------------------------------

/// Takes the members of an object one after another.
class members {
  public:
    members(const json_value& object, complaint& c) : object_{object}, c_{c}, at_{object.begin()}, end_{object.end()} {
        expect(object, json_kind::object, c);
    }

    [[nodiscard]] bool next_is(std::string_view key) const { return at_ != end_ && at_->key() == key; }

    /// The value of the next member, whose key must be `key`; nothing after a complaint.
    std::optional<json_value> take(std::string_view key) {
        if (c_.raised()) {
            return std::nullopt;
        }
        if (next_is(key)) {
            const auto v = *at_;
            ++at_;
            return v;
        }
        if (at_ == end_ || object_.find(key)) {
            c_.raise(path_to(key), at_ == end_ ? "is missing" : "is not where it should be");
        } else {
            c_.raise(path_to(key), "is missing (\"" + std::string{at_->key()} + "\" stands in its place)");
        }
        return std::nullopt;
    }

    template <class T>
    members& get(std::string_view key, T& out) {
        if (const auto v = take(key)) {
            out = read<T>(*v, c_);
        }
        return *this;
    }

    members& get_object(std::string_view key, std::string& out) {
        if (const auto v = take(key)) {
            out = read<object_text>(*v, c_).text;
        }
        return *this;
    }

    void done() {
        if (!c_.raised() && at_ != end_) {
            c_.raise(*at_, "is not known here");
        }
    }

  private:
    [[nodiscard]] std::string path_to(std::string_view key) const {
        auto path = object_.path();
        return path.append(path.empty() ? "" : ".").append(key);
    }

    json_value object_;
    complaint& c_;
    json_value::iterator at_;
    json_value::iterator end_;
};

inline actor_via read_via(const json_value& v, complaint& c) {
    if (v.is(json_kind::string)) {
        for (const auto& [name, via] : {std::pair{std::string_view{"daemon"}, actor_via::daemon},
                                        {std::string_view{"unix"}, actor_via::unix_socket},
                                        {std::string_view{"http"}, actor_via::http}}) {
            if (v.string() == name) {
                return via;
            }
        }
    }
    c.raise(v, R"(must be "daemon", "unix" or "http")");
    return actor_via::daemon;
}

template <>
struct value_of<actor> {
    static actor read(const json_value& v, complaint& c) {
        actor a;
        members m{v, c};
        m.get("name", a.name);
        if (const auto via = m.take("via")) {
            a.via = read_via(*via, c);
        }
        if (m.next_is("uid")) {
            m.get("uid", a.uid.emplace());
        }
        if (m.next_is("gid")) {
            m.get("gid", a.gid.emplace());
        }
        m.done();
        return a;
    }
};

template <>
struct value_of<cone> {
    static cone read(const json_value& v, complaint& c) {
        cone out;
        members{v, c}
            .get("band", out.in_force)
            .get("reason", out.reason)
            .get("updated_at_utc", out.updated_at)
            .get_object("metrics", out.metrics_json)
            .done();
        return out;
    }
};

template <>
struct value_of<health_verdict> {
    static health_verdict read(const json_value& v, complaint& c) {
        health_verdict out;
        members m{v, c};
        m.get("status", out.status);
        const auto reasons = m.take("reasons");
        if (reasons && expect(*reasons, json_kind::array, c)) {
            for (const auto reason : *reasons) {
                out.reasons.push_back(record_fields::read<std::string>(reason, c));
            }
        }
        m.done();
        return out;
    }
};

template <>
struct value_of<thresholds> {
    static thresholds read(const json_value& v, complaint& c) {
        thresholds out;
        members m{v, c};
        for (const auto& field : threshold_fields()) {
            std::visit([&](auto where) { m.get(field.name, out.*where); }, field.where);
        }
        m.done();
        return out;
    }
};

template <>
struct value_of<progress_map> {
    static progress_map read(const json_value& v, complaint& c) {
        progress_map out;
        expect(v, json_kind::object, c);
        for (const auto step : v) {
            step_progress p;
            members{step, c}
                .get("done", p.done)
                .get("notes", p.notes)
                .get("operator", p.operator_name)
                .get("session", p.session)
                .get("updated_at_utc", p.updated_at)
                .done();
            out.emplace(step.key(), std::move(p));
        }
        return out;
    }
};

template <>
struct value_of<session> {
    static session read(const json_value& v, complaint& c) {
        session s;
        members m{v, c};
        m.get("id", s.id).get("operator", s.operator_name).get("active", s.active);
        m.get("started_at_utc", s.started_at).get("ended_at_utc", s.ended_at);
        m.get("cone_band", s.cone_band).get("status", s.status);
        m.get("start_notes", s.start_notes).get("end_notes", s.end_notes).get("end_reason", s.why_ended);
        const auto snapshot = m.take("snapshot");
        if (snapshot && !snapshot->is(json_kind::null)) {
            s.snapshot_json = record_fields::read<object_text>(*snapshot, c).text;
        }
        m.done();
        return s;
    }
};

}  // namespace valhalla::record_fields
