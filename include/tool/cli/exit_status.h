/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a command ends, which scripts see as its exit status.
 */
#ifndef ACCESSTOKEN_TOOL_CLI_EXIT_STATUS_H
#define ACCESSTOKEN_TOOL_CLI_EXIT_STATUS_H

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

#endif
