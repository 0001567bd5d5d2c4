/* The C library's clock and sleeps as the code of a firmware module sees them: the device's time.
 * Hidden symbols of the module: the simulator and the host's libraries keep their own. */
#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "device_clock.h"

#define HIDDEN __attribute__((visibility("hidden")))

struct timezone;

HIDDEN time_t time(time_t *now);
HIDDEN int gettimeofday(struct timeval *restrict now, void *restrict zone);
HIDDEN int settimeofday(const struct timeval *now, const struct timezone *zone);
HIDDEN int clock_gettime(clockid_t clock, struct timespec *now);
HIDDEN unsigned sleep(unsigned seconds);
HIDDEN int usleep(useconds_t us);
HIDDEN int nanosleep(const struct timespec *time, struct timespec *left);

time_t time(time_t *now)
{
    time_t seconds = (time_t)(device_clock_us() / 1000000);
    if (now != NULL) {
        *now = seconds;
    }
    return seconds;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    int64_t us = device_clock_us();
    *now =
        (struct timeval){.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};
    return 0;
}

int settimeofday(const struct timeval *now, const struct timezone *zone)
{
    (void)zone;
    if (now != NULL) {
        device_clock_set((int64_t)now->tv_sec * 1000000 + now->tv_usec);
    }
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t us = clock == CLOCK_REALTIME ? device_clock_us() : device_uptime_us();
    *now =
        (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    return 0;
}

unsigned sleep(unsigned seconds)
{
    device_clock_sleep((uint64_t)seconds * 1000000);
    return 0;
}

int usleep(useconds_t us)
{
    device_clock_sleep(us);
    return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
    (void)left; /* nothing interrupts it */
    if (time == NULL || time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec > 999999999) {
        errno = EINVAL;
        return -1;
    }
    device_clock_sleep((uint64_t)time->tv_sec * 1000000 + ((uint64_t)time->tv_nsec + 999) / 1000);
    return 0;
}
