// SPDX-License-Identifier: Apache-2.0
//
// The whole API: one list. What is not in it does not exist, and everything in it must be bound (method_table).
#pragma once

#include "ipc/api/access.hpp"
#include "ipc/api/atomic.hpp"
#include "ipc/api/audit.hpp"
#include "ipc/api/backup.hpp"
#include "ipc/api/canon.hpp"
#include "ipc/api/cone.hpp"
#include "ipc/api/daemon.hpp"
#include "ipc/api/exchange.hpp"
#include "ipc/api/go.hpp"
#include "ipc/api/health.hpp"
#include "ipc/api/session.hpp"
#include "ipc/api/thresholds.hpp"
#include "ipc/method.hpp"

namespace valhalla::ipc::api {

/// All but the one that carries out others.
using each_method =
    method_list<session_start, session_end, session_note, session_status, session_list, session_get,         //
                cone_state, cone_history, cone_set, cone_decide, cone_explain,                               //
                canon_get, canon_reload,                                                                     //
                health_status, health_report, health_clear,                                                  //
                thresholds_get, thresholds_set,                                                              //
                go_checklist, go_next_step, go_summary, go_complete,                                         //
                audit_append, audit_list, audit_follow, audit_unfollow,                                      //
                audit_checkpoint, audit_key, audit_inclusion, audit_consistency, audit_tile,                 //
                audit_witness, audit_witness_key,                                                            //
                export_get, export_write, export_read,                                                       //
                operator_lock, operator_unlock, operator_locks, key_create, key_list, key_revoke, auth_key,  //
                import_begin, import_put, import_check, import_commit, import_cancel,                        //
                backup_create,                                                                               //
                rpc_discover, daemon_info, daemon_metrics, daemon_stop>;
struct daemon_atomic : atomic_of<each_method> {};
using all_methods = with_method<each_method, daemon_atomic>::type;

}  // namespace valhalla::ipc::api
