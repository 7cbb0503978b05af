/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages on standard error. A token in their arguments is masked.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_MESSAGES_H
#define ACCESSTOKEN_TOOL_OUTPUT_MESSAGES_H

#include <apr.h>

/** Write an error, behind "httoken: ". */
void at_message_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/** Write a line that is no error. */
void at_message_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/**
 * Show the progress of long work now and then, if standard error is a
 * terminal; not for work that writes to the same terminal.
 */
void at_message_progress(const char *what, apr_int64_t done);

/** Erase the progress. */
void at_message_progress_end(void);

#endif
