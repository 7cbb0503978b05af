/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes messages and progress to standard error, behind what was written to
 * standard output before.
 */
#include "tool/output/messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/token/clock.h"
#include "tool/output/display.h"
#include "tool/output/terminal.h"
#include "tool/output/token_search.h"

#define PROGRESS_MS 200

static apr_int64_t last_progress; /* when it was first asked for, or shown */
static int is_progress_shown;

static void write_message(const char *before, const char *format, va_list args)
{
    char *text;

    at_message_progress_end();
    fflush(stdout);
    if (vasprintf(&text, format, args) < 0) {
        return;
    }
    at_token_search_mask(text); /* a user may put a token in a wrong place */
    fprintf(stderr, "%s%s\n", before, text);
    free(text);
}

void at_message_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_message("httoken: ", format, args);
    va_end(args);
}

void at_message_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_message("", format, args);
    va_end(args);
}

void at_message_progress(const char *what, apr_int64_t done)
{
    char number[AT_DISPLAY_NUMBER_SIZE];
    apr_int64_t now = at_clock_monotonic();

    if (last_progress == 0) {
        last_progress = now; /* short work shows none */
    }
    if (!at_term_is_error() || now - last_progress < PROGRESS_MS) {
        return;
    }
    last_progress = now;
    is_progress_shown = 1;
    at_display_number(done, number);
    fprintf(stderr, "\r\033[K%s %s", number, what);
    fflush(stderr);
}

void at_message_progress_end(void)
{
    if (is_progress_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        is_progress_shown = 0;
    }
}
