/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, and what each of them gets to work with.
 */
#ifndef ACCESSTOKEN_TOOL_TOOL_H
#define ACCESSTOKEN_TOOL_TOOL_H

#include "tool/args.h"
#include "tool/link.h"
#include "tool/target.h"

typedef struct at_tool_t {
    apr_pool_t *pool; /* as long as the program runs */
    const at_args_t *args;
    const at_target_t *target;
    at_link_t *link; /* NULL until the command opens it */
} at_tool_t;

typedef at_exit_e at_run_t(at_tool_t *tool);

typedef struct at_example_t {
    const char *command;
    const char *says;
} at_example_t;

#define AT_EXAMPLES_MAX 5 /* with the one that ends them */
#define AT_OWN_OPTIONS_MAX 8

typedef struct at_command_t {
    const char *name;
    const char *words; /* what stands behind it, for the help */
    int words_min;
    int words_max; /* -1: any number */
    const char *summary;
    const char *about;
    /** Its own options, ended by AT_OPTION_HELP, which all have. */
    at_option_e options[AT_OWN_OPTIONS_MAX];
    at_example_t examples[AT_EXAMPLES_MAX];
    at_run_t *run;
} at_command_t;

/** All commands; one without a name ends them. */
extern const at_command_t at_commands[];

/** NULL if there is no such command. */
const at_command_t *at_command_find(const char *name);

at_run_t at_run_init;
at_run_t at_run_schema;
at_run_t at_run_generate;
at_run_t at_run_list;
at_run_t at_run_show;
at_run_t at_run_delete;
at_run_t at_run_find;
at_run_t at_run_purge;
at_run_t at_run_check;

#endif
