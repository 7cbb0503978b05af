/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken: the command line of mod_accesstoken, for administrators. Parses the
 * arguments, finds the database, and runs the command;
 * src/tool/command_table.c lists the commands.
 */
#include <stdio.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "tool/command_table.h"
#include "tool/help.h"
#include "tool/output/messages.h"
#include "tool/output/terminal.h"

static at_exit_e misused(const char *reason)
{
    at_message_error("%s", reason);
    at_message_note("'httoken --help' lists the commands and options.");
    return AT_EXIT_USAGE;
}

static at_exit_e no_such_command(const char *name, apr_pool_t *p)
{
    const char *names[32];
    const char *suggestion;
    int count = 0;

    for (; at_commands[count].name; count++) {
        names[count] = at_commands[count].name;
    }
    suggestion = at_args_suggest(name, names, count);
    if (!suggestion) {
        return misused("there is no such command");
    }
    return misused(apr_psprintf(p, "there is no such command; did you mean %s?",
                                suggestion));
}

static at_exit_e check_args(const at_command_t *command, const at_args_t *args)
{
    int i;

    for (i = 0; i < AT_OPTIONS; i++) {
        if (args->value[i] && !at_command_takes(command, (at_option_e)i)) {
            at_message_error("%s takes no --%s; 'httoken %s --help' lists its "
                             "options",
                             command->name, at_options[i].name, command->name);
            return AT_EXIT_USAGE;
        }
    }
    if (args->operands->nelts < command->operands_min ||
        (command->operands_max >= 0 &&
         args->operands->nelts > command->operands_max)) {
        at_message_error(
            "usage: httoken %s%s%s; 'httoken %s --help' explains it",
            command->name, *command->operands ? " " : "", command->operands,
            command->name);
        return AT_EXIT_USAGE;
    }
    return AT_EXIT_DONE;
}

static at_exit_e run(const at_command_t *command, const at_args_t *args,
                     apr_pool_t *p)
{
    at_datasource_t datasource;
    at_tool_t tool = {.pool = p, .args = args, .datasource = &datasource};
    const at_needs_t needs = {
        .prefix = at_command_takes(command, AT_OPTION_PREFIX),
        .purge_after = at_command_takes(command, AT_OPTION_OLDER)};
    at_exit_e status = check_args(command, args);

    if (status == AT_EXIT_DONE) {
        status = at_datasource_find(args, &needs, &datasource, p);
        if (at_term_interrupted()) {
            return AT_EXIT_INTERRUPTED;
        }
    }
    return status == AT_EXIT_DONE ? command->run(&tool) : status;
}

static at_exit_e help(const at_args_t *args)
{
    const char *name = args->command;

    if (name && strcmp(name, "help") == 0) {
        name = args->operands->nelts > 0
                   ? APR_ARRAY_IDX(args->operands, 0, const char *)
                   : NULL;
    }
    at_help_print(name ? at_command_find(name) : NULL, stdout);
    return fflush(stdout) == 0 ? AT_EXIT_DONE : AT_EXIT_FILE;
}

static at_exit_e start(int argc, char **argv, apr_pool_t *p)
{
    const at_command_t *command;
    at_args_t args;
    const char *wrong;

    /* For the build; the help does not mention them. */
    if (argc == 2 && strcmp(argv[1], "--make-manual") == 0) {
        at_help_manual(stdout);
        return AT_EXIT_DONE;
    }
    if (argc == 2 && strcmp(argv[1], "--make-completion") == 0) {
        at_help_completion(stdout);
        return AT_EXIT_DONE;
    }
    wrong = at_args_parse(&args, argc, argv, p);
    at_args_hide(argc, argv);
    if (wrong) {
        return misused(wrong);
    }
    if (args.value[AT_OPTION_VERSION]) {
        puts("httoken " PACKAGE_VERSION);
        return AT_EXIT_DONE;
    }
    if (args.value[AT_OPTION_HELP] ||
        (args.command && strcmp(args.command, "help") == 0)) {
        return help(&args);
    }
    if (!args.command) {
        at_help_print(NULL, stderr);
        return AT_EXIT_USAGE;
    }
    command = at_command_find(args.command);
    return command ? run(command, &args, p) : no_such_command(args.command, p);
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    at_exit_e status;

    if (apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        apr_dbd_init(pool) != APR_SUCCESS) {
        fputs("httoken: the Apache Portable Runtime cannot be initialized\n",
              stderr);
        return AT_EXIT_FILE;
    }
    at_term_begin();
    status = start(argc, argv, pool);
    apr_terminate();
    return (int)status;
}
