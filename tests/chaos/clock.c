/* Moves the clock of every process that it is loaded into, by the seconds that stand in a file.

   Only the time of day moves, as it does when somebody sets it: what counts durations (CLOCK_MONOTONIC) goes on.
   What plays Twilio has a clock of its own, as Twilio has. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *moved;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static int plays_twilio(void) {
    char command[512] = {0};
    int file = open("/proc/self/cmdline", O_RDONLY);
    if (file < 0) return 0;
    ssize_t length = read(file, command, sizeof(command) - 1);
    close(file);
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(command + at) + 1)
        if (strcmp(command + at, "api.development.main") == 0) return 1;
    return 0;
}

__attribute__((constructor)) static void open_file(void) {
    const char *path = getenv("LLAIS_TEST_CLOCK");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    if (path == NULL || plays_twilio()) return;
    int file = open(path, O_RDONLY);
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) moved = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (real_clock_gettime == NULL) real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real_clock_gettime(clock, now);
    if (result == 0 && moved != NULL && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *moved;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    int result = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return result;
}

time_t time(time_t *kept) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (kept != NULL) *kept = exact.tv_sec;
    return exact.tv_sec;
}
