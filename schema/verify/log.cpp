// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "schema/verify/text_trail.hpp"

namespace valhalla::verify {

void walk_lines(byte_source& source, const std::string& file, record_chain& chain, const progress_sink& progress,
                std::uint64_t all) {
    const auto blame = [&](std::string_view what) {
        const auto seq = chain.next_seq();
        throw bad_evidence{
            {.record = seq, .table = {}, .file = file, .message = fmt::format("record {}: {}", raw(seq), what)}};
    };
    for (std::string_view line;;) {
        switch (source.next_line(line)) {
            case byte_source::line_state::line: chain.add(line); break;
            case byte_source::line_state::torn: blame("its line does not end with a newline"); break;
            case byte_source::line_state::too_long:
                blame(fmt::format("its line has more than {} bytes", max_record_bytes));
                break;
            case byte_source::line_state::end:
                if (progress) {
                    progress(chain.size(), all);
                }
                return;
        }
        if (progress && chain.size() % records_per_report == 0) {
            progress(chain.size(), all);
        }
    }
}

void verify_log(const std::string& path, std::uint64_t size, checkpoint_book& checkpoints,
                const progress_sink& progress, report& r) {
    auto source = byte_source::open_stream(path);
    if (!source) {
        throw unreadable{fmt::format("there is no file {}", path)};
    }
    record_chain chain{checkpoints, [](const schema::full_tile& /*tile*/) {}};
    try {
        walk_lines(*source, path, chain, progress, size);
    } catch (...) {
        chain.tell(r);
        throw;
    }
    chain.tell(r);
    if (chain.size() > size) {
        blame_file(path, fmt::format("holds {} records, and the checkpoint speaks of {}: give the newest checkpoint, "
                                     "or as many lines as it speaks of",
                                     chain.size(), size));
    }
    r.checked.emplace_back("every line of the log, and the tree over them");
}

}  // namespace valhalla::verify
