// SPDX-License-Identifier: Apache-2.0
//
// import.*: uploads are files, so everything about them happens on the query thread, in steps between which others have
// their turn; what was read and found good then becomes one change for the ledger, in pieces.
#include <charconv>
#include <chrono>
#include <functional>
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
    json.member("lines", static_cast<std::uint64_t>(plan.lines));
}

/// How long the query thread reads at a time.
constexpr std::chrono::milliseconds reading_step{20};

/// What follows on the query thread when all was read; what it returns runs on the I/O thread.
using after_reading = std::function<std::function<void()>(schema::import_plan&&)>;

/// From the I/O thread, again and again until it is done.
void read_on(const services& with, const uploads::reading& from, const ipc::reply_handle& reply,
             const after_reading& then) {
    with.queries.submit_then(
        [with, from, reply, then](schema::reader&) -> std::function<void()> {
            if (!from->advance(reading_step)) {
                return [with, from, reply, then] { read_on(with, from, reply, then); };
            }
            auto read = from->take();
            if (const auto* problem = std::get_if<schema::import_problem>(&read)) {
                return [reply = ipc::reply_handle{reply}, error = uploads::refused(*problem)]() mutable {
                    reply.fail(error);
                };
            }
            return then(std::get<schema::import_plan>(std::move(read)));
        },
        reply);
}

void begin_to_read(const services& with, std::int64_t id, const std::string& importer, const ipc::reply_handle& reply,
                   const std::function<after_reading(uploads::reading)>& then) {
    with.queries.submit_then(
        [with, id, importer, reply, then](schema::reader&) -> std::function<void()> {
            auto begun = with.files.read(id, importer);
            if (auto* error = std::get_if<ipc::rpc_error>(&begun)) {
                return [reply = ipc::reply_handle{reply}, error = std::move(*error)]() mutable { reply.fail(error); };
            }
            const auto& from = std::get<uploads::reading>(begun);
            return [with, from, reply, then] { read_on(with, from, reply, then(from)); };
        },
        reply);
}

/// What a commit would come to: the rules are asked on a copy of the published state.
query_pool::answer check(schema::import_plan&& plan, governor::state published) {
    const governor::commands::import_state command{.parts = std::move(plan.parts), .lines = {}};
    const governor::context by_owner{.who = {}, .is_owner = true, .now = system_now()};
    const auto done = governor::execute(published, command, by_owner);
    if (const auto* no = std::get_if<governor::refusal>(&done.result)) {
        return to_wire(*no);
    }
    return answer_of(uploads::result<schema::import_plan>{std::move(plan)}, write_plan);
}

/// The parts of the state that follow the first one, then the log.
class import_pieces final : public further_pieces {
  public:
    import_pieces(schema::import_plan plan, uploads::reading keeps)
        : plan_{std::move(plan)}, reading_{std::move(keeps)} {}

    /// To be carried out before the others.
    [[nodiscard]] governor::commands::import_state first() {
        governor::commands::import_state piece;
        for (std::size_t i = 1; i < plan_.parts.size(); ++i) {
            piece.to_come.sessions += plan_.parts[i].sessions.size();
        }
        piece.to_come.lines = plan_.lines;
        if (!plan_.parts.empty()) {
            piece.to_come.parts = plan_.parts.size() - 1;
            piece.parts.push_back(std::move(plan_.parts.front()));
            next_part_ = 1;
        }
        return piece;
    }

    [[nodiscard]] std::variant<std::monostate, governor::command, ipc::rpc_error> next() override {
        governor::commands::import_state piece;
        piece.continues = true;
        if (next_part_ < plan_.parts.size()) {
            piece.parts.push_back(std::move(plan_.parts[next_part_++]));
            return piece;
        }
        if (!plan_.log) {
            return std::monostate{};
        }
        auto lines = schema::next_lines(*plan_.log);
        if (const auto* problem = std::get_if<schema::import_problem>(&lines)) {
            return uploads::refused(*problem);
        }
        piece.lines = std::get<std::vector<events::imported_line>>(std::move(lines));
        if (piece.lines.empty()) {
            return std::monostate{};
        }
        return piece;
    }

  private:
    schema::import_plan plan_;
    uploads::reading reading_;  // nobody else begins to read before this is over
    std::size_t next_part_ = 0;
};

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

/// Reads and checks on the query thread, then puts the change to the ledger from the I/O thread.
void commit(const services& with, std::int64_t id, const ipc::peer& who, const ipc::reply_handle& reply,
            const std::optional<retry_token>& token) {
    begin_to_read(with, id, who.name, reply, [with, id, who, reply, token](const uploads::reading& from) {
        return [with, id, who, reply, token, from](schema::import_plan&& plan) -> std::function<void()> {
            return [with, id, who, reply, token,
                    pieces = std::make_shared<std::unique_ptr<import_pieces>>(
                        std::make_unique<import_pieces>(std::move(plan), from))] {
                auto first = (*pieces)->first();
                with.changes.submit(std::move(first), std::move(*pieces), who,
                                    {std::make_shared<imported>(with, id, reply), 0}, token);
            };
        };
    });
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
        auto reply = c.defer();
        begin_to_read(with, upload_id(p.upload), c.who().name, reply,
                      [reply, published = with.hot.state()](const uploads::reading&) {
                          return [reply, published](schema::import_plan&& plan) -> std::function<void()> {
                              return [reply = ipc::reply_handle{reply},
                                      told = check(std::move(plan), published)]() mutable {
                                  if (const auto* error = std::get_if<ipc::rpc_error>(&told)) {
                                      reply.fail(*error);
                                  } else {
                                      reply.reply(std::get<std::string>(told));
                                  }
                              };
                          };
                      });
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
