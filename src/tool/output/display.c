/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats values for display. Texts of the table come from users, and may
 * contain escape sequences of a terminal.
 */
#include "tool/output/display.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <apr_strings.h>

#include "core/token/clock.h"
#include "core/token/token.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define ELLIPSIS "\xe2\x80\xa6"

void at_display_number(apr_int64_t number, char text[AT_DISPLAY_NUMBER_SIZE])
{
    char digits[AT_DISPLAY_NUMBER_SIZE];
    int count =
        apr_snprintf(digits, sizeof(digits), "%" APR_INT64_T_FMT, number);
    int i;

    for (i = 0; i < count; i++) {
        *text++ = digits[i];
        if (i < count - 1 && (count - i) % 3 == 1 && digits[i] != '-') {
            *text++ = ',';
        }
    }
    *text = '\0';
}

typedef struct unit_t {
    apr_int64_t seconds;
    const char *name;
} unit_t;

/* The largest first. A unit is used from twice its size on, and rounded, so
 * that the error is a fifth at most. */
static const unit_t units[] = {{APR_INT64_C(31556952), "year"},
                               {2629746, "month"},
                               {86400, "day"},
                               {3600, "hour"},
                               {60, "minute"},
                               {1, "second"}};

const char *at_display_duration(apr_int64_t seconds, apr_pool_t *p)
{
    apr_size_t i = 0;
    apr_int64_t number;

    while (i < sizeof(units) / sizeof(units[0]) - 1 &&
           seconds < 2 * units[i].seconds) {
        i++;
    }
    number = (seconds + units[i].seconds / 2) / units[i].seconds;
    return apr_psprintf(p, "%" APR_INT64_T_FMT " %s%s", number, units[i].name,
                        number == 1 ? "" : "s");
}

const char *at_display_relative(apr_int64_t moment, apr_int64_t now,
                                apr_pool_t *p)
{
    apr_int64_t apart = (moment - now) / 1000;

    if (apart > 0) {
        return apr_pstrcat(p, "in ", at_display_duration(apart, p), NULL);
    }
    if (apart > -2) {
        return "just now";
    }
    return apr_pstrcat(p, at_display_duration(-apart, p), " ago", NULL);
}

const char *at_display_utc(apr_int64_t moment, const char *none, apr_pool_t *p)
{
    char text[AT_CLOCK_TEXT_SIZE];

    if (moment == AT_TIME_NONE) {
        return none;
    }
    at_clock_format(moment, text);
    return apr_pstrdup(p, text);
}

/* The length of the character, and how many columns it takes; -1 for one that
 * may not be shown. */
static apr_size_t character(const char *text, int *columns)
{
    mbstate_t state = {0};
    wchar_t wide;
    apr_size_t length = mbrtowc(&wide, text, strlen(text), &state);

    if (length == (apr_size_t)-1 || length == (apr_size_t)-2 || length == 0) {
        *columns = -1;
        return 1;
    }
    *columns = wcwidth(wide);
    /* Marks that change the direction of writing would disguise a line. */
    if ((wide >= 0x202a && wide <= 0x202e) ||
        (wide >= 0x2066 && wide <= 0x2069) || wide == 0x2028 ||
        wide == 0x2029) {
        *columns = -1;
    }
    return length;
}

const char *at_display_safe(const char *text, apr_pool_t *p)
{
    char *safe, *out;
    int columns;

    if (!text) {
        return "";
    }
    safe = out = apr_palloc(p, strlen(text) * (sizeof(REPLACEMENT) - 1) + 1);
    while (*text) {
        apr_size_t length = character(text, &columns);

        if (columns < 0) {
            memcpy(out, REPLACEMENT, sizeof(REPLACEMENT) - 1);
            out += sizeof(REPLACEMENT) - 1;
        }
        else {
            memcpy(out, text, length);
            out += length;
        }
        text += length;
    }
    *out = '\0';
    return safe;
}

int at_display_width(const char *text)
{
    int sum = 0;
    int columns;

    while (*text) {
        text += character(text, &columns);
        sum += columns > 0 ? columns : 0;
    }
    return sum;
}

const char *at_display_truncate(const char *text, int most, apr_pool_t *p)
{
    const char *end = text;
    int sum = 0;

    if (at_display_width(text) <= most) {
        return text;
    }
    for (;;) {
        int columns;
        apr_size_t length = character(end, &columns);

        if (sum + columns > most - 1) {
            break;
        }
        sum += columns;
        end += length;
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(end - text)),
                       ELLIPSIS, NULL);
}

const char *at_display_status(const at_row_t *row, apr_int64_t now)
{
    if (row->reason) {
        return "Broken";
    }
    if (row->deleted_at != AT_TIME_NONE) {
        return "Deleted";
    }
    return at_token_expired(row->expires_at, now) ? "Expired" : "Active";
}
