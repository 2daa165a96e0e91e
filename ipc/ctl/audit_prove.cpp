// SPDX-License-Identifier: Apache-2.0
//
// audit prove SEQ: the proof file of one record on standard output.
// audit prove --session ID DIR: one for each record of a session, and the checkpoint that they lead to. The files are
// put in place one by one, each whole; the checkpoint comes last and says that nothing is missing.
#include <filesystem>

#include <fmt/format.h>

#include "ipc/ctl/audit_commands.hpp"
#include "ipc/ctl/bundle_directory.hpp"
#include "ipc/ctl/proof_answer.hpp"
#include "ipc/ctl/record_pages.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

struct prove_options {
    std::optional<std::uint64_t> session;
    std::string target;  ///< SEQ, or DIR with a session
};

std::int64_t seq_of_user(const std::string& typed) {
    constexpr std::size_t most_digits = 18;  // all that fit into 63 bits, whatever they are
    const bool digits = typed.find_first_not_of("0123456789") == std::string::npos;
    if (typed.empty() || !digits || typed.size() > most_digits || std::stoll(typed) == 0) {
        throw fault{
            exit_code::wrong_usage,
            fmt::format("'{}' is not the number of a record; for a whole session: prove --session ID DIR", typed)};
    }
    return std::stoll(typed);
}

exit_code prove_record(context& io, std::int64_t seq) {
    const auto result = io.call("audit.inclusion", params{}.number("seq", seq).done());
    if (!io.printed_as_json(result)) {
        const auto signed_tree = read_checkpoint(text(result.value, "note"), "the note that audit.inclusion answered");
        io.out.verbatim(read_inclusion(result, seq, signed_tree).text());
    }
    return exit_code::done;
}

struct session_records {
    std::vector<std::int64_t> covered;
    std::int64_t beyond = 0;  ///< recorded after the checkpoint was signed
    bool ended = false;       ///< the end is covered
    std::optional<std::int64_t> counted_by_end{};

    [[nodiscard]] bool complete() const noexcept { return counted_by_end.has_value(); }
};

session_records records_of(context& io, std::uint64_t session, std::int64_t size) {
    session_records found;
    record_filter filter;
    filter.session = session;
    filter.after = 0;  // oldest first
    record_pages pages{io, filter};
    while (const auto page = pages.next(INT64_MAX)) {
        for (const auto& record : page->records()) {
            if (record.seq > size) {
                ++found.beyond;
                continue;
            }
            found.covered.push_back(record.seq);
            if (text(*record.value, "event") == "GO_SESSION_END") {
                found.ended = true;
                found.counted_by_end = integer(member(*record.value, "payload"), "records");
            }
        }
    }
    if (found.counted_by_end && *found.counted_by_end != static_cast<std::int64_t>(found.covered.size())) {
        throw contradiction(fmt::format("the end of session {} counts {} records, and audit.list gives {}", session,
                                        *found.counted_by_end, found.covered.size()));
    }
    return found;
}

/// Whether a bundle of these shows that none is missing.
std::string about_completeness(const session_records& records) {
    if (records.complete()) {
        return "The session's end is among them and counts as many: it shows that none is missing.";
    }
    return records.ended ? "The session's end does not count its records, as it is older than that: only the whole "
                           "trail shows that none is missing."
                         : "The session's end is not among them: only with it the proofs show that none is missing.";
}

void write_proofs(context& io, const std::vector<std::int64_t>& seqs, const signed_checkpoint& signed_tree,
                  std::uint64_t session, const bundle_directory& bundle) {
    std::size_t written = 0;
    for (const auto seq : seqs) {
        io.progress(fmt::format("{} of {} proofs", written++, seqs.size()));
        const auto result =
            io.call("audit.inclusion", params{}.number("seq", seq).number("size", signed_tree.size()).done());
        const auto proven = read_inclusion(result, seq, signed_tree);
        if (integer(member(result.value, "record"), "session") != static_cast<std::int64_t>(session)) {
            throw contradiction(fmt::format("record {} does not belong to session {}", seq, session));
        }
        bundle.write(fmt::format("{}.tlog-proof", seq), proven.text());
    }
}

exit_code prove_session(context& io, std::uint64_t session, const std::string& directory) {
    const auto signed_tree = fetch_checkpoint(io);
    const auto records = records_of(io, session, signed_tree.size());
    if (records.covered.empty()) {
        throw fault{exit_code::refused, fmt::format("session {} has no records in the trail", session)};
    }
    const bundle_directory bundle{directory, session, signed_tree};
    try {
        write_proofs(io, records.covered, signed_tree, session, bundle);
        bundle.finish(signed_tree.note);
    } catch (...) {
        io.progress({});
        throw;
    }
    io.progress({});
    if (io.json) {
        io.out.json_line(params{}
                             .text("directory", directory)
                             .number("session", session)
                             .number("size", signed_tree.size())
                             .number("proofs", static_cast<std::uint64_t>(records.covered.size()))
                             .number("left_out", records.beyond)
                             .flag("complete", records.complete())
                             .done());
        return exit_code::done;
    }
    io.out.paragraph(fmt::format("{} proofs of session {} and their checkpoint (size {}) are in {}.",
                                 records.covered.size(), session, signed_tree.size(), directory));
    io.out.paragraph(about_completeness(records));
    if (records.beyond > 0) {
        io.out.paragraph(fmt::format("{} newer records are not in that checkpoint and were left out: run it again.",
                                     records.beyond));
    }
    return exit_code::done;
}

exit_code prove(context& io, const prove_options& options) {
    return options.session ? prove_session(io, *options.session, options.target)
                           : prove_record(io, seq_of_user(options.target));
}

}  // namespace

void add_audit_prove(CLI::App& noun, command& chosen) {
    const auto o = std::make_shared<prove_options>();
    auto& verb = *noun.add_subcommand("prove", "Print the proof that a record is in the trail, or write a session's");
    const auto not_empty = [](const std::string& typed) {
        return typed.empty() ? std::string{"it is empty"} : std::string{};
    };
    const CLI::Validator given{not_empty, "", "target"};
    verb.add_option("target", o->target, "The record's number; with --session the directory for its proofs")
        ->required()
        ->check(given)
        ->type_name("SEQ|DIR");
    add_positive(verb, "--session", o->session, "All records of this session")->type_name("ID");
    on_choice(verb, chosen, o, prove);
}

}  // namespace valhalla::ctl
