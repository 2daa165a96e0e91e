// SPDX-License-Identifier: Apache-2.0
#include "daemon/task_runner.hpp"

#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/daemon/ledger_bench.hpp"

using namespace valhalla;

namespace {

/// A request whose answer goes to the bench, as number 1.
class one_call final : public ipc::call {
  public:
    one_call(std::shared_ptr<ipc::reply_sink> to, std::string key) : to_{std::move(to)} {
        asked_.method = "backup.create";
        asked_.request_key = std::move(key);
    }
    [[nodiscard]] const ipc::asked& what() const noexcept override { return asked_; }
    void set_request_key(std::string key) override { asked_.request_key = std::move(key); }
    [[nodiscard]] const ipc::peer& who() const noexcept override { return who_; }
    [[nodiscard]] std::optional<ipc::rpc_error> objection(const ipc::bound_method& /*other*/,
                                                          std::size_t /*times*/) override {
        return std::nullopt;
    }
    [[nodiscard]] std::optional<ipc::rpc_error> act_as(ipc::key_identity /*whom*/) override { return std::nullopt; }
    void reply(std::string_view result_json) override { to_->deliver(1, result_json); }
    void fail(const ipc::rpc_error& error) override { to_->deliver_error(1, error); }
    [[nodiscard]] ipc::reply_handle defer() override { return {to_, 1}; }
    [[nodiscard]] std::shared_ptr<ipc::push_channel> channel() override { return nullptr; }

  private:
    std::shared_ptr<ipc::reply_sink> to_;
    ipc::asked asked_;
    ipc::peer who_{.uid = 1, .gid = 1, .name = "alice", .granted = ipc::role::owner};
};

void fails(const ipc::peer& /*who*/, const ipc::reply_handle& /*reply*/, const std::optional<retry_token>& /*token*/) {
    throw std::runtime_error{"there are no more threads"};
}

struct runner {
    tests::ledger_bench bench;
    boost::asio::io_context io;
    change_gate changes{io, bench.ledger()};
    task_runner tasks{changes};
};

const std::vector<std::string> answered{"1!internal_error"};

}  // namespace

BOOST_AUTO_TEST_SUITE(tasks)

BOOST_FIXTURE_TEST_CASE(a_task_with_a_key_that_throws_is_answered_and_may_be_asked_again, runner) {
    bench.ledger().start();
    one_call asked{bench.sink, "k"};
    tasks.run(asked, fails);
    io.poll();
    bench.wait_for_commit();
    bench.finish();
    BOOST_TEST(bench.sink->answers == answered, boost::test_tools::per_element());
    tasks.run(asked, fails);
    BOOST_TEST(bench.sink->answers.size() == 1U, "the key is free again");
}

BOOST_FIXTURE_TEST_CASE(a_task_without_a_key_that_throws_is_answered, runner) {
    one_call asked{bench.sink, ""};
    BOOST_CHECK_THROW(tasks.run(asked, fails), std::runtime_error);
    BOOST_TEST(bench.sink->answers == answered, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
