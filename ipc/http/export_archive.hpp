// SPDX-License-Identifier: Apache-2.0
//
// The whole export as one tar archive, while it is sent. I/O thread.
//
//   export.write -> export.read manifest.json -> export.read each document, piece by piece -> tar -> chunks -> client
//
// The next piece is asked for when the client took the one before, so one piece is held at a time. The daemon may write
// another set meanwhile: each document is held against the digest in the manifest that was read first, and where they
// differ the answer is cut off in its middle, which the client sees.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/http/connection.hpp"
#include "ipc/http/sha256.hpp"
#include "ipc/http/tar_writer.hpp"
#include "ipc/http/upstream.hpp"

namespace valhalla::http {

class export_archive final : public std::enable_shared_from_this<export_archive> {
  public:
    using clock = std::chrono::steady_clock;
    /// Told what the daemon said where that is not a result, while nothing is sent.
    using refusal_handler = std::function<void(const upstream_answer&)>;

    /// For all of it. The daemon writes a set in seconds; the rest is up to the client.
    static constexpr std::chrono::minutes most_time{60};

    /// `from`: a connection to the daemon for this alone, as others would wait behind it.
    export_archive(std::shared_ptr<upstream> from, const exchange& to, refusal_handler refused);

    void start();
    void on_tick(clock::time_point now);
    void close();
    /// Sent, refused or cut off.
    [[nodiscard]] bool over() const noexcept { return over_ || connection_->closed(); }

  private:
    struct document {
        std::string name;
        std::uint64_t bytes = 0;
        std::string sha256;
    };
    /// A method of this, called with a result.
    using step = void (export_archive::*)(std::string_view result);

    void ask(std::string_view method, const std::string& params, step then);
    void ask_piece(const std::string& name, std::uint64_t offset, step then);
    void take_manifest(std::string_view result);
    [[nodiscard]] bool read_manifest(const std::string& text);
    void take_piece(std::string_view result);
    void begin_document();
    void go_on();
    void send();
    void fail(const upstream_answer& why);

    std::shared_ptr<upstream> from_;
    exchange to_;
    std::shared_ptr<connection> connection_;
    refusal_handler refused_;
    clock::time_point began_ = clock::now();
    std::vector<document> documents_;
    std::size_t at_ = 0;      ///< of them
    std::uint64_t sent_ = 0;  ///< of that document
    std::string manifest_;
    tar_writer tar_;
    sha256_digest digest_;
    bool sending_ = false;
    bool over_ = false;
};

}  // namespace valhalla::http
