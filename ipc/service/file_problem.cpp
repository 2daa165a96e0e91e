// SPDX-License-Identifier: Apache-2.0
#include "ipc/service/file_problem.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace valhalla {

std::variant<std::string, file_problem> read_written_file(const std::filesystem::path& path) {
    const auto wrong = [&](std::string message) { return file_problem{path.string(), 0, {}, std::move(message)}; };
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        return wrong("The file does not exist.");
    }
    if (!std::filesystem::is_regular_file(status)) {
        return wrong("This is not a regular file.");
    }
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        return wrong("The file cannot be opened: " + std::generic_category().message(errno) + ".");
    }
    std::string text(max_written_file_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) {
        return wrong("The file cannot be read.");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_written_file_bytes) {
        return wrong("The file is larger than " + std::to_string(max_written_file_bytes) + " bytes.");
    }
    return text;
}

}  // namespace valhalla
