// SPDX-License-Identifier: Apache-2.0
#include "ipc/ctl/bundle_directory.hpp"

#include <fmt/format.h>

#include "ipc/ctl/files.hpp"
#include "ipc/ctl/held_checkpoint.hpp"
#include "ipc/ctl/view.hpp"
#include "schema/proof/tlog_proof.hpp"

namespace valhalla::ctl {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view proof_suffix = ".tlog-proof";
constexpr std::size_t max_proof_bytes = std::size_t{256} << 10U;  // a record, 63 hashes, a note with its signatures

/// What a run that was killed left behind; see `staged_file`.
bool is_leftover(std::string_view name) {
    return name.starts_with('.') && name.ends_with(".tmp");
}

/// The session of the record that a proof file carries; nothing when it is no such file.
std::optional<std::int64_t> session_of_proof(const fs::path& path) {
    const auto proof = schema::tlog_proof::parse(read_small_file(path, max_proof_bytes).value_or(""));
    if (!proof || !proof->extra) {
        return std::nullopt;
    }
    const auto* const record = reinterpret_cast<const char*>(proof->extra->data());
    try {
        return integer(make_answer({record, proof->extra->size()}).value, "session");
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

bool belongs_to(const fs::path& file, std::uint64_t session) {
    const auto name = file.filename().string();
    if (name == checkpoint_name || is_leftover(name)) {
        return true;
    }
    return name.ends_with(proof_suffix) && session_of_proof(file) == static_cast<std::int64_t>(session);
}

}  // namespace

bundle_directory::bundle_directory(fs::path path, std::uint64_t session, const signed_checkpoint& now)
    : path_{std::move(path)} {
    make_directory(path_);
    for (const auto& entry : fs::directory_iterator{path_}) {
        if (!entry.is_regular_file() || !belongs_to(entry.path(), session)) {
            throw fault{exit_code::refused,
                        fmt::format("{} holds {}, which is not a proof of session {}: give a directory "
                                    "of its own",
                                    path_.string(), entry.path().filename().string(), session)};
        }
    }
    static_cast<void>(held_checkpoint(path_, now));
}

void bundle_directory::write(const std::string& name, std::string_view content) const {
    staged_file file{path_, name};
    file.write(content);
    file.put_in_place();
}

void bundle_directory::finish(std::string_view note) const {
    replace_checkpoint(path_, note);
}

}  // namespace valhalla::ctl
