// SPDX-License-Identifier: Apache-2.0
//
// import.*: uploads are files, so everything about them happens on the query thread; what was read and found good then
// becomes one command for the ledger.
#include <charconv>
#include <memory>
#include <type_traits>
#include <utility>

#include "daemon/clock.hpp"
#include "daemon/governor/governor.hpp"
#include "daemon/methods/bind.hpp"
#include "daemon/render.hpp"
#include "ipc/api/exchange.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

/// 0, which no upload has, when the text is no number: the error is the same as for a number that is not there.
std::int64_t upload_id(const std::string& text) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} && end == text.data() + text.size() ? id : 0;
}

/// The answer that `write` makes of a good result, or the error.
template <class T, class Write>
query_pool::answer answer_of(uploads::result<T>&& result, Write&& write) {
    if (auto* error = std::get_if<ipc::rpc_error>(&result)) {
        return std::move(*error);
    }
    std::string out;
    json_writer json{out};
    json.begin_object();
    std::forward<Write>(write)(json, std::get<T>(result));
    json.end_object();
    return out;
}

void write_plan(json_writer& json, const schema::import_plan& plan) {
    json.key("files").begin_array();
    for (const auto& file : plan.files) {
        json.value(file);
    }
    json.end_array();
    json.member("sessions", static_cast<std::uint64_t>(plan.sessions));
    json.member("lines", static_cast<std::uint64_t>(plan.lines.size()));
}

/// What a commit would come to: the files are read, and the rules are asked on a copy of the published state.
query_pool::answer check(const services& with, std::int64_t id, const std::string& importer,
                         governor::state published) {
    auto read = with.files.read(id, importer);
    if (auto* plan = std::get_if<schema::import_plan>(&read)) {
        const governor::commands::import_state command{.parts = plan->parts, .lines = plan->lines};
        const governor::context by_owner{.who = {}, .is_owner = true, .now = system_now()};
        const auto done = governor::execute(published, command, by_owner);
        if (const auto* no = std::get_if<governor::refusal>(&done.result)) {
            return to_wire(*no);
        }
    }
    return answer_of(std::move(read), write_plan);
}

/// Where the ledger's answer to an import arrives: what is in the database needs its upload no more.
class imported final : public ipc::reply_sink {
  public:
    imported(services with, std::int64_t upload, ipc::reply_handle to)
        : with_{std::move(with)}, upload_{upload}, to_{std::move(to)} {}

    void deliver(std::uint64_t /*ticket*/, std::string_view result_json) override {
        // When too much is waiting, the upload stays until four younger ones are open.
        static_cast<void>(with_.queries.try_submit([files = &with_.files, upload = upload_](schema::reader&) {
            files->cancel(upload);
            return [] {};
        }));
        to_.reply(result_json);
    }
    void deliver_error(std::uint64_t /*ticket*/, const ipc::rpc_error& error) override { to_.fail(error); }

  private:
    const services with_;
    std::int64_t upload_;
    ipc::reply_handle to_;
};

/// Reads and checks on the query thread, then puts the command to the ledger from the I/O thread.
void commit(const services& with, std::int64_t id, const ipc::peer& who, ipc::reply_handle reply,
            const std::optional<retry_token>& token) {
    const auto read_it = [with, id, who, reply, token](schema::reader&) -> std::function<void()> {
        auto read = std::make_shared<uploads::result<schema::import_plan>>(with.files.read(id, who.name));
        return [with, id, who, reply, token, read]() mutable {
            if (const auto* error = std::get_if<ipc::rpc_error>(read.get())) {
                reply.fail(*error);
                return;
            }
            auto& plan = std::get<schema::import_plan>(*read);
            with.changes.submit(
                governor::commands::import_state{.parts = std::move(plan.parts), .lines = std::move(plan.lines)}, who,
                {std::make_shared<imported>(with, id, std::move(reply)), 0}, token);
        };
    };
    with.queries.submit_then(read_it, std::move(reply));
}

}  // namespace

void bind_import_methods(ipc::method_table& table, const services& with) {
    table.on<api::import_begin>([with](const api::import_begin::params&, ipc::call& c) {
        with.queries.submit(
            [with](schema::reader&) {
                return answer_of(with.files.begin(),
                                 [](json_writer& json, std::int64_t id) { json.member("upload", std::to_string(id)); });
            },
            c.defer());
    });
    table.on<api::import_put>([with](api::import_put::params&& p, ipc::call& c) {
        const auto bytes = p.text.size();
        with.queries.submit(
            [with, p = std::move(p)](schema::reader&) {
                return answer_of(with.files.put(upload_id(p.upload), p.file, p.text, p.offset),
                                 [&](json_writer& json, std::uint64_t size) {
                                     json.member("upload", p.upload).member("file", p.file).member("bytes", size);
                                 });
            },
            c.defer(), bytes);
    });
    table.on<api::import_check>([with](const api::import_check::params& p, ipc::call& c) {
        with.queries.submit([with, id = upload_id(p.upload), importer = c.who().name, published = with.hot.state()](
                                schema::reader&) { return check(with, id, importer, published); },
                            c.defer());
    });
    table.on<api::import_commit>([with](const api::import_commit::params& p, ipc::call& c) {
        with.tasks.run(c, [with, id = upload_id(p.upload)](const ipc::peer& who, ipc::reply_handle reply,
                                                           const std::optional<retry_token>& token) {
            commit(with, id, who, std::move(reply), token);
        });
    });
    table.on<api::import_cancel>([with](const api::import_cancel::params& p, ipc::call& c) {
        with.queries.submit(
            [with, id = upload_id(p.upload)](schema::reader&) -> query_pool::answer {
                with.files.cancel(id);
                return "{}";
            },
            c.defer());
    });
}

}  // namespace valhalla
