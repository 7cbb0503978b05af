/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of all commands: what each takes, does and shows in its help.
 */
#ifndef ACCESSTOKEN_TOOL_COMMAND_TABLE_H
#define ACCESSTOKEN_TOOL_COMMAND_TABLE_H

#include "tool/commands/command.h"

typedef struct at_example_t {
    const char *command;
    const char *explanation; /* or NULL */
} at_example_t;

#define AT_EXAMPLES_MAX 5 /* with the one that ends them */
#define AT_OWN_OPTIONS_MAX 8

typedef struct at_command_t {
    const char *name;
    const char *operands; /* as the help shows them */
    int operands_min;
    int operands_max; /* -1: any number */
    const char *summary;
    const char *about;
    /** The command's own options, ended by AT_OPTION_HELP. */
    at_option_e options[AT_OWN_OPTIONS_MAX];
    at_example_t examples[AT_EXAMPLES_MAX];
    at_run_t *run;
} at_command_t;

/** All commands; one without a name ends them. */
extern const at_command_t at_commands[];

/** Options of every command; AT_OPTIONS ends them. */
extern const at_option_e at_common_options[];

/** NULL if there is no such command. */
const at_command_t *at_command_find(const char *name);

/** Does the command take the option? */
int at_command_takes(const at_command_t *command, at_option_e option);

#endif
