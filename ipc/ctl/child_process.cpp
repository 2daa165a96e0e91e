// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace valhalla::ctl {

namespace {

[[noreturn]] void throw_system_fault(std::string_view what, int error) {
    throw fault{exit_code::refused, fmt::format("{}: {}", what, std::generic_category().message(error))};
}

/// A pipe whose reader went away is an error of write() while this lives, not the end of our process.
class without_sigpipe {
  public:
    without_sigpipe() {
        struct ::sigaction ignoring{};
        ignoring.sa_handler = SIG_IGN;  // NOLINT(*-union-access,*-cstyle-cast)
        ::sigaction(SIGPIPE, &ignoring, &before_);
    }
    ~without_sigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }
    without_sigpipe(const without_sigpipe&) = delete;
    without_sigpipe& operator=(const without_sigpipe&) = delete;

  private:
    struct ::sigaction before_{};
};

/// Descriptors of a child, by their numbers here and there.
using descriptors = std::vector<std::pair<int, int>>;

::pid_t spawn(const std::vector<std::string>& words, const descriptors& given) {
    std::vector<std::string> copies = words;
    std::vector<char*> pointers;
    pointers.reserve(copies.size() + 1);
    for (auto& word : copies) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    ::posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    for (const auto& [here, there] : given) {
        ::posix_spawn_file_actions_adddup2(&actions, here, there);
    }
    ::pid_t id = -1;
    const int error = ::posix_spawnp(&id, pointers.front(), &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw cannot_run(words.front(), error);
    }
    return id;
}

descriptor memory_descriptor(const std::string& name) {
    // Above the numbers that a child's standard streams are put on.
    constexpr int lowest = 10;
    const descriptor made{::memfd_create(name.c_str(), MFD_CLOEXEC)};
    const int fd = made.get() < 0 ? -1 : ::fcntl(made.get(), F_DUPFD_CLOEXEC, lowest);
    if (fd < 0) {
        throw_system_fault(fmt::format("cannot keep {} in memory", name), errno);
    }
    return descriptor{fd};
}

/// Waits for the end of a child.
int code_of(::pid_t id, const std::string& name) {
    int status = 0;
    while (::waitpid(id, &status, 0) < 0) {
        if (errno != EINTR) {
            throw_system_fault(fmt::format("waiting for {}", name), errno);
        }
    }
    if (WIFSIGNALED(status)) {
        throw fault{exit_code::refused, fmt::format("{} was ended by signal {}", name, WTERMSIG(status))};
    }
    return WEXITSTATUS(status);
}

std::string content_of(int memory) {
    std::string content;
    char piece[4'096];
    for (::off_t at = 0;;) {
        const auto count = ::pread(memory, piece, sizeof piece, at);
        if (count <= 0) {
            return content;
        }
        content.append(piece, static_cast<std::size_t>(count));
        at += count;
    }
}

}  // namespace

fault cannot_run(const std::string& program, int error) {
    const auto* hint = error == ENOENT ? "; install it beside valhallactl, in /usr/lib/valhalla or on PATH" : "";
    return fault{exit_code::refused,
                 fmt::format("cannot run {}: {}{}", program, std::generic_category().message(error), hint)};
}

memory_file::memory_file(const std::string& name, std::string_view content) : fd_{memory_descriptor(name)} {
    while (!content.empty()) {
        const auto written = ::write(fd_.get(), content.data(), content.size());
        if (written < 0 && errno != EINTR) {
            throw_system_fault(fmt::format("cannot keep {} in memory", name), errno);
        }
        content.remove_prefix(static_cast<std::size_t>(written > 0 ? written : 0));
    }
}

std::string memory_file::path() const {
    return fmt::format("/proc/self/fd/{}", fd_.get());
}

child_process::child_process(const std::vector<std::string>& words, const memory_file& shared) : name_{words.front()} {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw_system_fault("no pipe", errno);
    }
    const descriptor read_end{ends[0]};
    input_ = ends[1];
    try {
        // The shared one onto itself, so that it stays open over exec.
        id_ = spawn(words, {{read_end.get(), STDIN_FILENO}, {shared.get(), shared.get()}});
    } catch (...) {
        ::close(input_);
        throw;
    }
}

child_process::~child_process() {
    if (input_ >= 0) {
        ::close(input_);
    }
    if (id_ > 0) {
        ::kill(id_, SIGTERM);
        while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

bool child_process::write(std::string_view bytes) {
    const without_sigpipe quiet;
    while (!bytes.empty()) {
        const auto written = ::write(input_, bytes.data(), bytes.size());
        if (written < 0 && errno == EPIPE) {
            return false;
        }
        if (written < 0 && errno != EINTR) {
            throw_system_fault(fmt::format("writing to {}", name_), errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written > 0 ? written : 0));
    }
    return true;
}

int child_process::wait() {
    ::close(std::exchange(input_, -1));
    return code_of(std::exchange(id_, -1), name_);
}

ended_process run_to_the_end(const std::vector<std::string>& words) {
    const descriptor nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const memory_file output{"output", {}};
    const memory_file errors{"errors", {}};
    const auto id =
        spawn(words, {{nothing.get(), STDIN_FILENO}, {output.get(), STDOUT_FILENO}, {errors.get(), STDERR_FILENO}});
    ended_process ended;
    ended.code = code_of(id, words.front());
    ended.output = content_of(output.get());
    ended.errors = content_of(errors.get());
    return ended;
}

}  // namespace valhalla::ctl
