// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/metrics_text.hpp"

#include <initializer_list>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "daemon/telemetry/metric_list.hpp"
#include "daemon/version.hpp"
#include "ipc/method.hpp"

namespace valhalla {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double nanos_per_second = 1e9;
constexpr double micros_per_second = 1e6;

struct label {
    std::string_view name;
    std::string_view value;
};

/// One metric with all its values.
class family {
  public:
    explicit family(const metric_info& info) : info_{info} {
        made_.name = info.name;
        made_.help = info.help;
        made_.type = type_of(info.kind);
    }

    template <class Number>
    family& add(Number value, std::initializer_list<label> labels = {}) {
        auto& one = labelled(labels);
        (info_.kind == metric_kind::counter ? one.counter.value : one.gauge.value) = static_cast<double>(value);
        return *this;
    }
    template <class Number>
    family& add(const std::optional<Number>& value) {
        return value ? add(*value) : *this;
    }
    /// `unit` is how many of what was noted make one of what is shown.
    template <const auto& Bounds>
    family& add(const ipc::histogram<Bounds>& all, double unit, std::initializer_list<label> labels = {}) {
        auto& one = labelled(labels).histogram;
        std::uint64_t so_far = 0;
        for (std::size_t i = 0; i < all.buckets; ++i) {
            so_far += all.counts()[i];
            one.bucket.push_back({so_far, static_cast<double>(Bounds[i]) / unit});
        }
        one.sample_count = all.count();
        one.sample_sum = static_cast<double>(all.sum()) / unit;
        return *this;
    }
    [[nodiscard]] MetricFamily take() { return std::move(made_); }

  private:
    static MetricType type_of(metric_kind kind) {
        switch (kind) {
            case metric_kind::counter: return MetricType::Counter;
            case metric_kind::gauge: return MetricType::Gauge;
            case metric_kind::histogram: return MetricType::Histogram;
        }
        return MetricType::Untyped;
    }
    ClientMetric& labelled(std::initializer_list<label> labels) {
        auto& one = made_.metric.emplace_back();
        for (const auto& [name, value] : labels) {
            one.label.push_back({std::string{name}, std::string{value}});
        }
        return one;
    }

    const metric_info& info_;
    MetricFamily made_;
};

family requests_of(const figures& now) {
    family all{metrics::requests};
    for (const auto& [method, ok, errors] : now.requests) {
        if (ok > 0) {
            all.add(ok, {{"method", method}, {"code", "ok"}});
        }
        for (const auto& [code, count] : errors) {
            all.add(count, {{"method", method}, {"code", ipc::kind_of(code)}});
        }
    }
    return all;
}

family durations_of(const figures& now) {
    family all{metrics::durations};
    for (const auto kind : ipc::all_effects) {
        all.add(now.durations[ipc::place_of(kind)], nanos_per_second, {{"effect", ipc::to_text(kind)}});
    }
    return all;
}

family refusals_of(const figures& now) {
    family all{metrics::refused};
    for (std::size_t i = 0; i < ipc::turned_away_count; ++i) {
        all.add(now.connections_refused[i], {{"reason", ipc::to_text(static_cast<ipc::turned_away>(i))}});
    }
    return all;
}

family health_of(const figures& now) {
    family all{metrics::health};
    for (const auto level : {health_level::green, health_level::yellow, health_level::red}) {
        all.add(now.health == level, {{"state", to_text(level)}});
    }
    return all;
}

family cone_of(const figures& now) {
    family all{metrics::cone};
    for (const auto one : {band::expansion, band::caution, band::stabilize, band::survival}) {
        all.add(now.in_band == one, {{"band", band_letter(one)}});
    }
    return all;
}

double seconds_of(unix_micros t) {
    return static_cast<double>(micros_count(t)) / micros_per_second;
}

}  // namespace

std::string metrics_text(const figures& now, const system_figures& system) {
    std::vector<MetricFamily> all;
    const auto show = [&all](family&& one) { all.push_back(one.take()); };
    const auto plain = [&show](const metric_info& what, auto value) { show(std::move(family{what}.add(value))); };

    show(std::move(family{metrics::build}.add(1, {{"version", version}})));
    show(requests_of(now));
    show(durations_of(now));
    plain(metrics::connections, now.connections);
    plain(metrics::connections_limit, now.connections_limit);
    plain(metrics::accepted, now.connections_accepted);
    show(refusals_of(now));
    plain(metrics::denials, now.denials);
    plain(metrics::follows, now.follows);
    plain(metrics::records, now.audit_records);
    plain(metrics::anchored, now.anchored_records);
    plain(metrics::anchor_lag, now.anchor_lag_s);
    plain(metrics::sessions, now.sessions_active);
    show(health_of(now));
    show(cone_of(now));
    show(std::move(family{metrics::decisions}
                       .add(now.ledger.decisions_allowed, {{"outcome", "allowed"}})
                       .add(now.ledger.decisions_denied, {{"outcome", "denied"}})));
    plain(metrics::queue_changes, now.queued_changes);
    plain(metrics::queue_limit, now.queued_changes_limit);
    plain(metrics::queue_bytes, now.queued_bytes);
    show(std::move(family{metrics::batch_size}.add(now.ledger.batch_size, 1)));
    show(std::move(family{metrics::commit}.add(now.ledger.commit, nanos_per_second)));
    plain(metrics::wal_bytes, now.ledger.wal_bytes);
    plain(metrics::wal_checkpoints, now.ledger.wal_checkpoints);
    plain(metrics::queries_waiting, now.queries_waiting);
    plain(metrics::query_age, now.query_running_s);
    show(std::move(family{metrics::backups}
                       .add(now.backups_made, {{"outcome", "made"}})
                       .add(now.backups_failed, {{"outcome", "failed"}})));
    plain(metrics::newest_backup,
          system.newest_backup ? std::optional{seconds_of(*system.newest_backup)} : std::nullopt);
    show(std::move(family{metrics::frontend_sets}
                       .add(now.frontend_written, {{"outcome", "written"}})
                       .add(now.frontend_failed, {{"outcome", "failed"}})));
    plain(metrics::frontend_records, now.frontend_records);
    plain(metrics::disk_free, system.disk_free_bytes);
    plain(metrics::disk_size, system.disk_size_bytes);
    plain(metrics::trail_ahead, std::chrono::duration<double>{now.ledger.trail_ahead}.count());
    plain(metrics::clock_set, std::chrono::duration<double>{now.ledger.clock_set}.count());
    plain(metrics::start_time, seconds_of(now.started_at));
    plain(metrics::cpu, system.cpu_s);
    plain(metrics::resident, system.resident_bytes);
    plain(metrics::open_fds, system.open_fds);
    plain(metrics::max_fds, system.max_fds);
    return prometheus::TextSerializer{}.Serialize(all);
}

}  // namespace valhalla
