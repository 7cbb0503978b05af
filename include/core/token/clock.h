/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times are whole milliseconds since 1970-01-01 UTC, in 64 bits. The durations
 * of directives are whole seconds.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_CLOCK_H
#define ACCESSTOKEN_CORE_TOKEN_CLOCK_H

#include <apr.h>
#include <apr_errno.h>

/** No time, SQL NULL: never expires, never used, not deleted. */
#define AT_TIME_NONE APR_INT64_C(-1)
/** 9999-12-31T23:59:59.999Z, the last time that RFC 3339 can write. */
#define AT_TIME_MAX APR_INT64_C(253402300799999)
/** Bytes of an RFC 3339 text with its terminating NUL. */
#define AT_CLOCK_TEXT_SIZE 32

/** The wall clock in milliseconds. */
apr_int64_t at_clock_now(void);

/** Milliseconds on a clock that is never set; only differences are
 *  meaningful. */
apr_int64_t at_clock_monotonic(void);

/** Write a time as RFC 3339 in UTC, such as 2019-01-15T20:58:28.175Z. */
void at_clock_format(apr_int64_t ms, char text[AT_CLOCK_TEXT_SIZE]);

/**
 * Read a duration: digits, then s, m, h or d; without a letter it counts in
 * `unit`.
 *
 * @param unit     's', 'm', 'h' or 'd'
 * @param seconds  0 to 36,500 days
 * @return APR_SUCCESS; APR_EINVAL if the text is no such duration.
 */
apr_status_t at_clock_parse_duration(const char *text, char unit,
                                     apr_int64_t *seconds);

#endif
