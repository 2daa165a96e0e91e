// SPDX-License-Identifier: Apache-2.0
#include "schema/verify/verify.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "schema/proof/tlog_proof.hpp"
#include "schema/verify/database.hpp"
#include "schema/verify/proof.hpp"
#include "schema/verify/text_trail.hpp"

namespace valhalla::verify {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t key_file_bytes = std::size_t{4} * 1024;
constexpr std::string_view database_first_bytes{"SQLite format 3\0", 16};
constexpr const char* database_name = "valhalla.db";

verifier_key key_from(const std::string& given, schema::note_algorithm wanted, std::string_view option) {
    auto key = verifier_key::parse(given);
    if (!key) {
        auto text = read_small_file(given, key_file_bytes);
        if (text && text->ends_with('\n')) {
            text->pop_back();
        }
        key = text ? verifier_key::parse(*text) : std::nullopt;
    }
    if (!key) {
        std::error_code error;
        const bool no_file =
            given.find('+') == std::string::npos && !fs::exists(given, error);  // keys have two of them
        throw wrong_usage{no_file ? fmt::format("{} {}: there is no such file", option, given)
                                  : fmt::format("{} {}: neither a verifier key nor a file with one", option, given)};
    }
    if (key->algorithm != wanted) {
        throw wrong_usage{fmt::format("{} {}: a key {}", option, given,
                                      wanted == schema::note_algorithm::ed25519
                                          ? "for cosignatures, where the trail's own is wanted"
                                          : "for notes, where one for cosignatures (type 04) is wanted")};
    }
    return *std::move(key);
}

trust trust_from(const request& what) {
    trust whom;
    if (what.key) {
        whom.key = key_from(*what.key, schema::note_algorithm::ed25519, "--key");
    }
    for (const auto& given : what.witnesses) {
        auto witness = key_from(given, schema::note_algorithm::cosignature_v1, "--witness");
        // One key under two names is still one witness.
        if (std::ranges::none_of(whom.witnesses, [&](const verifier_key& k) { return k.key == witness.key; })) {
            whom.witnesses.push_back(std::move(witness));
        }
    }
    whom.quorum = what.quorum.value_or(whom.witnesses.size());
    if (whom.quorum > whom.witnesses.size()) {
        throw wrong_usage{fmt::format("--quorum {}: only {} different witnesses are given with --witness", whom.quorum,
                                      whom.witnesses.size())};
    }
    return whom;
}

/// What to call a file: its path, or its own name when it lies in memory and the path is a descriptor's.
std::string name_of(const std::string& file) {
    constexpr std::string_view before = "/memfd:";
    constexpr std::string_view behind = " (deleted)";
    std::error_code no_link;
    const auto target = fs::read_symlink(file, no_link).string();
    if (no_link || !file.starts_with("/proc/self/fd/") || !target.starts_with(before) || !target.ends_with(behind)) {
        return file;
    }
    return target.substr(before.size(), target.size() - before.size() - behind.size());
}

/// Those that are named; without any, the one that lies beside a backup.
std::vector<known_checkpoint> checkpoints_from(const request& what) {
    auto files = what.checkpoints;
    const auto beside = what.path + ".checkpoint";
    if (std::error_code error;
        files.empty() && !what.log && fs::is_regular_file(what.path, error) && fs::is_regular_file(beside, error)) {
        files.push_back(beside);
    }
    std::vector<known_checkpoint> all;
    for (const auto& file : files) {
        const auto note = read_small_file(file, checkpoint_bytes);
        if (!note) {
            throw unreadable{fmt::format("there is no file {}", file)};
        }
        all.push_back(parse_checkpoint(name_of(file), *note));
    }
    return all;
}

void require_key(const trust& whom) {
    if (!whom.key) {
        throw wrong_usage{"--key is needed: a proof names no key of its own"};
    }
}

/// One verification: the request made into values, and what was found.
class verification {
  public:
    verification(const request& what, const progress_sink& progress, report& r)
        : what_{what}, progress_{progress}, r_{r}, trust_{trust_from(what)}, others_{checkpoints_from(what)} {}

    void run() {
        if (what_.log) {
            return log();
        }
        std::error_code error;
        const fs::path path{what_.path};
        const auto about = fs::status(path, error);
        if (!fs::exists(about)) {
            throw unreadable{fmt::format("{} cannot be read: {}", what_.path,
                                         error ? error.message() : "there is no such file or directory")};
        }
        fs::is_directory(about) ? directory(path) : file(path);
    }

  private:
    static bool holds(const fs::path& directory, const char* name) {
        std::error_code error;
        const bool there = fs::exists(directory / name, error);
        if (error) {
            throw unreadable{fmt::format("{} cannot be read: {}", (directory / name).string(), error.message())};
        }
        return there;
    }

