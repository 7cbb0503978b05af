/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command works with, and the functions that run the commands.
 */
#ifndef ACCESSTOKEN_TOOL_COMMANDS_COMMAND_H
#define ACCESSTOKEN_TOOL_COMMANDS_COMMAND_H

#include "tool/cli/args.h"
#include "tool/database/connection.h"
#include "tool/database/datasource.h"

typedef struct at_tool_t {
    apr_pool_t *pool; /* lives as long as the program runs */
    const at_args_t *args;
    const at_datasource_t *datasource;
    at_connection_t *connection; /* NULL until the command opens it */
} at_tool_t;

typedef at_exit_e at_run_t(at_tool_t *tool);

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
