// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of something that comes in pieces, e.g. a file while it is written.
#pragma once

#include <memory>
#include <string_view>

#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

class sha256_stream {
  public:
    sha256_stream();
    ~sha256_stream();
    sha256_stream(sha256_stream&&) noexcept;
    sha256_stream& operator=(sha256_stream&&) noexcept;

    void update(std::string_view bytes);
    /// Of the pieces up to here; more may follow.
    [[nodiscard]] hash256 so_far() const;
    /// Of all pieces; the stream is used up then.
    [[nodiscard]] hash256 finish();

  private:
    struct context;
    std::unique_ptr<context> context_;
};

}  // namespace valhalla::schema
