/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal: its width, its colours, what it echoes, and Ctrl-C.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_TERMINAL_H
#define ACCESSTOKEN_TOOL_OUTPUT_TERMINAL_H

typedef enum {
    AT_COLOUR_NONE,
    AT_COLOUR_GOOD,
    AT_COLOUR_BAD,
    AT_COLOUR_WARN,
    AT_COLOUR_DIM,
    AT_COLOUR_HEAD
} at_colour_e;

/** Examine the terminal and the locale; handle SIGINT and SIGTERM from now
 *  on. */
void at_term_begin(void);

/** Does standard output go to a terminal? */
int at_term_is_output(void);

/** Does standard error go to a terminal? */
int at_term_is_error(void);

/** Columns of the terminal; 0 where standard output goes elsewhere. */
int at_term_width(void);

/** The escape sequence that begins a colour on standard output, or "". */
const char *at_term_colour(at_colour_e colour);

/** The escape sequence that ends it, or "". */
const char *at_term_reset(void);

/** Was SIGINT or SIGTERM received? Long work asks after each row or batch. */
int at_term_interrupted(void);

/** Do not show what is typed. A signal shows it again. */
void at_term_echo_off(void);

/** Show it again; if it was off, begin a new line. */
void at_term_echo_on(void);

#endif
