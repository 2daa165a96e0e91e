// SPDX-License-Identifier: Apache-2.0
//
// Loaded before a program (LD_PRELOAD), sets its wall clock, and nothing else, by as many seconds as the file that
// VALHALLA_TEST_CLOCK names has in it. The file is read each time: a test sets the clock of a program that runs.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long set_by(void) {
    const char* name = getenv("VALHALLA_TEST_CLOCK");
    const int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return 0;
    }
    char text[32] = {0};
    const ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    return size > 0 ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t which, struct timespec* at) {
    static int (*real)(clockid_t, struct timespec*);
    if (!real) {
        real = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
    }
    const int result = real(which, at);
    if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        at->tv_sec += set_by();
    }
    return result;
}
