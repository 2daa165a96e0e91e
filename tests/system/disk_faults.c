// SPDX-License-Identifier: Apache-2.0
//
// Loaded before a program (LD_PRELOAD): while the file that VALHALLA_TEST_FAULT names is there, syncs of a write-ahead
// log fail as they do on a disk that loses writes. What is written, synced and renamed in the directory of a database
// is told, one line each, in the file that VALHALLA_TEST_TRACE names.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void* real(const char* name) {
    return dlsym(RTLD_NEXT, name);
}

static const char* base_of(const char* path) {
    const char* slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void tell(const char* what, const char* path) {
    const char* name = getenv("VALHALLA_TEST_TRACE");
    const int kept = errno;
    const int file = name ? open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
        char line[128];
        const int size = snprintf(line, sizeof line, "%s %s\n", what, base_of(path));
        static ssize_t (*write_it)(int, const void*, size_t);
        if (!write_it) {
            write_it = (ssize_t(*)(int, const void*, size_t))real("write");
        }
        if (size > 0 && size < (int)sizeof line && write_it(file, line, (size_t)size) != size) {
            abort();
        }
        close(file);
    }
    errno = kept;
}

static int is_of_database(int file, char* path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const int kept = errno;
    const ssize_t length = readlink(link, path, size - 1);
    errno = kept;
    if (length < 0) {
        return 0;
    }
    path[length] = '\0';
    return strncmp(base_of(path), "valhalla.db", strlen("valhalla.db")) == 0;
}

static int synced(int file, const char* name) {
    char path[4096];
    if (is_of_database(file, path, sizeof path)) {
        const char* fault = getenv("VALHALLA_TEST_FAULT");
        const char* suffix = strrchr(path, '-');
        if (fault && suffix && strcmp(suffix, "-wal") == 0 && access(fault, F_OK) == 0) {
            tell("failed-sync", path);
            errno = EIO;
            return -1;
        }
        tell("sync", path);
    }
    return ((int (*)(int))real(name))(file);
}

int fdatasync(int file) {
    return synced(file, "fdatasync");
}

int fsync(int file) {
    return synced(file, "fsync");
}

static ssize_t written(int file, const void* from, size_t size, off64_t at, const char* name) {
    char path[4096];
    if (is_of_database(file, path, sizeof path)) {
        tell("write", path);
    }
    return ((ssize_t(*)(int, const void*, size_t, off64_t))real(name))(file, from, size, at);
}

ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
    return written(file, from, size, at, "pwrite64");
}

ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
    return written(file, from, size, at, "pwrite");
}

int renameat(int from_directory, const char* from, int directory, const char* to) {
    tell("rename", to);
    return ((int (*)(int, const char*, int, const char*))real("renameat"))(from_directory, from, directory, to);
}

int rename(const char* from, const char* to) {
    tell("rename", to);
    return ((int (*)(const char*, const char*))real("rename"))(from, to);
}
