// SPDX-License-Identifier: Apache-2.0
#include "daemon/trail_signing.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/chance.hpp"
#include "daemon/start_failure.hpp"
#include "daemon/trail_guard.hpp"
#include "ipc/excerpt.hpp"
#include "ipc/limits.hpp"
#include "ipc/utf8.hpp"
#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"
#include "schema/proof/anchor.hpp"
#include "schema/reader.hpp"
#include "schema/signing_key_file.hpp"

namespace valhalla {

namespace {

/// An anchor has some 300 bytes. What is longer is no anchor of ours, and its beginning says so.
constexpr std::size_t max_anchor_bytes = 65'536;

std::optional<std::string> read_anchor(const std::filesystem::path& path) {
    // O_NONBLOCK: a pipe in its place must not make the start wait for a writer.
    const schema::unique_fd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!fd) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        throw schema::storage_error{schema::storage_fault::unusable,
                                    fmt::format("{} cannot be read: {}", path.string(), std::strerror(errno))};
    }
    std::string text(max_anchor_bytes, '\0');
    const auto size = ::pread(fd.get(), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
}

/// Of the reason of a new epoch, as text. Together with a refused anchor, every byte of them escaped, they fit into a
/// record: one that does not could never be appended, and the daemon never start.
constexpr std::size_t max_misfit_bytes = 1'024;
constexpr std::size_t max_accepted_bytes = ipc::max_reason_bytes + 2'048;  // and the backup that it is about

/// A refused anchor as a record can hold it: verbatim when it is text of a reasonable length, but of an anchor of ours
/// what it says and not its signature, for records leave the machine, and a whole one could be put back.
std::string for_the_record(const std::string& anchor) {
    constexpr std::size_t most_bytes = 4'096;
    const auto ours = schema::anchor::parse(anchor);
    auto text = ours ? ours->says.text() : anchor;
    const bool fits = text.size() <= most_bytes && ipc::is_utf8(text) && text.find('\0') == std::string::npos;
    return fits ? std::move(text) : fmt::format("({} bytes that are not a signed note)", anchor.size());
}

std::optional<std::filesystem::path> credential_file(const std::string& name) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr) {
        return std::nullopt;
    }
    auto path = std::filesystem::path{directory} / name;
    return ::access(path.c_str(), F_OK) == 0 ? std::optional{std::move(path)} : std::nullopt;
}

}  // namespace

std::optional<schema::signing_key> find_signing_key(const std::optional<std::filesystem::path>& configured,
                                                    const std::string& credential,
                                                    const std::filesystem::path& fallback, missing_key then) {
    for (const auto& given : {configured, credential_file(credential)}) {
        if (given) {
            auto key = schema::load_signing_key(*given);
            if (!key) {
                throw schema::storage_error{schema::storage_fault::unusable,
                                            fmt::format("there is no signing key {}", given->string())};
            }
            return key;
        }
    }
    auto key = schema::load_signing_key(fallback);
    if (!key && then == missing_key::create) {
        key = schema::create_signing_key(fallback);
    }
    return key;
}

