// SPDX-License-Identifier: Apache-2.0
//
// audit verify. The verifier is a program of its own that knows nothing of the daemon: with a PATH it takes over;
// without one it is given the daemon's checkpoint and all records, and its exit code is ours.
#include <cstdint>

#include <fmt/format.h>

#include "ipc/ctl/audit_commands.hpp"
#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/child_process.hpp"
#include "ipc/ctl/record_pages.hpp"

namespace valhalla::ctl {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;  // written to the verifier at once: what a pipe holds

struct verify_options {
    std::optional<std::string> path;
    std::optional<std::string> key;
    std::vector<std::string> checkpoints;
    std::vector<std::string> witnesses;
    std::optional<std::uint64_t> quorum;
};

/// What the user said that goes on to the verifier as it is.
std::vector<std::string> shared_words(const verify_options& options, bool json) {
    std::vector<std::string> words;
    for (const auto& file : options.checkpoints) {
        words.insert(words.end(), {"--checkpoint", file});
    }
    for (const auto& witness : options.witnesses) {
        words.insert(words.end(), {"--witness", witness});
    }
    if (options.quorum) {
        words.insert(words.end(), {"--quorum", fmt::format("{}", *options.quorum)});
    }
    if (json) {
        words.emplace_back("--json");
    }
    return words;
}

/// Records 1 to `size`, one a line; ends early when nobody reads them any more.
void stream_records(context& io, std::int64_t size, child_process& verifier) {
    record_reader records{io, size};
    std::string piece;
    for (std::int64_t seq = 1; seq <= size; ++seq) {
        piece += records.read(seq);
        piece += '\n';
        if (piece.size() >= piece_bytes || seq == size) {
            io.progress(fmt::format("records: {} of {}", seq, size));
            if (!verifier.write(piece)) {
                break;
            }
            piece.clear();
        }
    }
    io.progress({});
}

exit_code verify_daemon(context& io, const verify_options& options) {
    const auto now = fetch_checkpoint(io);
    auto key = options.key;
    if (!key) {
        key = fetch_key(io).key;
        io.tell("the key comes from the daemon itself; give one that you kept with --key to rule out another log");
    }
    const memory_file note{"the daemon's checkpoint", now.note};
    std::vector<std::string> words{io.process.verifier(), "--log", "-", "--checkpoint", note.path(), "--key", *key};
    const auto shared = shared_words(options, io.json);
    words.insert(words.end(), shared.begin(), shared.end());
    io.out.flush();
    child_process verifier{words, note};
    try {
        stream_records(io, now.size(), verifier);
    } catch (...) {
        io.progress({});
        throw;
    }
    return static_cast<exit_code>(verifier.wait());
}

exit_code verify(context& io, const verify_options& options) {
    if (!options.path) {
        return verify_daemon(io, options);
    }
    std::vector<std::string> words{io.process.verifier()};
    if (options.key) {
        words.insert(words.end(), {"--key", *options.key});
    }
    const auto shared = shared_words(options, io.json);
    words.insert(words.end(), shared.begin(), shared.end());
    words.insert(words.end(), {"--", *options.path});
    io.out.flush();
    return io.process.become(words);
}

}  // namespace

void add_audit_verify(CLI::App& noun, command& chosen) {
    const auto o = std::make_shared<verify_options>();
    auto& verb = *noun.add_subcommand("verify", "Verify the trail of the daemon, or what PATH holds without one");
    verb.add_option_function<std::string>(
            "path", [o = o.get()](const std::string& typed) { o->path = typed; },
            "A state directory, database, backup, export, tiles directory or proof")
        ->type_name("PATH");
    add_text(verb, "--key", o->key, "The log's verifier key; without it and PATH the daemon's own")->type_name("KEY");
    verb.add_option("--checkpoint", o->checkpoints, "One that was kept; again for more")
        ->type_name("FILE")
        ->allow_extra_args(false);  // the next word is PATH
    verb.add_option("--witness", o->witnesses, "Key of a witness; again for more")
        ->type_name("KEY")
        ->allow_extra_args(false);  // the next word is PATH
    add_number(verb, "--quorum", o->quorum, "Witnesses that must have cosigned")->type_name("N");
    on_choice(verb, chosen, o, verify);
}

}  // namespace valhalla::ctl
