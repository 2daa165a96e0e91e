// SPDX-License-Identifier: Apache-2.0
#include "daemon/restoration.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/clock.hpp"
#include "daemon/config.hpp"
#include "daemon/start_failure.hpp"
#include "ipc/service/byte_units.hpp"
#include "ipc/utf8.hpp"
#include "schema/atomic_file.hpp"
#include "schema/backup_dir.hpp"
#include "schema/database_copy.hpp"
#include "schema/integrity.hpp"
#include "schema/ledger_store.hpp"
#include "schema/own_directory.hpp"
#include "schema/proof/anchor.hpp"
#include "schema/proof/checkpoint.hpp"
#include "schema/reader.hpp"
#include "schema/verify/verify.hpp"

namespace valhalla {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view database_name = "valhalla.db";
/// Beside the copy: for the upgrade of an old backup and the records of the next start.
constexpr std::uint64_t restore_spared_bytes = 32 * mib;
constexpr std::size_t copied_at_once = 1024ULL * 1024;
constexpr std::size_t max_small_file = 65'536;

schema::own_directory draft_of(const schema::state_dir& state) {
    return {state.path() / ".restore", "a restore"};
}
schema::own_directory decided(const schema::state_dir& state) {
    return {state.path() / "restore", "a restore"};
}

[[noreturn]] void refuse_backup(const std::string& sentence) {
    throw start_failure{exit_code::state_unusable, sentence + "; nothing was changed"};
}

[[noreturn]] void fail(const fs::path& path, std::string_view what) {
    throw schema::storage_error{
        schema::means_no_room(errno) ? schema::storage_fault::full : schema::storage_fault::unusable,
        fmt::format("{} cannot be {}: {}", path.string(), what, std::strerror(errno))};
}

bool is_there(const fs::path& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

void make_directory(const fs::path& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        fail(path, "made");
    }
}

/// Writes nothing over.
void move(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return;
    }
    // Some filesystems do not know the flag. The lock on the state directory keeps others like us away meanwhile.
    if (errno != EINVAL || is_there(to) || ::rename(from.c_str(), to.c_str()) != 0) {
        fail(from, fmt::format("moved to {}", to.string()));
    }
}

