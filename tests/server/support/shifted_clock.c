/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded before the C library into an httpd by shifted_clock.py: the wall clock
 * is off by the seconds that stand in the file SHIFTED_CLOCK, which may change
 * at any moment. The monotonic clock is left alone; libfaketime cannot do that
 * where a thread waits for a condition.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SHIFTED_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *memory;

    if (file < 0) {
        return;
    }
    memory = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, file, 0);
    shift = memory == MAP_FAILED ? NULL : memory;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);

    if (!failed && shift &&
        (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += *shift;
    }
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);

    (void)zone;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *also)
{
    struct timespec exact;

    clock_gettime(CLOCK_REALTIME, &exact);
    if (also) {
        *also = exact.tv_sec;
    }
    return exact.tv_sec;
}
