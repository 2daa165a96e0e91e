// SPDX-License-Identifier: Apache-2.0
#include "tests/ipc/ctl/scripted_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "ipc/socket_path.hpp"

namespace valhalla::ctl::test {

std::string scripted_peer::line() {
    std::string text;
    char c = 0;
    while (::read(fd_, &c, 1) == 1 && c != '\n') {
        text += c;
    }
    return text;
}

void scripted_peer::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void scripted_peer::answer(std::string_view line, std::string_view result) const {
    const auto id = boost::json::serialize(boost::json::parse({line.data(), line.size()}).at("id"));
    send(fmt::format("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{}}}\n", id, result));
}

scripted_socket::scripted_socket(std::vector<script> connections)
    : path_{(directory_.path() / "sock").string()},
      listening_{ipc::listen_on_path(path_, std::nullopt, 4).descriptor},
      thread_{[this, scripts = std::move(connections)] {
          ::fcntl(listening_, F_SETFL, 0);
          for (const auto& each : scripts) {
              const int fd = ::accept(listening_, nullptr, nullptr);
              if (fd < 0) {
                  return;
              }
              scripted_peer peer{fd};
              each(peer);
              ::close(fd);
          }
      }} {}

scripted_socket::~scripted_socket() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
}

void swallow(scripted_peer& peer) {
    static_cast<void>(peer.line());
}

scripted_socket::script answer_all(std::string_view result) {
    return [result](scripted_peer& peer) {
        for (auto line = peer.line(); !line.empty(); line = peer.line()) {
            peer.answer(line, result);
        }
    };
}

}  // namespace valhalla::ctl::test
