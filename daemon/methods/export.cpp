// SPDX-License-Identifier: Apache-2.0
#include "schema/export.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/disk_room.hpp"
#include "daemon/methods/bind.hpp"
#include "ipc/api/exchange.hpp"
#include "schema/unique_fd.hpp"

namespace valhalla {

namespace {

namespace api = ipc::api;

/// Bytes of a piece of `export.read`: with every byte escaped it stays below the limit of a line.
constexpr std::size_t piece_bytes = 131'072;

ipc::rpc_error unknown_document(const std::string& name, std::string_view known) {
    ipc::rpc_error error{
        ipc::error_code::unknown_document, fmt::format("there is no document '{}'; known are {}", name, known), {}};
    ipc::append_text_member(error.data_members, "key", "document");
    return error;
}

/// The documents that are small whatever happened; histories are read from a written export in pieces.
std::optional<std::string> live_document(schema::reader& from, const std::string& name) {
    if (name == "go_session.json") {
        return schema::render_go_session(from.latest_session());
    }
    if (name == "go_progress.json") {
        return schema::render_go_progress(from.progress());
    }
    if (name == "cone_state.json") {
        return schema::render_cone_state(from.current_cone().value_or(cone{}));
    }
    if (name == "thresholds.json") {
        return schema::render_thresholds(from.current_thresholds());
    }
    return std::nullopt;
}

query_pool::answer get_document(schema::reader& from, const std::string& name) {
    const auto content = live_document(from, name);
    if (!content) {
        return unknown_document(name, "go_session.json, go_progress.json, cone_state.json, thresholds.json");
    }
    std::string out;
    json_writer json{out};
    json.begin_object().member("document", name).member("content", *content).end_object();
    return out;
}

query_pool::answer write_documents(schema::reader& from, const daemon_facts& facts, notary& signer) {
    // The old set stays until the new one is whole, and a set is no larger than the database that it is made of.
    if (auto error =
            lack_of_room("an export", facts.export_dir, facts.database, "the last export there may be removed")) {
        return *std::move(error);
    }
    const auto& directory = facts.export_dir;
    const auto summary = schema::write_export(from, directory, export_signer(signer));
    std::string out;
    json_writer json{out};
    json.begin_object().member("directory", directory.string()).member("tree_size", summary.tree_size);
    json.key("files").begin_array();
    for (const auto& name : summary.files) {
        json.value(name);
    }
    json.end_array().member("bytes", summary.bytes).end_object();
    return out;
}

/// Cuts `text` so that it does not end inside a UTF-8 sequence; the documents are valid UTF-8 as a whole.
void cut_at_boundary(std::string& text) {
    std::size_t start = text.size();
    while (start > 0 && (static_cast<unsigned char>(text[start - 1]) & 0xC0U) == 0x80U) {
        --start;
    }
    if (start == 0) {
        return;
    }
    const auto lead = static_cast<unsigned char>(text[start - 1]);
    const std::size_t length = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    if (start - 1 + length > text.size()) {
        text.resize(start - 1);
    }
}

query_pool::answer read_piece(const std::filesystem::path& directory, const std::string& name, std::int64_t offset) {
    const auto& known = schema::export_documents();
    if (std::ranges::find(known, name) == known.end()) {
        return unknown_document(name, fmt::format("{}", fmt::join(known, ", ")));
    }
    const auto failed = [&](const std::string& why) { return ipc::rpc_error{ipc::error_code::export_failed, why, {}}; };
    const auto path = directory / name;
    // O_NONBLOCK: a pipe of that name must not make all queries wait for its writer.
    const schema::unique_fd file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (!file && errno == ENOENT) {
        return failed(fmt::format("{} is not there yet; export.write writes it", name));
    }
    if (!file && errno != ELOOP) {
        return failed(fmt::format("{} cannot be read: {}", path.string(), std::generic_category().message(errno)));
    }
    struct stat about{};
    if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) {
        return failed(fmt::format("{} is not a regular file; remove it, and export.write writes it", path.string()));
    }
    const auto size = static_cast<std::int64_t>(about.st_size);
    std::string text;
    if (offset < size) {
        text.resize(static_cast<std::size_t>(std::min<std::int64_t>(size - offset, piece_bytes)));
        const auto got = ::pread(file.get(), text.data(), text.size(), offset);
        if (got < 0) {
            return failed(fmt::format("{} cannot be read: {}", path.string(), std::generic_category().message(errno)));
        }
        text.resize(static_cast<std::size_t>(got));
        cut_at_boundary(text);
    }
    const auto next = offset + static_cast<std::int64_t>(text.size());
    std::string out;
    json_writer json{out};
    json.begin_object().member("document", name).member("offset", offset).member("size", size).member("text", text);
    json.key("next_offset");
    next < size && !text.empty() ? json.value(next) : json.null();
    json.end_object();
    return out;
}

}  // namespace

void bind_export_methods(ipc::method_table& table, const services& with) {
    table.on<api::export_get>([with](const api::export_get::params& p, ipc::call& c) {
        with.queries.submit([name = p.document](schema::reader& from) { return get_document(from, name); }, c.defer());
    });
    table.on<api::export_write>([with](const api::export_write::params&, ipc::call& c) {
        with.tasks.run(c, [with](const ipc::peer& /*who*/, ipc::reply_handle reply, const auto& /*token*/) {
            with.queries.submit([&facts = with.facts, &signer = with.signer](
                                    schema::reader& from) { return write_documents(from, facts, signer); },
                                std::move(reply));
        });
    });
    table.on<api::export_read>([with](const api::export_read::params& p, ipc::call& c) {
        with.queries.submit([directory = with.facts.export_dir,
                             p](schema::reader&) { return read_piece(directory, p.document, p.offset); },
                            c.defer());
    });
}

}  // namespace valhalla
