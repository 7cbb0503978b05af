/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The help that is read on a terminal, wrapped to its width.
 */
#include "tool/help.h"

#include <string.h>

#include "tool/terminal.h"
#include "tool/words.h"

#define WIDTH_MOST 88
#define WIDTH_USUAL 80
#define NAMES 28 /* columns of an option's names */

const at_option_e at_common_options[] = {AT_OPTION_DATABASE, AT_OPTION_TABLE,
                                         AT_OPTION_CONFIG,   AT_OPTION_QUIET,
                                         AT_OPTION_HELP,     AT_OPTIONS};

const char *const at_exit_words[AT_EXITS] = {
    [AT_EXIT_DONE] = "done",
    [AT_EXIT_ABSENT] = "what was asked for does not exist",
    [AT_EXIT_USAGE] = "the command line cannot be understood",
    [AT_EXIT_UNREACHABLE] = "the database cannot be reached",
    [AT_EXIT_REFUSED] = "the database refused",
    [AT_EXIT_SCHEMA] = "the table is not as it should be",
    [AT_EXIT_FILE] = "a file is missing, or may not be used",
    [AT_EXIT_INTERRUPTED] = "interrupted, or not confirmed",
};

const char at_help_target[] =
    "The database is the one that -d names, else HTTOKEN_DATABASE, else the "
    "configuration file of -c, else the server's own (" AT_SERVER_CONF
    ", with the variables of envvars beside it), else the module's default, a "
    "SQLite file. Where virtual hosts that use tokens have different "
    "databases, "
    "it asks which. It names the database on standard error, unless -d has "
    "said it. -d and HTTOKEN_DATABASE take "
    "what the directive AccessTokenDatabase takes: a driver of apr_dbd "
    "(sqlite3, pgsql, mysql) and its parameters. With one of them the server's "
    "configuration is not read; a file that -c names still says the rest.";

const char *const at_help_environment[] = {
    "HTTOKEN_DATABASE", "as -d, but not shown by ps", "NO_COLOR",
    "no colours on a terminal", NULL};

int at_help_takes(const at_command_t *command, at_option_e option)
{
    int i;

    for (i = 0; at_common_options[i] != AT_OPTIONS; i++) {
        if (at_common_options[i] == option) {
            return 1;
        }
    }
    for (i = 0; command->options[i] != AT_OPTION_HELP; i++) {
        if (command->options[i] == option) {
            return 1;
        }
    }
    return 0;
}

static int width_of(void)
{
    int width = at_term_width();

    if (width == 0) {
        return WIDTH_USUAL;
    }
    return width < WIDTH_MOST ? width : WIDTH_MOST;
}

/* Words from column `at` on, further lines from `indent` on. */
static void wrap(FILE *to, const char *text, int at, int indent)
{
    int width = width_of();
    int column = at;

    while (*text) {
        int length = (int)strcspn(text, " ");

        if (column > indent && column + 1 + length > width) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        }
        else if (column > at || column > indent) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void head(FILE *to, const char *words)
{
    fprintf(to, "\n%s%s%s\n", at_term_colour(AT_COLOUR_HEAD), words,
            at_term_plain());
}

static void print_option(FILE *to, at_option_e option)
{
    const at_option_t *one = &at_options[option];
    int column = fprintf(to, one->letter ? "  -%c, " : "      ", one->letter);

    column += fprintf(to, "--%s", one->name);
    if (one->argument) {
        column += fprintf(to, " %s", one->argument);
    }
    if (column + 2 > NAMES) {
        fputc('\n', to);
        column = 0;
    }
    fprintf(to, "%*s", NAMES - column, "");
    wrap(to, one->help, NAMES, NAMES);
}

static void print_common(FILE *to, const char *title)
{
    int i;

    head(to, title);
    for (i = 0; at_common_options[i] != AT_OPTIONS; i++) {
        print_option(to, at_common_options[i]);
    }
}

static void print_command(const at_command_t *command, FILE *to)
{
    const at_example_t *example;
    int i;

    fprintf(to, "httoken %s: %s\n", command->name, command->summary);
    head(to, "Usage");
    fprintf(to, "  httoken [OPTION]... %s%s%s\n", command->name,
            *command->words ? " " : "", command->words);
    fputs("\n  ", to);
    wrap(to, command->about, 2, 2);
    if (command->options[0] != AT_OPTION_HELP) {
        head(to, "Options");
        for (i = 0; command->options[i] != AT_OPTION_HELP; i++) {
            print_option(to, command->options[i]);
        }
    }
    print_common(to, "Options of all commands");
    head(to, "Examples");
    for (example = command->examples; example->command; example++) {
        if (example->says) {
            fprintf(to, "  %s# %s%s\n", at_term_colour(AT_COLOUR_DIM),
                    example->says, at_term_plain());
        }
        fprintf(to, "  %s\n", example->command);
    }
}

static void print_all(FILE *to)
{
    const at_command_t *command;
    int i;

    fputs("httoken: the access tokens of mod_accesstoken, for "
          "administrators\n",
          to);
    head(to, "Usage");
    fputs("  httoken [-d 'DRIVER PARAMS'] [-t TABLE] [-c FILE] COMMAND ...\n",
          to);
    head(to, "Commands");
    for (command = at_commands; command->name; command++) {
        fprintf(to, "  %-10s %s\n", command->name, command->summary);
    }
    print_common(to, "Options");
    print_option(to, AT_OPTION_VERSION);
    head(to, "The database");
    fputs("  ", to);
    wrap(to, at_help_target, 2, 2);
    head(to, "Environment");
    for (i = 0; at_help_environment[i]; i += 2) {
        fprintf(to, "  %-18s %s\n", at_help_environment[i],
                at_help_environment[i + 1]);
    }
    head(to, "Exit status");
    for (i = 0; i < AT_EXITS; i++) {
        fprintf(to, "  %d  %s\n", i, at_exit_words[i]);
    }
    fputs("\n'httoken COMMAND --help' tells more, with examples.\n", to);
}

void at_help_print(const at_command_t *command, FILE *to)
{
    if (command) {
        print_command(command, to);
        return;
    }
    print_all(to);
}
