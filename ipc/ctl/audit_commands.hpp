// SPDX-License-Identifier: Apache-2.0
//
// The verbs of `audit`, one file per idea; audit_commands.cpp puts them together. `chosen` as in commands.hpp.
#pragma once

#include "ipc/ctl/commands.hpp"
#include "ipc/ctl/record_format.hpp"

namespace valhalla::ctl {

void add_audit_list(CLI::App& noun, command& chosen);     // list
void add_audit_follow(CLI::App& noun, command& chosen);   // follow
void add_audit_prove(CLI::App& noun, command& chosen);    // prove
void add_audit_tiles(CLI::App& noun, command& chosen);    // tiles
void add_audit_verify(CLI::App& noun, command& chosen);   // verify
void add_audit_witness(CLI::App& noun, command& chosen);  // witness, witness-request

/// `--format table|json|csv|cloudevents`.
CLI::Option* add_record_format(CLI::App& verb, std::optional<record_format>& into);

/// A directory that the user named, which may be made; DIR in sentences.
CLI::Option* add_directory(CLI::App& verb, std::string& into);

}  // namespace valhalla::ctl
