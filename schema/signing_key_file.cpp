// SPDX-License-Identifier: Apache-2.0
#include "schema/signing_key_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "schema/atomic_file.hpp"
#include "schema/errors.hpp"

namespace valhalla::schema {

namespace {

/// A PEM file of an Ed25519 key has some 120 bytes; comments may stand before it.
constexpr std::size_t max_file_bytes = 16'384;

struct free_bio {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct free_key {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using bio_ptr = std::unique_ptr<BIO, free_bio>;
using key_ptr = std::unique_ptr<EVP_PKEY, free_key>;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw storage_error{storage_fault::unusable, fmt::format("the signing key {} {}", path.string(), why)};
}

void check_status(const unique_fd& fd, const std::filesystem::path& path) {
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) {
        refuse(path, fmt::format("cannot be examined: {}", std::strerror(errno)));
    }
    if (!S_ISREG(status.st_mode)) {
        refuse(path, "is not a regular file; name another one");
    }
    if ((status.st_mode & 077U) != 0) {
        refuse(path, fmt::format("can be used by others (mode {:04o}); chmod it to 0600, and make a new key if anyone "
                                 "may have read it",
                                 status.st_mode & 07777U));
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        refuse(path,
               fmt::format("belongs to user {}; it must belong to user {} or to root", status.st_uid, ::geteuid()));
    }
}

std::string read_all(const unique_fd& fd, const std::filesystem::path& path) {
    std::string text(max_file_bytes, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(fd.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            refuse(path, fmt::format("cannot be read: {}", std::strerror(errno)));
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

/// No passphrase is asked for: a daemon has nobody to ask.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*unused*/) {
    return 0;
}

}  // namespace

std::optional<signing_key> load_signing_key(const std::filesystem::path& path) {
    const unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (!fd) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        refuse(path, fmt::format("cannot be opened: {}", std::strerror(errno)));
    }
    check_status(fd, path);
    std::string text = read_all(fd, path);
    const bio_ptr bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    const key_ptr key{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr};
    OPENSSL_cleanse(text.data(), text.size());
    ed25519_key seed{};
    auto size = seed.size();
    if (!key || EVP_PKEY_is_a(key.get(), "ED25519") != 1 ||
        EVP_PKEY_get_raw_private_key(key.get(), reinterpret_cast<unsigned char*>(seed.data()), &size) != 1) {
        refuse(path,
               "holds no Ed25519 key in PEM without a passphrase; make one with 'openssl genpkey -algorithm "
               "ed25519'");
    }
    auto loaded = signing_key::from_seed(seed);
    OPENSSL_cleanse(seed.data(), seed.size());
    return loaded;
}

signing_key create_signing_key(const std::filesystem::path& path) {
    auto created = signing_key::generate();
    auto seed = created.seed();
    const key_ptr key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                   reinterpret_cast<const unsigned char*>(seed.data()), seed.size())};
    OPENSSL_cleanse(seed.data(), seed.size());
    const bio_ptr bio{BIO_new(BIO_s_mem())};
    if (!key || !bio || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        refuse(path, "cannot be made: OpenSSL failed");
    }
    char* text = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &text));
    // A temporary name first: a crash must not leave half a key under the name.
    atomic_file file{path};
    file.write({text, size});
    OPENSSL_cleanse(text, size);
    file.seal();
    if (::access(path.c_str(), F_OK) == 0) {
        refuse(path, "exists already");
    }
    file.publish();
    sync_directory(path.parent_path());
    return created;
}

}  // namespace valhalla::schema
