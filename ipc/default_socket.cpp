// SPDX-License-Identifier: Apache-2.0
#include "ipc/default_socket.hpp"

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace valhalla::ipc {

namespace {

constexpr std::string_view socket_name = "/valhallad.sock";

/// sudo and su may leave the variable of the user before: their directory is theirs, and nothing of ours goes there.
bool is_directory_of_ours(const char* path) {
    struct stat about{};
    return ::stat(path, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == ::geteuid();
}

std::string runtime_directory() {
    const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
    return runtime != nullptr && *runtime == '/' && is_directory_of_ours(runtime) ? std::string{runtime} + "/valhalla"
                                                                                  : std::string{};
}

std::string fallback_directory() {
    return "/tmp/valhalla-" + std::to_string(::geteuid());
}

}  // namespace

std::string development_socket_path() {
    auto directory = runtime_directory();
    if (directory.empty()) {
        directory = fallback_directory();
    }
    return directory.append(socket_name);
}

std::optional<std::string> objection_to_directory(const std::string& directory) {
    struct stat about{};
    if (::lstat(directory.c_str(), &about) != 0) {
        const int error = errno;
        return error == ENOENT ? std::nullopt
                               : std::optional{"cannot be looked at: " + std::generic_category().message(error)};
    }
    if (!S_ISDIR(about.st_mode)) {
        return "is not a directory";
    }
    if (about.st_uid != ::geteuid() && about.st_uid != 0) {
        return "belongs to user " + std::to_string(about.st_uid);
    }
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return "can be written to by others";
    }
    return std::nullopt;
}

std::optional<std::string> objection_to_fallback(const std::string& directory) {
    if (!runtime_directory().empty() || directory != fallback_directory()) {
        return std::nullopt;
    }
    auto objection = objection_to_directory(directory);
    if (objection) {
        objection = directory + " " + *objection +
                    ", so another user could answer in the daemon's place; have it removed, or set VALHALLA_SOCKET to "
                    "a path in a directory of your own";
    }
    return objection;
}

std::string default_socket_path() {
    if (const char* const chosen = std::getenv("VALHALLA_SOCKET"); chosen != nullptr && *chosen != '\0') {
        return chosen;
    }
    if (std::string service{service_socket_path}; ::access(service.c_str(), F_OK) == 0) {
        return service;
    }
    auto path = development_socket_path();
    if (const auto objection = objection_to_fallback(path.substr(0, path.size() - socket_name.size()))) {
        throw untrusted_directory{*objection};
    }
    return path;
}

}  // namespace valhalla::ipc
