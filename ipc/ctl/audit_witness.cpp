// SPDX-License-Identifier: Apache-2.0
//
// audit witness FILE|-: this daemon cosigns the checkpoint of another log.
// audit witness-request OLD_SIZE: what to send to a witness of this daemon's log.
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "ipc/ctl/audit_commands.hpp"
#include "ipc/ctl/files.hpp"
#include "ipc/ctl/proof_answer.hpp"
#include "ipc/ctl/view.hpp"
#include "ipc/limits.hpp"
#include "ipc/utf8.hpp"
#include "schema/proof/base64.hpp"

namespace valhalla::ctl {

namespace {

struct witness_options {
    std::string file;
};

std::string request_of_user(context& io, const std::string& file) {
    if (file == "-") {
        return io.read_input(ipc::max_witness_request_bytes);
    }
    auto content = read_small_file(file, ipc::max_witness_request_bytes);
    if (!content) {
        throw fault{exit_code::refused, fmt::format("there is no file {}", file)};
    }
    return std::move(*content);
}

/// The lines as a text, or one by one.
std::string signature_lines(const boost::json::value& result) {
    auto lines = text(result, "signatures");
    if (member(result, "signatures").is_array()) {
        lines.clear();
        for (const auto& line : items(result, "signatures")) {
            lines += text_of(line) + '\n';
        }
    }
    if (lines.empty() || lines.back() != '\n') {
        throw contradiction("audit.witness answered without signature lines");
    }
    return lines;
}

exit_code witness(context& io, const witness_options& options) {
    const auto request = request_of_user(io, options.file);
    if (request.empty() || !ipc::is_utf8(request)) {
        throw fault{exit_code::refused,
                    fmt::format("{} is not an add-checkpoint request; `audit witness-request` makes one",
                                options.file == "-" ? "the standard input" : options.file)};
    }
    const auto result = io.call("audit.witness", params{}.text("request", request).done());
    if (!io.printed_as_json(result)) {
        io.out.verbatim(signature_lines(result.value));
    }
    return exit_code::done;
}

struct request_options {
    std::uint64_t old_size = 0;
};

exit_code witness_request(context& io, const request_options& options) {
    const auto now = fetch_checkpoint(io);
    if (options.old_size > now.says.head.size) {
        throw fault{exit_code::refused,
                    fmt::format("the trail has {} records, less than the {} that the witness knows: it was cut, or the "
                                "witness knows another log",
                                now.size(), options.old_size)};
    }
    const auto old_size = static_cast<std::int64_t>(options.old_size);
    const auto result =
        io.call("audit.consistency", params{}.number("old_size", old_size).number("size", now.size()).done());
    if (integer(result.value, "old_size") != old_size || integer(result.value, "size") != now.size()) {
        throw contradiction("audit.consistency answered about other sizes than it was asked for");
    }
    const auto proof = read_hashes(result.value);
    if ((old_size == 0 || old_size == now.size()) && !proof.empty()) {
        throw contradiction("audit.consistency answered with a proof where none is needed");
    }
    auto request = fmt::format("old {}\n", old_size);
    for (const auto& hash : proof) {
        request += schema::to_base64(hash) + '\n';
    }
    request += '\n' + now.note;
    if (io.json) {
        io.out.json_line(params{}.text("request", request).done());
    } else {
        io.out.verbatim(request);
    }
    return exit_code::done;
}

}  // namespace

void add_audit_witness(CLI::App& noun, command& chosen) {
    {
        const auto o = std::make_shared<witness_options>();
        auto& verb =
            *noun.add_subcommand("witness", "Cosign the checkpoint of another log; prints the signature lines");
        verb.add_option("file", o->file, "An add-checkpoint request (C2SP tlog-witness); - reads the standard input")
            ->required()
            ->type_name("FILE");
        on_change(verb, chosen, o, witness);
    }
    {
        const auto o = std::make_shared<request_options>();
        auto& verb = *noun.add_subcommand("witness-request", "Print what to send to a witness of this log");
        verb.add_option("old_size", o->old_size, "The size that the witness cosigned last; 0 for none")
            ->required()
            ->check(counting_number())
            ->type_name("OLD_SIZE");
        on_choice(verb, chosen, o, witness_request);
    }
}

}  // namespace valhalla::ctl