trail_signing::trail_signing(const config& c, const schema::state_dir& directory, std::optional<epoch> recorded,
                             const schema::tree_head& head, const std::optional<std::string>& restored_why)
    : config_{c},
      anchor_{directory.anchor()},
      next_anchor_{directory.next_anchor()},
      accepted_{restored_why ? restored_why : c.accept_rollback},
      first_{!recorded} {
    if (accepted_) {
        accepted_ = ipc::excerpt(*accepted_, max_accepted_bytes);
    }
    const bool may_create = first_ || accepted_;
    key_ = find_signing_key(c.audit.signing_key, "signing.key", directory.signing_key(),
                            may_create ? missing_key::create : missing_key::refuse);
    trail_evidence found{
        .recorded = std::move(recorded),
        .head = head,
        .anchor = read_anchor(anchor_),
        .key = key_ ? &*key_ : nullptr,
        .root_at = [&directory](std::uint64_t size) { return schema::reader{directory.database()}.root_at(size); }};
    if (auto begun = half_begun(found)) {
        anchored_ = std::move(begun);  // what asked for this epoch, a restore or an owner, has it
        return;
    }
    auto verdict = examine_trail(found);
    misfit_ = ipc::excerpt(verdict.misfit, max_misfit_bytes);  // it may quote an anchor that anybody wrote
    anchored_ = std::move(verdict.anchored);
    if (misfit_.empty() && restored_why && anchored_) {
        misfit_ = "a backup took the place of the database";
        anchored_.reset();
    }
    if (anchored_) {
        continued_ = anchored_->head;
    }
    if (misfit_.empty()) {
        return;
    }
    if (!accepted_) {
        throw start_failure{
            exit_code::trail_misfit,
            fmt::format(
                "refusing to append to this trail: {} ({}). If the database, the key or the anchor was put back "
                "from a copy, put the newer one back; if that is lost, restore a backup with --restore FILE --reason "
                "TEXT, or start once with --accept-rollback REASON: both begin a new epoch and record why",
                misfit_, directory.path().string())};
    }
    if (found.anchor) {
        refused_anchor_ = for_the_record(*found.anchor);
    }
}

std::optional<schema::checkpoint> trail_signing::half_begun(const trail_evidence& found) const {
    const auto next = schema::anchor::parse(read_anchor(next_anchor_).value_or(std::string{}));
    if (!next || !found.recorded || found.key == nullptr || next->says.origin != found.recorded->origin ||
        next->says.head.size != 0) {
        return std::nullopt;
    }
    const schema::verifier_key own{
        .name = next->says.origin, .algorithm = schema::note_algorithm::ed25519, .key = found.key->public_key()};
    if (own.text() != found.recorded->verifier_key ||
        schema::check_note(next->note, own) != schema::note_verdict::signed_by_key) {
        return std::nullopt;
    }
    const auto anchor = schema::anchor::parse(found.anchor.value_or(std::string{}));
    if (!anchor || anchor->says.origin != next->says.origin) {
        return next->says;
    }
    // The anchor was written already, and is what counts; the restore was not forgotten yet.
    auto verdict = examine_trail(found);
    return verdict.misfit.empty() ? std::move(verdict.anchored) : std::nullopt;
}

void trail_signing::epoch_begun() const {
    if (::unlink(next_anchor_.c_str()) == 0) {
        schema::sync_directory(next_anchor_.parent_path());
    }
}

std::optional<events::epoch_started> trail_signing::new_epoch(const std::string& instance) {
    if (anchored_) {
        return std::nullopt;
    }
    const bool original = first_ && misfit_.empty();
    const auto origin = new_origin(config_.audit.origin, instance, original, hex_of_chance(16));
    anchored_ = schema::checkpoint{origin, {0, schema::hasher{}.plain("")}};
    if (original) {
        // Before the record: a trail that names an epoch must find an anchor, whenever the power fails.
        write_anchor(*anchored_);
    } else {
        // Likewise, but the anchor that was refused stays until the record is there.
        schema::replace_file(next_anchor_, schema::sign_anchor(*anchored_, key_.value()));
    }
    const schema::verifier_key key{
        .name = origin, .algorithm = schema::note_algorithm::ed25519, .key = key_.value().public_key()};
    return events::epoch_started{
        .origin = origin,
        .key = key.text(),
        .reason = original ? "first start" : fmt::format("{}; accepted: {}", misfit_, *accepted_),
        .refused_anchor = std::move(refused_anchor_)};
}

std::unique_ptr<notary> trail_signing::make_notary(const schema::tree_head& committed, notary::settings s,
                                                   notary::hooks h) {
    auto newest = anchored_.value();
    if (newest.head.size == 0) {
        newest.head = committed;
        write_anchor(newest);
    }
    return std::make_unique<notary>(std::move(key_).value(), anchor_, std::move(newest), committed, s, std::move(h));
}

void trail_signing::write_anchor(const schema::checkpoint& what) const {
    schema::replace_file(anchor_, schema::sign_anchor(what, *key_));
}

}  // namespace valhalla
