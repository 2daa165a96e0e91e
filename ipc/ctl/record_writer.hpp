// SPDX-License-Identifier: Apache-2.0
//
// Prints records one by one as they come, in the format that the user chose; keeps none of them.
#pragma once

#include <cstdint>
#include <string>

#include "ipc/ctl/context.hpp"
#include "ipc/ctl/record_format.hpp"
#include "ipc/ctl/record_pages.hpp"

namespace valhalla::ctl {

class record_writer {
  public:
    /// Asks the daemon for the log's origin where the format needs it. Prints the header, where there is one.
    record_writer(context& io, record_format format);
    void write(const record_view& record);

  private:
    context& io_;
    record_format format_;
    std::string origin_;
};

}  // namespace valhalla::ctl
