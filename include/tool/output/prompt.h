/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the user at the terminal.
 */
#ifndef ACCESSTOKEN_TOOL_OUTPUT_PROMPT_H
#define ACCESSTOKEN_TOOL_OUTPUT_PROMPT_H

/** Is there a terminal to ask at? */
int at_prompt_is_possible(void);

/** Ask a question; true only after a yes. */
int at_prompt_confirm(const char *question);

/**
 * Wait until standard input can be read; false after a signal. A read() that
 * begins just after the signal would not be interrupted by it.
 */
int at_prompt_await_input(void);

#endif
