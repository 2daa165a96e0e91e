// SPDX-License-Identifier: Apache-2.0
//
// What a record means for the tables: each event folded into rows. The ledger does it as records are appended, a
// replay does it over the whole trail, and both give the same tables. Inside the caller's transaction.
#pragma once

#include "schema/access_store.hpp"
#include "schema/cone_store.hpp"
#include "schema/epoch_store.hpp"
#include "schema/health_store.hpp"
#include "schema/instance_store.hpp"
#include "schema/progress_store.hpp"
#include "schema/session_store.hpp"
#include "schema/threshold_store.hpp"
#include "schema/witness_store.hpp"

namespace valhalla::schema {

class projection {
  public:
    explicit projection(const connection& db)
        : instance_{db},
          epochs_{db},
          witnessed_{db},
          cones_{db},
          health_{db},
          thresholds_{db},
          progress_{db},
          access_{db},
          sessions_{db} {}

    void apply(const audit_entry& entry);

  private:
    struct visitor;

    instance_store instance_;
    epoch_store epochs_;
    witness_store witnessed_;
    cone_writer cones_;
    health_store health_;
    threshold_writer thresholds_;
    progress_writer progress_;
    access_store access_;
    session_writer sessions_;
};

}  // namespace valhalla::schema
