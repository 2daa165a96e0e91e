// SPDX-License-Identifier: Apache-2.0
//
// Files on their way in: an import is uploaded file by file in chunks into a directory of its own under the state
// directory, then read and checked as a whole. A client's directory may be unreadable for the daemon, so the client
// reads. Query thread only.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ipc/errors.hpp"
#include "schema/import.hpp"
#include "schema/own_directory.hpp"

namespace valhalla {

class uploads {
  public:
    /// Most uploads open at once, and most bytes in one.
    static constexpr std::size_t max_open = 4;
    static constexpr std::uint64_t max_bytes = 8ULL * 1024 * 1024 * 1024;
    /// The only names that an upload may hold.
    static constexpr std::array<std::string_view, 6> known_files{
        "go_session.json", "go_progress.json", "cone_state.json", "thresholds.json", "sessions.json", "audit.log"};

    /// Removes what an earlier process left behind in `directory`. Throws `storage_error` when it is somebody else's.
    explicit uploads(std::filesystem::path directory,
                     std::size_t documents_bytes = schema::limits::import_documents_bytes);

    template <class T>
    using result = std::variant<T, ipc::rpc_error>;

    [[nodiscard]] result<std::int64_t> begin();
    /// Appends `text` to `file`; gives the file's size so far. An empty `text` makes an empty file. With `offset`, the
    /// bytes in front of it: a piece that is there already stays as it is, any other that does not fit is refused.
    [[nodiscard]] result<std::uint64_t> put(std::int64_t id, const std::string& file, std::string_view text,
                                            std::optional<std::int64_t> offset = std::nullopt);
    using reading = std::shared_ptr<schema::import_reading>;
    /// Begins to read it. There is one at a time, as long as anybody keeps it: what it read is in memory.
    [[nodiscard]] result<reading> read(std::int64_t id, const std::string& importer);
    [[nodiscard]] static ipc::rpc_error refused(const schema::import_problem& problem);
    /// Forgets the upload and removes its files; an unknown id is no error.
    void cancel(std::int64_t id);

  private:
    [[nodiscard]] std::filesystem::path path_of(std::int64_t id) const {
        return directory_.path() / std::to_string(id);
    }

    schema::own_directory directory_;
    std::size_t documents_bytes_;
    std::weak_ptr<schema::import_reading> newest_;
    std::int64_t next_ = 1;
    std::map<std::int64_t, std::uint64_t> open_;  // bytes so far, by id
};

}  // namespace valhalla
