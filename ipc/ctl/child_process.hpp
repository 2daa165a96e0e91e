// SPDX-License-Identifier: Apache-2.0
//
// Other programs: one that reads what we write, and one whose output we read.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "ipc/ctl/context.hpp"
#include "ipc/ctl/fault.hpp"
#include "ipc/ctl/files.hpp"

namespace valhalla::ctl {

/// The sentence for a program that cannot be started; `error` is an errno.
[[nodiscard]] fault cannot_run(const std::string& program, int error);

/// Text that another program can read as a file, under `path()`, without a name on any disk.
class memory_file {
  public:
    /// The other program can find out `name`, which has at most 249 bytes, to speak of the file with it.
    memory_file(const std::string& name, std::string_view content);
    /// Holds for a child that was given it, too.
    [[nodiscard]] std::string path() const;
    [[nodiscard]] int get() const noexcept { return fd_.get(); }

  private:
    descriptor fd_;
};

/// Has our standard output and error; ends before the object goes.
class child_process {
  public:
    /// `words` are the program, looked up in PATH when it has no slash, and its arguments. It inherits `shared`.
    child_process(const std::vector<std::string>& words, const memory_file& shared);
    /// Ends it when nobody waited for it.
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    /// To its standard input. False when it no longer reads: what it thinks of the rest is its exit code.
    [[nodiscard]] bool write(std::string_view bytes);
    /// Ends its input and waits for it. Its exit code; a `fault` when a signal ended it.
    [[nodiscard]] int wait();

  private:
    std::string name_;
    int input_ = -1;
    ::pid_t id_ = -1;
};

/// Runs `words` without input and waits for the end. What it writes is kept in memory, so it should be little.
[[nodiscard]] ended_process run_to_the_end(const std::vector<std::string>& words);

}  // namespace valhalla::ctl
