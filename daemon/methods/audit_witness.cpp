// SPDX-License-Identifier: Apache-2.0
//
// audit.witness: cosigning the checkpoints of other logs.
#include <chrono>
#include <memory>
#include <utility>

#include "daemon/clock.hpp"
#include "daemon/methods/bind.hpp"
#include "ipc/api/audit.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

/// Where the ledger's answer arrives: what it stored is cosigned and sent on. Signed here and not before, for a witness
/// stores before it answers.
class cosigning final : public ipc::reply_sink {
  public:
    cosigning(const witness& by, witness::request what, ipc::reply_handle to)
        : by_{by}, what_{std::move(what)}, to_{std::move(to)} {}

    void deliver(std::uint64_t /*ticket*/, std::string_view /*result*/) override {
        const auto now = std::chrono::duration_cast<std::chrono::seconds>(system_now().time_since_epoch()).count();
        std::string out;
        json_writer json{out};
        json.begin_object().member("origin", what_.command.origin).member("size", what_.command.head.size);
        json.member("signatures", by_.cosign(what_.checkpoint_text, static_cast<std::uint64_t>(now))).end_object();
        to_.reply(out);
    }
    void deliver_error(std::uint64_t /*ticket*/, const ipc::rpc_error& error) override { to_.fail(error); }

  private:
    const witness& by_;
    witness::request what_;
    ipc::reply_handle to_;
};

}  // namespace

void bind_witness_methods(ipc::method_table& table, const services& with) {
    table.on<api::audit_witness_key>([with](const api::audit_witness_key::params&, ipc::call& c) {
        if (with.watching.verifier_key().empty()) {
            c.fail(witness::none());
            return;
        }
        std::string out;
        json_writer json{out};
        json.begin_object().member("key", with.watching.verifier_key()).end_object();
        c.reply(out);
    });
    table.on<api::audit_witness>([with](const api::audit_witness::params& p, ipc::call& c) {
        auto read = with.watching.read(p.request);
        if (const auto* error = std::get_if<ipc::rpc_error>(&read)) {
            c.fail(*error);
            return;
        }
        auto& request = std::get<witness::request>(read);
        auto command = request.command;
        const auto who = c.who();
        auto token = change_gate::token_of(c);
        const auto after_commit = std::make_shared<cosigning>(with.watching, std::move(request), c.defer());
        with.changes.submit(std::move(command), who, ipc::reply_handle{after_commit, 0}, std::move(token),
                            p.request.size());
    });
}

}  // namespace valhalla
