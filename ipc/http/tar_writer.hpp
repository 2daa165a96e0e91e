// SPDX-License-Identifier: Apache-2.0
//
// A tar archive (ustar, with pax headers for what does not fit) as it grows. The same files are the same bytes: they
// belong to nobody and are of no time. Libarchive writes it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

struct archive;

namespace valhalla::http {

class tar_writer {
  public:
    /// Throws `std::runtime_error`, as all of it does: when there is no memory, or more is written than was said.
    tar_writer();
    ~tar_writer();
    tar_writer(const tar_writer&) = delete;
    tar_writer& operator=(const tar_writer&) = delete;

    /// A file of that many bytes, which `write` has to bring before the next one begins.
    void begin(const std::string& name, std::uint64_t bytes);
    void write(std::string_view piece);
    /// The end of the archive.
    void finish();
    /// What was written since the last call.
    [[nodiscard]] std::string take();

  private:
    struct freed {
        void operator()(archive* of) const noexcept;
    };
    void require(bool well) const;
    static ssize_t append(archive* of, void* writer, const void* data, std::size_t size);

    bool dropped_ = false;
    std::string made_;  // outlives the archive, which writes into it
    std::unique_ptr<archive, freed> archive_;
};

}  // namespace valhalla::http
