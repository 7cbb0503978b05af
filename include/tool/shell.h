/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes a shell script apart into commands and words, as far as that can be done
 * without running it.
 */
#ifndef ACCESSTOKEN_TOOL_SHELL_H
#define ACCESSTOKEN_TOOL_SHELL_H

#include <apr_pools.h>
#include <apr_tables.h>

/** What a variable is; NULL if that is not known. */
typedef const char *at_shell_lookup_t(void *data, const char *name);

/** A word, or an operator. */
typedef struct at_shell_word_t {
    const char *raw;  /* as it stands there, with its quotes */
    const char *text; /* what the shell makes of it; NULL: not known */
} at_shell_word_t;

/** What stands behind a command. */
typedef enum {
    AT_SHELL_NEXT, /* a semicolon, a line's end */
    AT_SHELL_AND,
    AT_SHELL_OR,
    AT_SHELL_PIPE,
    AT_SHELL_OPEN, /* a parenthesis */
    AT_SHELL_CLOSE,
    AT_SHELL_END
} at_shell_operator_e;

typedef struct at_shell_t {
    const char *rest; /* what is still to be read */
    at_shell_lookup_t *lookup;
    void *data;
    apr_pool_t *pool;
} at_shell_t;

/** Length of the name of a variable at the beginning of a text. */
apr_size_t at_shell_name_length(const char *text);

/**
 * Read the words of the next command, which may be none.
 *
 * @param words  of at_shell_word_t
 */
at_shell_operator_e at_shell_command(at_shell_t *shell,
                                     apr_array_header_t *words);

#endif