    void directory(const fs::path& path) {
        if (holds(path, database_name)) {
            return database(path / database_name);
        }
        if (holds(path, "manifest.json")) {
            r_.kind = "export";
            return trail([&](checkpoint_book& book) { verify_export(path, book, progress_, r_); });
        }
        if (holds(path, "tile")) {
            r_.kind = "tiles";
            return trail([&](checkpoint_book& book) { verify_tiles(path, book, progress_, r_); });
        }
        if (holds(path, "checkpoint")) {
            r_.kind = "session bundle";
            require_key(trust_);
            return verify_bundle(path, trust_, others_, r_);
        }
        throw unreadable{
            fmt::format("{} is neither a state directory (valhalla.db), an export (manifest.json), a "
                        "directory of tiles (tile/), nor a session bundle (checkpoint, proofs)",
                        what_.path)};
    }

    void file(const fs::path& path) {
        auto source = byte_source::open(path);
        const auto start = source ? std::string{source->take(schema::tlog_proof_first_line.size())} : std::string{};
        source.reset();
        if (start.starts_with(database_first_bytes)) {
            return database(path);
        }
        if (start == schema::tlog_proof_first_line || path.extension() == ".tlog-proof") {
            r_.kind = "proof";
            require_key(trust_);
            return verify_proof(path, trust_, others_, r_);
        }
        throw unreadable{
            fmt::format("{} is neither a database nor a proof file; a log of JSON lines is given with "
                        "--log",
                        what_.path)};
    }

    /// The anchor is read first: a daemon that runs meanwhile may only make the database newer than it.
    void database(const fs::path& path) {
        r_.kind = "database";
        const auto anchor = path.filename() == database_name
                                ? read_small_file(path.parent_path() / "anchor", checkpoint_bytes)
                                : std::nullopt;
        if (!anchor) {
            r_.not_checked.emplace_back("no anchor lies beside the database");
        }
        trail([&](checkpoint_book& book) {
            if (anchor) {
                book.add(parse_anchor("anchor", *anchor));
            }
            verify_database(path, book, progress_, r_);
        });
    }

    void log() {
        r_.kind = "log";
        const auto newest =
            std::ranges::max_element(others_, {}, [](const known_checkpoint& c) { return c.says.head.size; });
        if (newest == others_.end()) {
            throw wrong_usage{"--log needs a --checkpoint of the newest state"};
        }
        newest->newest = true;
        const auto size = newest->says.head.size;
        trail([&](checkpoint_book& book) { verify_log(*what_.log, size, book, progress_, r_); });
    }

    template <class Walk>
    void trail(Walk walk) {
        checkpoint_book book{trust_};
        for (auto& c : others_) {
            book.add(std::move(c));
        }
        try {
            walk(book);
            book.judge(r_.head, r_);
        } catch (const bad_evidence& bad) {
            tell_good_part(bad.what, book);
            throw;
        }
    }

    /// A walk ends where something cannot be right; what was altered with care in front of it shows at a checkpoint
    /// only. So what is good ends there, too, except in a database, which has the leaf of every record beside it.
    void tell_good_part(const problem& bad, const checkpoint_book& book) {
        const bool leaves_tell = r_.kind == "database" && bad.file.empty();
        if (leaves_tell && (!bad.record || r_.head.size < static_cast<std::uint64_t>(raw(*bad.record)))) {
            return;
        }
        const auto good = book.good_head();
        if (good == r_.head) {
            return;
        }
        r_.head = good;
        r_.first_ts.reset();
        r_.last_ts.reset();
    }

    const request& what_;
    const progress_sink& progress_;
    report& r_;
    trust trust_;
    std::vector<known_checkpoint> others_;
};

void fail(report& r, outcome result, problem what) {
    r.result = result;
    r.what = std::move(what);
}

}  // namespace

report verify_evidence(const request& what, const progress_sink& progress) {
    report r;
    r.path = what.log.value_or(what.path);
    try {
        if (what.path.empty() == !what.log.has_value()) {
            throw wrong_usage{what.log ? "give either a path or --log" : "give a path, or --log"};
        }
        verification{what, progress, r}.run();
    } catch (bad_evidence& bad) {
        fail(r, outcome::failed, std::move(bad.what));
    } catch (const unreadable& e) {
        fail(r, outcome::unreadable, {.message = e.message});
    } catch (const wrong_usage& e) {
        fail(r, outcome::wrong_usage, {.message = e.message});
    } catch (const std::exception& e) {  // no memory, no room for the scratch database
        fail(r, outcome::unreadable, {.message = e.what()});
    }
    return r;
}

}  // namespace valhalla::verify
