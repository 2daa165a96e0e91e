// SPDX-License-Identifier: Apache-2.0
#include "daemon/uploads.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/disk_room.hpp"
#include "schema/errors.hpp"

namespace valhalla {

namespace {

ipc::rpc_error no_such_upload(std::int64_t id) {
    return {ipc::error_code::no_such_upload,
            fmt::format(
                "there is no upload {}; import.begin gives one, and one that was committed or cancelled is gone", id),
            {}};
}

ipc::rpc_error not_written(const std::filesystem::path& path, int why) {
    const bool full = schema::means_no_room(why);
    return {full ? ipc::error_code::storage_full : ipc::error_code::internal_error,
            fmt::format("{} could not be written: {}", path.string(), std::generic_category().message(why)),
            {}};
}

ipc::rpc_error misfit(const std::string& file, std::uint64_t size) {
    ipc::rpc_error error{ipc::error_code::invalid_params,
                         fmt::format("offset: {} has {} bytes, and what stands there is not this piece; go on from {}",
                                     file, size, size),
                         {}};
    ipc::append_text_member(error.data_members, "key", "offset");
    return error;
}

bool stands_at(const std::filesystem::path& path, std::uint64_t offset, std::string_view text) {
    std::ifstream in{path, std::ios::binary};
    in.seekg(static_cast<std::streamoff>(offset));
    std::string there(text.size(), '\0');
    in.read(there.data(), static_cast<std::streamsize>(there.size()));
    return static_cast<bool>(in) && there == text;
}

}  // namespace

uploads::uploads(std::filesystem::path directory, std::size_t documents_bytes)
    : directory_{std::move(directory), "imports"}, documents_bytes_{documents_bytes} {
    directory_.clear_away();
}

uploads::result<std::int64_t> uploads::begin() {
    if (open_.size() >= max_open) {
        cancel(open_.begin()->first);  // the oldest: its client went away without a word
    }
    const auto id = next_;
    try {
        if (!directory_.is_there()) {
            directory_.make();
        }
    } catch (const schema::storage_error& fault) {
        const bool full = fault.fault() == schema::storage_fault::full;
        return ipc::rpc_error{full ? ipc::error_code::storage_full : ipc::error_code::internal_error, fault.what(), {}};
    }
    std::error_code failed;
    std::filesystem::create_directory(path_of(id), failed);
    if (failed) {
        return not_written(path_of(id), failed.value());
    }
    ++next_;
    open_.emplace(id, 0);
    return id;
}

uploads::result<std::uint64_t> uploads::put(std::int64_t id, const std::string& file, std::string_view text,
                                            std::optional<std::int64_t> offset) {
    const auto found = open_.find(id);
    if (found == open_.end()) {
        return no_such_upload(id);
    }
    if (std::ranges::find(known_files, file) == known_files.end()) {
        ipc::rpc_error error{
            ipc::error_code::unknown_document,
            fmt::format("'{}' is not a file of an import; known are {}", file, fmt::join(known_files, ", ")),
            {}};
        ipc::append_text_member(error.data_members, "key", "file");
        return error;
    }
    if (found->second + text.size() > max_bytes) {
        return ipc::rpc_error{ipc::error_code::import_refused,
                              fmt::format("an import may hold {} bytes, this one is larger", max_bytes),
                              {}};
    }
    const auto path = path_of(id) / file;
    const bool existed = std::filesystem::exists(path);
    const auto size = size_or_zero(path);
    if (offset) {
        const auto at = static_cast<std::uint64_t>(*offset);
        if (at < size && stands_at(path, at, text)) {
            return size;
        }
        if (at != size) {
            return misfit(file, size);
        }
    }
    std::ofstream out{path, std::ios::binary | std::ios::app};
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) {
        const int why = errno;
        // What went in of the piece must not stay: whoever is told that it failed sends all of it again.
        std::error_code ignored;
        if (existed) {
            std::filesystem::resize_file(path, size, ignored);
        } else {
            std::filesystem::remove(path, ignored);
        }
        return not_written(path, why);
    }
    found->second += text.size();
    return size + text.size();
}

uploads::result<uploads::reading> uploads::read(std::int64_t id, const std::string& importer) {
    if (!open_.contains(id)) {
        return no_such_upload(id);
    }
    if (!newest_.expired()) {
        return ipc::rpc_error{
            ipc::error_code::overloaded, "another import is being read; nothing was done, try again after it", {}};
    }
    auto begun = std::make_shared<schema::import_reading>(path_of(id), importer, documents_bytes_);
    newest_ = begun;
    return begun;
}

ipc::rpc_error uploads::refused(const schema::import_problem& problem) {
    ipc::rpc_error error{ipc::error_code::import_refused, "nothing was imported: " + problem.text(),
                         fmt::format("\"line\":{}", problem.line)};
    ipc::append_text_member(error.data_members, "file", problem.file);
    ipc::append_text_member(error.data_members, "key", problem.key);
    return error;
}

void uploads::cancel(std::int64_t id) {
    if (open_.erase(id) != 0) {
        std::error_code ignored;
        std::filesystem::remove_all(path_of(id), ignored);
    }
}

}  // namespace valhalla
