/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks, RFC 3339 texts and the durations of directives.
 *
 * Waiting is measured on the monotonic clock, so that a wall clock which is
 * set back by an hour does not make a request wait for an hour. Rows have
 * times of the wall clock.
 */
#include "core/token/clock.h"

#include <time.h>

#include <apr_time.h>

#define LONGEST_DURATION (APR_INT64_C(36500) * 86400)

apr_int64_t at_clock_now(void)
{
    return apr_time_as_msec(apr_time_now());
}

apr_int64_t at_clock_monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Write a number, and the character that follows it, so that they end before
 * `end`; returns where they begin. */
static char *write_before(char *end, int number, int digits, char following)
{
    *--end = following;
    for (; digits > 0; digits--, number /= 10) {
        *--end = (char)('0' + number % 10);
    }
    return end;
}

/* Without a format string, because every lookup calls this. */
void at_clock_format(apr_int64_t ms, char text[AT_CLOCK_TEXT_SIZE])
{
    char *end = text + sizeof("2019-01-15T20:58:28.175Z");
    apr_time_exp_t parts;

    apr_time_exp_gmt(&parts, ms * 1000);
    *--end = '\0';
    end = write_before(end, parts.tm_usec / 1000, 3, 'Z');
    end = write_before(end, parts.tm_sec, 2, '.');
    end = write_before(end, parts.tm_min, 2, ':');
    end = write_before(end, parts.tm_hour, 2, ':');
    end = write_before(end, parts.tm_mday, 2, 'T');
    end = write_before(end, parts.tm_mon + 1, 2, '-');
    write_before(end, parts.tm_year + 1900, 4, '-');
}

static apr_int64_t seconds_of(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    }
    return 0;
}

apr_status_t at_clock_parse_duration(const char *text, char unit,
                                     apr_int64_t *seconds)
{
    apr_int64_t number = 0;
    apr_int64_t factor;
    const char *c = text;

    for (; *c >= '0' && *c <= '9'; c++) {
        number = number * 10 + (*c - '0');
        if (number > LONGEST_DURATION) {
            return APR_EINVAL;
        }
    }
    if (c == text || (*c != '\0' && c[1] != '\0')) {
        return APR_EINVAL;
    }
    factor = seconds_of(*c == '\0' ? unit : *c);
    if (factor == 0 || number > LONGEST_DURATION / factor) {
        return APR_EINVAL;
    }
    *seconds = number * factor;
    return APR_SUCCESS;
}
