/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How httoken ends: the statuses that scripts rely on.
 */
#ifndef ACCESSTOKEN_TOOL_EXITS_H
#define ACCESSTOKEN_TOOL_EXITS_H

typedef enum {
    AT_EXIT_DONE,
    AT_EXIT_ABSENT,      /* what was asked for does not exist */
    AT_EXIT_USAGE,       /* the command line cannot be understood */
    AT_EXIT_UNREACHABLE, /* the database cannot be reached */
    AT_EXIT_REFUSED,     /* the database refused */
    AT_EXIT_SCHEMA,      /* the table is not as it should be */
    AT_EXIT_FILE,        /* a file is missing, or may not be used */
    AT_EXIT_INTERRUPTED,
    AT_EXITS
} at_exit_e;

/** What a status means, for the help. */
extern const char *const at_exit_words[AT_EXITS];

#endif