/// Of our own small files.
std::string content_of(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::string text(max_small_file, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

void copy_contents(const fs::path& from, const fs::path& to) {
    const schema::unique_fd in{::open(from.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in) {
        fail(from, "read");
    }
    const schema::unique_fd out{::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!out) {
        fail(to, "created");
    }
    std::string piece(copied_at_once, '\0');
    for (::ssize_t size = 0; (size = ::read(in.get(), piece.data(), piece.size())) != 0;) {
        if (size < 0 && errno != EINTR) {
            fail(from, "read");
        }
        schema::write_all(out.get(), std::string_view{piece}.substr(0, size < 0 ? 0 : static_cast<std::size_t>(size)),
                          to);
    }
}

/// What merely reading a database leaves beside it.
bool is_empty_log(const fs::path& log) {
    struct stat status{};
    return ::lstat(log.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

/// A file's name is any bytes; a record holds text.
std::string as_text(std::string_view name) {
    std::string out;
    while (!name.empty()) {
        const auto first = static_cast<unsigned char>(name.front());
        auto size = ipc::utf8_sequence_size(name);
        if (size == 0 || first < 0x20 || first == 0x7f) {
            out += fmt::format("\\x{:02x}", first);
            size = 1;
        } else {
            out += name.substr(0, size);
        }
        name.remove_prefix(size);
    }
    return out;
}

void require_backup(const schema::state_dir& state, const fs::path& backup) {
    std::error_code error;
    if (!fs::is_regular_file(backup, error)) {
        refuse_backup(fmt::format("{} is not a backup: {}; backups are in {}", backup.string(),
                                  error ? error.message() : "it is not a file", state.backup_dir().string()));
    }
    if (fs::equivalent(backup, state.database(), error)) {
        refuse_backup(fmt::format("{} is the database in place; name a backup", backup.string()));
    }
    if (const fs::path log{backup.string() + "-wal"}; is_there(log) && !is_empty_log(log)) {
        refuse_backup(
            fmt::format("{} is not a backup but a database that is in use or was interrupted: it has a write-ahead log",
                        backup.string()));
    }
    const auto needed = schema::room_to_restore(backup) + restore_spared_bytes;
    const auto space = fs::space(state.path(), error);
    if (!error && space.available < needed) {
        refuse_backup(fmt::format("there is no room for {} in {}: it takes {} MiB and there are {}; free some space",
                                  backup.string(), state.path().string(), needed / mib, space.available / mib));
    }
}

/// Of the database in place, else of the anchor, which names it; empty when neither can tell.
bool is_other_instance(const schema::state_dir& state, const std::string& instance, std::string& found) {
    if (is_there(state.database())) {
        try {
            found = schema::instance_of(state.database());
            return !found.empty() && found != instance;
        } catch (const schema::storage_error&) {
            found.clear();  // damaged: a reason to restore
        }
    }
    const auto anchor = schema::anchor::parse(content_of(state.anchor()));
    found = anchor ? anchor->says.origin : std::string{};
    return anchor && anchor->says.origin.find('/' + instance) == std::string::npos;
}

struct prepared {
    std::string instance;
    std::optional<epoch> current_epoch;
};

/// Checks the file before anything is read from it, brings it to this version, and tells whose it is. Faults are told
/// of the backup.
prepared prepare_copy(const fs::path& copy, const fs::path& backup) {
    try {
        if (const auto found =
                schema::find_damage(schema::connection::open_evidence(copy), schema::thoroughness::full)) {
            refuse_backup(fmt::format("{} does not verify: {}; take another backup", backup.string(), found->message));
        }
        auto stored = schema::ledger_store{copy}.load();
        schema::seal_copy(copy);
        return {std::move(stored.instance), std::move(stored.current_epoch)};
    } catch (const schema::storage_error& fault) {
        std::string said = fault.what();
        if (const auto at = said.find(copy.string()); at != std::string::npos) {
            said.replace(at, copy.string().size(), backup.string());
        }
        refuse_backup(fmt::format("this backup cannot be restored: {}", said));
    }
}

/// Why no signature with the key `own` can be checked; empty when one can.
std::string lacks_signature(const fs::path& checkpoint, const std::optional<epoch>& e,
                            const std::optional<schema::ed25519_key>& own) {
    if (!is_there(checkpoint)) {
        return "no checkpoint lies beside it";
    }
    if (!own) {
        return "this state has no signing key";
    }
    const auto named = e ? schema::verifier_key::parse(e->verifier_key) : std::nullopt;
    return named && named->key == *own ? "" : "it was signed with another key than this state's";
}

/// Of a checkpoint that was found good.
std::uint64_t size_in(const fs::path& checkpoint) {
    const auto note = schema::signed_note::parse(content_of(checkpoint));
    const auto says = note ? schema::checkpoint::parse(note->text) : std::nullopt;
    return says ? says->head.size : 0;
}

restored verify_copy(const fs::path& copy, const fs::path& backup, const std::optional<epoch>& e,
                     const std::optional<schema::ed25519_key>& own) {
    verify::request what{.path = copy.string()};
    const auto checkpoint = schema::checkpoint_beside(backup);
    if (is_there(checkpoint)) {
        what.checkpoints.push_back(checkpoint.string());
    }
    auto unsigned_why = lacks_signature(checkpoint, e, own);
    if (unsigned_why.empty()) {
        what.key = e.value().verifier_key;
    }
    const auto found = verify::verify_evidence(what);
    if (found.result != verify::outcome::verified) {
        refuse_backup(fmt::format("{} does not verify: {}; take another backup, and see valhalla-verify {}",
                                  backup.string(), found.what ? found.what->message : "no reason is known",
                                  backup.string()));
    }
    if (unsigned_why.empty() && size_in(checkpoint) < found.head.size) {
        unsigned_why = fmt::format("its checkpoint covers {} of them", size_in(checkpoint));
    }
    return {.records = found.head.size, .no_signature = std::move(unsigned_why), .aside = {}};
}

/// One that nothing has yet: several restores may come within a second.
std::string name_aside(const schema::state_dir& state) {
    const auto backup = schema::backup_dir::name_of(system_now(), 0);  // valhalla-<time>-0000000000.db
    constexpr std::string_view before = "valhalla-";
    constexpr std::string_view behind = "-0000000000.db";
    const auto first = "replaced-" + backup.substr(before.size(), backup.size() - before.size() - behind.size());
    auto name = first;
    for (unsigned number = 2; is_there(state.path() / name); ++number) {
        name = fmt::format("{}-{}", first, number);
    }
    return name;
}

/// The prepared directory takes the name that decides, also when there is one already whose epoch never began.
void decide(const schema::state_dir& state) {
    const auto from = draft_of(state).path();
    const auto to = decided(state).path();
    const unsigned flags = is_there(to) ? RENAME_EXCHANGE : 0;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) != 0) {
        fail(to, "put in place");
    }
    schema::sync_directory(state.path());
}

/// Everything that makes up the database in place, out of the way. Said again after a crash, it moves what is left.
void move_aside(const schema::state_dir& state, const fs::path& aside) {
    make_directory(aside);  // there already when this goes on with what a crash cut short
    const auto anchor = aside / "anchor";
    if (is_there(state.anchor()) && !is_there(anchor)) {
        schema::replace_file(anchor, content_of(state.anchor()));
    }
    const auto database = state.database().string();
    if (const auto log = database + "-wal"; is_empty_log(log)) {
        ::unlink(log.c_str());  // beside the database it would look like one in use
    }
    for (const std::string suffix : {"", "-wal"}) {
        if (is_there(database + suffix)) {
            move(database + suffix, aside / (std::string{database_name} + suffix));
        }
    }
    ::unlink((database + "-shm").c_str());  // nothing but an index of the log
    schema::sync_directory(aside);
    schema::sync_directory(state.path());
}

}  // namespace

restored restore_backup(const schema::state_dir& state, const fs::path& backup, const std::string& reason,
                        const std::optional<schema::ed25519_key>& own) {
    static_cast<void>(finish_restore(state));  // first of all, for it refuses what is not ours to clear away
    try {
        require_backup(state, backup);
        draft_of(state).make();
        const auto draft = draft_of(state).path();
        const auto copy = fs::canonical(draft) / database_name;  // as what is said of it will name it
        copy_contents(backup, copy);
        const auto [instance, current_epoch] = prepare_copy(copy, backup);
        auto done = verify_copy(copy, backup, current_epoch, own);
        std::string other;
        if (is_other_instance(state, instance, other)) {
            refuse_backup(fmt::format("{} is of instance {}, and {} holds {}; restore it into an empty state directory",
                                      backup.string(), instance, state.path().string(), other));
        }
        const auto aside = name_aside(state);
        if (is_there(state.database())) {
            done.aside = state.path() / aside;
        }
        schema::replace_file(draft / "aside", aside);
        schema::replace_file(
            draft / "reason",
            fmt::format("restored from {} ({} records{}): {}", as_text(backup.filename().string()), done.records,
                        done.no_signature.empty() ? std::string{} : ", no signature checked: " + done.no_signature,
                        reason));
        schema::sync_directory(draft);
        decide(state);
        static_cast<void>(finish_restore(state));
        return done;
    } catch (...) {
        try {
            draft_of(state).clear_away();
        } catch (const schema::storage_error&) {  // NOLINT(bugprone-empty-catch)
            // What is left is known by its marker, and cleared away by the next start.
        }
        throw;
    }
}

std::optional<std::string> finish_restore(const schema::state_dir& state) {
    draft_of(state).clear_away();
    const auto from = decided(state).path();
    if (!is_there(from)) {
        return std::nullopt;
    }
    decided(state).require_own();
    if (const auto database = from / database_name; is_there(database)) {
        move_aside(state, state.path() / content_of(from / "aside"));
        move(database, state.database());
        schema::sync_directory(state.path());
        schema::sync_directory(from);
    }
    return content_of(from / "reason");
}

void forget_restore(const schema::state_dir& state) {
    // First out of its name, at once: half removed it would have lost its reason.
    if (::rename(decided(state).path().c_str(), draft_of(state).path().c_str()) != 0) {
        fail(decided(state).path(), "moved");
    }
    schema::sync_directory(state.path());
    draft_of(state).clear_away();
}

}  // namespace valhalla
