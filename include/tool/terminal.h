/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person sees beside the answer: messages, questions, progress, colour.
 * All of it goes to standard error, but for the colours of the answer itself.
 */
#ifndef ACCESSTOKEN_TOOL_TERMINAL_H
#define ACCESSTOKEN_TOOL_TERMINAL_H

#include <apr.h>

typedef enum {
    AT_COLOUR_NONE,
    AT_COLOUR_GOOD,
    AT_COLOUR_BAD,
    AT_COLOUR_DOUBT,
    AT_COLOUR_DIM,
    AT_COLOUR_HEAD
} at_colour_e;

/** Look at the terminal and the locale; handle SIGINT and SIGTERM from now on. */
void at_term_begin(void);

/** Is the answer read by a person? */
int at_term_is_person(void);

/** Columns of the terminal, or 0 where the answer goes elsewhere. */
int at_term_width(void);

/** The escape sequence that begins a colour, or "". */
const char *at_term_colour(at_colour_e colour);

/** The sequence that ends it, or "". */
const char *at_term_plain(void);

/** Has somebody asked to stop? Long work looks after each row or batch. */
int at_term_interrupted(void);

/** "httoken: …" on standard error. */
void at_term_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** A line on standard error that is no complaint. */
void at_term_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/**
 * Show how far long work is, now and then, if a person sees it; not for work
 * whose answer goes to the same terminal.
 */
void at_term_progress(const char *what, apr_int64_t done);

/** Take the progress away again. */
void at_term_progress_end(void);

/** Can somebody be asked? */
int at_term_can_ask(void);

/** Ask a question; true only after a yes. */
int at_term_confirm(const char *question);

/**
 * Wait until there is something to read; false when asked to stop. A signal
 * between a look at the note and a read would be slept through otherwise.
 */
int at_term_await_input(void);

/** Stop and start showing what is typed. */
void at_term_hide_typing(void);
void at_term_show_typing(void);

#endif
