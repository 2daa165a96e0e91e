// SPDX-License-Identifier: Apache-2.0
#include "schema/import_manifest.hpp"

#include <algorithm>
#include <array>

#include "schema/export.hpp"
#include "schema/import_documents.hpp"
#include "schema/import_fields.hpp"
#include "schema/proof/merkle_tree.hpp"

namespace valhalla::schema {

std::vector<manifest_entry> read_manifest(std::string_view text) {
    static constexpr std::array<std::string_view, 4> keys{"format", "tree_size", "root", "files"};
    static constexpr std::array<std::string_view, 3> file_keys{"name", "bytes", "sha256"};
    const import_source source{manifest_file};
    json_document document;
    source.parse(text, document, usual_json_depth);
    const import_object object{source, document.root(), keys};
    if (object.need("format").integer() != export_format_version) {
        source.refuse(object.need("format"), "is a format of exports that is not known here");
    }
    std::vector<manifest_entry> entries;
    for (const auto v : object.array("files")) {
        const import_object file{source, v, file_keys};
        const auto bytes = file.need("bytes");
        if (!bytes.integer()) {
            source.refuse(bytes, "must be a whole number");
        }
        entries.push_back({file.text("name"), *bytes.integer(), file.text("sha256")});
    }
    return entries;
}

void check_size_against(const std::vector<manifest_entry>& manifest, std::string_view name,
                        std::optional<std::size_t> bytes) {
    const auto entry = std::ranges::find(manifest, name, &manifest_entry::name);
    if (entry == manifest.end()) {
        return;
    }
    if (!bytes) {
        refuse_file(name, "is missing, but manifest.json names it");
    }
    if (static_cast<std::int64_t>(*bytes) != entry->bytes) {
        refuse_file(name, "has " + std::to_string(*bytes) + " bytes; manifest.json says " +
                              std::to_string(entry->bytes) + ": the files are not those that were exported together");
    }
}

void check_hash_against(const std::vector<manifest_entry>& manifest, std::string_view name, const hash256& content) {
    const auto entry = std::ranges::find(manifest, name, &manifest_entry::name);
    if (entry != manifest.end() && to_hex(content) != entry->sha256) {
        refuse_file(name,
                    "has another SHA-256 than manifest.json says: it was changed after the export "
                    "(without manifest.json it is taken as it is)");
    }
}

void check_against(const std::vector<manifest_entry>& manifest, std::string_view name,
                   const std::optional<std::string>& content) {
    check_size_against(manifest, name, content ? std::optional{content->size()} : std::nullopt);
    if (content) {
        check_hash_against(manifest, name, hasher{}.plain(*content));
    }
}

}  // namespace valhalla::schema
