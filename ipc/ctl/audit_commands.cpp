// SPDX-License-Identifier: Apache-2.0
//
// audit append | checkpoint | key, and what the verbs of `audit` share.
#include "ipc/ctl/audit_commands.hpp"

#include <fmt/format.h>

#include "ipc/ctl/checkpoint_note.hpp"
#include "ipc/ctl/view.hpp"

namespace valhalla::ctl {

namespace {

struct append_options {
    std::string event;
    std::string payload;
};

exit_code append(context& io, const append_options& options) {
    params p;
    p.text("event", options.event).json("payload", json_object_of_user(options.payload, "the payload"));
    const auto recorded = io.call("audit.append", p.done());
    if (!io.printed_as_json(recorded)) {
        io.out.paragraph(fmt::format("Recorded as #{}.", text(recorded.value, "seq")));
    }
    return exit_code::done;
}

/// Nothing but the note, so that the output is a checkpoint file.
exit_code print_checkpoint(context& io) {
    if (io.json) {
        io.out.json_line(io.call("audit.checkpoint", "{}").text);
    } else {
        io.out.verbatim(fetch_checkpoint(io).note);
    }
    return exit_code::done;
}

exit_code print_key(context& io) {
    if (io.json) {
        io.out.json_line(io.call("audit.key", "{}").text);
    } else {
        io.out.verbatim(fetch_key(io).key + '\n');
    }
    return exit_code::done;
}

void add_append(CLI::App& noun, command& chosen) {
    const auto o = std::make_shared<append_options>();
    auto& verb = *noun.add_subcommand("append", "Record an event of another program");
    verb.add_option("event", o->event, "Its name, beginning with X_")->required()->type_name("EVENT");
    verb.add_option("payload", o->payload, "A JSON object")->required()->type_name("JSON");
    on_change(verb, chosen, o, append);
}

}  // namespace

CLI::Option* add_record_format(CLI::App& verb, std::optional<record_format>& into) {
    const auto is_known = [](const std::string& word) {
        return record_format_of(word) ? std::string{}
                                      : fmt::format("'{}' is not a format: table, json, csv, cloudevents", word);
    };
    const CLI::Validator known{is_known, "", "format"};
    return verb
        .add_option_function<std::string>(
            "--format", [&into](const std::string& word) { into = record_format_of(word); },
            "table, json (records as they are), csv or cloudevents")
        ->check(known)
        ->type_name("FORMAT");
}

CLI::Option* add_directory(CLI::App& verb, std::string& into) {
    const auto not_empty = [](const std::string& typed) {
        return typed.empty() ? std::string{"DIR is empty"} : std::string{};
    };
    const CLI::Validator named{not_empty, "", "directory"};
    return verb.add_option("directory", into, "Made where it is missing")->check(named)->type_name("DIR");
}

void add_audit_commands(CLI::App& app, command& chosen) {
    auto& noun = add_noun(app, "audit", "The audit trail");
    add_audit_list(noun, chosen);
    add_audit_follow(noun, chosen);
    add_append(noun, chosen);
    on_choice(*noun.add_subcommand("checkpoint", "Print the newest signed checkpoint, to be kept elsewhere"), chosen,
              print_checkpoint);
    on_choice(*noun.add_subcommand("key", "Print the key that checkpoints are verified with"), chosen, print_key);
    add_audit_prove(noun, chosen);
    add_audit_tiles(noun, chosen);
    add_audit_verify(noun, chosen);
    add_audit_witness(noun, chosen);
}

}  // namespace valhalla::ctl
