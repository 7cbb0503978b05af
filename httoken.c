/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken: the command line of mod_accesstoken, for administrators. Takes the
 * command line apart, finds out which database is meant, and calls the command;
 * the commands are in src/tool/commands.c.
 */
#include <stdio.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "tool/help.h"
#include "tool/terminal.h"
#include "tool/tool.h"

static at_exit_e misused(const char *what)
{
    at_term_say("%s", what);
    at_term_note("'httoken --help' shows what there is.");
    return AT_EXIT_USAGE;
}

static at_exit_e no_such_command(const char *name, apr_pool_t *p)
{
    const char *names[32];
    const char *guess;
    int count = 0;

    for (; at_commands[count].name; count++) {
        names[count] = at_commands[count].name;
    }
    guess = at_args_guess(name, names, count);
    if (!guess) {
        return misused("there is no such command");
    }
    return misused(
        apr_psprintf(p, "there is no such command; did you mean %s?", guess));
}

static at_exit_e check_words(const at_command_t *command, const at_args_t *args)
{
    int i;

    for (i = 0; i < AT_OPTIONS; i++) {
        if (args->value[i] && !at_help_takes(command, (at_option_e)i)) {
            at_term_say("%s takes no --%s; 'httoken %s --help' shows what it "
                        "takes",
                        command->name, at_options[i].name, command->name);
            return AT_EXIT_USAGE;
        }
    }
    if (args->words->nelts < command->words_min ||
        (command->words_max >= 0 && args->words->nelts > command->words_max)) {
        at_term_say("usage: httoken %s%s%s; 'httoken %s --help' tells more",
                    command->name, *command->words ? " " : "", command->words,
                    command->name);
        return AT_EXIT_USAGE;
    }
    return AT_EXIT_DONE;
}

static at_exit_e run(const at_command_t *command, const at_args_t *args,
                     apr_pool_t *p)
{
    at_target_t target;
    at_tool_t tool = {.pool = p, .args = args, .target = &target};
    const at_wants_t wants = {
        .prefix = at_help_takes(command, AT_OPTION_PREFIX),
        .purge_after = at_help_takes(command, AT_OPTION_OLDER)};
    at_exit_e status = check_words(command, args);

    if (status == AT_EXIT_DONE) {
        status = at_target_find(args, &wants, &target, p);
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
        name = args->words->nelts > 0
                   ? APR_ARRAY_IDX(args->words, 0, const char *)
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

    /* For the build: neither is of use to anybody else. */
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
        fputs("httoken: the Apache Portable Runtime does not start\n", stderr);
        return AT_EXIT_FILE;
    }
    at_term_begin();
    status = start(argc, argv, pool);
    apr_terminate();
    return (int)status;
}
