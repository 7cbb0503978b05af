/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The help, the man page and bash's completion, all made from the tables of
 * commands and options.
 */
#ifndef ACCESSTOKEN_TOOL_HELP_H
#define ACCESSTOKEN_TOOL_HELP_H

#include <stdio.h>

#include "tool/command_table.h"

/** Print the help of a command, or of the program if it is NULL. */
void at_help_print(const at_command_t *command, FILE *to);

/** Write httoken.1; the build calls it. */
void at_help_manual(FILE *to);

/** Write the completion of bash; the build calls it. */
void at_help_completion(FILE *to);

/** How -d, HTTOKEN_DATABASE and -c select the database, in a paragraph. */
extern const char at_help_database[];

/** Environment variables and what they do, in pairs; NULL ends them. */
extern const char *const at_help_environment[];

/** What each exit status means. */
extern const char *const at_help_exits[AT_EXITS];

#endif
