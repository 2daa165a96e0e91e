// SPDX-License-Identifier: Apache-2.0
//
// Signs what the trail is: one thread that owns the private key and STATE/anchor.
//
//   ledger   --committed(head)-->  notary   signs the newest head at most once per `pace`, or at once when asked
//   notary   anchor on the disk (fsync), then --on_checkpoint-->  the I/O thread
//
// Only what a commit made durable is signed, and a checkpoint is handed out only after the anchor holds it or a newer
// one: so no crash and no full disk can make two histories of one signature.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "schema/proof/checkpoint.hpp"

namespace valhalla {

/// A checkpoint with its signed note. Immutable, shared between threads.
struct signed_checkpoint {
    schema::checkpoint what;
    std::string note;
};
using checkpoint_ptr = std::shared_ptr<const signed_checkpoint>;

class notary {
  public:
    /// The sentence that says why nothing could be signed.
    struct trouble {
        std::string message;
        bool disk_full = false;
    };
    using outcome = std::variant<checkpoint_ptr, trouble>;
    /// Called on the notary's thread, or at once on the caller's.
    using receiver = std::function<void(const outcome&)>;

    struct settings {
        /// How long a trail that grows waits for its next signature when nobody asks.
        std::chrono::milliseconds pace{1'000};
        /// How often the newest checkpoint goes to the log, where it is a second anchor; zero: only at the end.
        std::chrono::minutes log_every{60};
    };
    struct hooks {
        /// Notary thread: the anchor could not be written, or can be again (empty text).
        std::function<void(const std::string& problem)> on_trouble;
        /// Notary thread: one line for the log.
        std::function<void(const signed_checkpoint& newest)> on_log;
        /// Notary thread: why the anchor's path leads to another directory than at the start; nothing while it does
        /// not. An anchor in somebody else's state would have it refused. May be empty.
        std::function<std::optional<std::string>()> misplaced{};
    };

    /// `newest` is the checkpoint that the anchor holds, `committed` the head of the last commit.
    notary(schema::signing_key key, std::filesystem::path anchor, schema::checkpoint newest,
           schema::tree_head committed, settings s, hooks h);
    ~notary();
    notary(const notary&) = delete;
    notary& operator=(const notary&) = delete;

    void start();
    /// Signs and anchors what was committed last, logs it, ends. What is still asked for then is answered.
    void stop();

    /// Any thread, after a commit is durable. Sizes never shrink.
    void committed(const schema::tree_head& head);
    /// Any thread. Gives `to` a checkpoint of at least `size` records, as soon as so many are committed.
    void when_signed(std::uint64_t size, receiver to);
    /// Any thread but the notary's; waits. A note over exactly `head`, a tree that the trail had: for an export of that
    /// moment. The anchor is at least as new when it returns.
    [[nodiscard]] std::variant<std::string, trouble> sign_exactly(const schema::tree_head& head);

    [[nodiscard]] const std::string& origin() const noexcept { return origin_; }
    /// The public half, as text (C2SP signed-note).
    [[nodiscard]] const std::string& verifier_key() const noexcept { return verifier_key_; }
    /// Records that the newest checkpoint covers.
    [[nodiscard]] std::uint64_t anchored();
    /// How long the trail is ahead of the anchor; zero when it is not.
    [[nodiscard]] std::chrono::seconds behind_for();

  private:
    struct request {
        std::uint64_t size;
        receiver to;
    };
    using clock = std::chrono::steady_clock;

    void run();
    // With the mutex held.
    [[nodiscard]] bool grown() const noexcept { return committed_.size > newest_->what.head.size; }
    [[nodiscard]] bool asked() const;
    [[nodiscard]] bool due(clock::time_point now) const;
    [[nodiscard]] clock::time_point next_due() const;
    void settle(const outcome& done);
    /// Gives the mutex back while it calls.
    void answer_requests(std::unique_lock<std::mutex>& lock);
    /// Without the mutex: signs `head` and writes the anchor.
    [[nodiscard]] outcome sign(const schema::tree_head& head);

    schema::signing_key key_;
    const std::filesystem::path anchor_;
    const std::string origin_;
    const std::string verifier_key_;
    const settings settings_;
    const hooks hooks_;

    std::mutex mutex_;  // guards all up to the thread's own
    std::condition_variable wake_;
    schema::tree_head committed_;
    checkpoint_ptr newest_;
    std::vector<request> requests_;
    std::optional<clock::time_point> behind_;  // since when the trail is ahead of the anchor
    std::optional<trouble> problem_;           // of the last try to sign
    bool stopping_ = false;
    clock::time_point next_signature_{};
    clock::time_point next_log_{};
    bool in_trouble_ = false;  // the notary thread's own
    std::thread thread_;
};

/// Has an export signed; any thread but the notary's. What `signer` cannot do is thrown as `storage_error`.
[[nodiscard]] std::function<std::string(const schema::tree_head&)> export_signer(notary& signer);

}  // namespace valhalla
