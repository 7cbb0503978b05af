/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help, man page and completion, all made of the tables of commands and options.
 */
#ifndef ACCESSTOKEN_TOOL_HELP_H
#define ACCESSTOKEN_TOOL_HELP_H

#include <stdio.h>

#include "tool/tool.h"

/** Options that every command takes; AT_OPTIONS ends them. */
extern const at_option_e at_common_options[];

/** Does the command take the option? */
int at_help_takes(const at_command_t *command, at_option_e option);

/** The help of a command, or of all when it is NULL. */
void at_help_print(const at_command_t *command, FILE *to);

/** httoken.1, for the build. */
void at_help_manual(FILE *to);

/** The completion of bash, for the build. */
void at_help_completion(FILE *to);

/** What -d, HTTOKEN_DATABASE and -c mean together, in a paragraph. */
extern const char at_help_target[];

/** Environment variables and what they mean, in pairs; NULL ends them. */
extern const char *const at_help_environment[];

#endif
