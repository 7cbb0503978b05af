/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the help, wrapped to the width of the terminal.
 */
#include "tool/help.h"

#include <string.h>

#include "tool/output/display.h"
#include "tool/output/terminal.h"

#define WIDTH_MAX 88
#define WIDTH_DEFAULT 80
#define NAMES 28 /* columns of the names of an option */

const char *const at_help_exits[AT_EXITS] = {
    [AT_EXIT_DONE] = "done",
    [AT_EXIT_ABSENT] = "what was asked for does not exist",
    [AT_EXIT_USAGE] = "the command line cannot be understood",
    [AT_EXIT_UNREACHABLE] = "the database cannot be reached",
    [AT_EXIT_REFUSED] = "the database refused",
    [AT_EXIT_SCHEMA] = "the table is not as it should be",
    [AT_EXIT_FILE] = "a file is missing, or may not be used",
    [AT_EXIT_INTERRUPTED] = "interrupted, or not confirmed",
};

const char at_help_database[] =
    "The database is the one that -d names, else the one of HTTOKEN_DATABASE, "
    "of the configuration file that -c names, or of the server's own "
    "configuration (" AT_SERVER_CONF "), else the module's default, a SQLite "
    "file. Variables that the script envvars beside the configuration exports "
    "are known; httoken runs it only if no other user can write it. Where "
    "virtual hosts that use tokens have different databases, httoken asks for "
    "-d. It names the database on standard error, unless -d is given. -d and "
    "HTTOKEN_DATABASE take what the directive AccessTokenDatabase takes: a "
    "driver of apr_dbd (sqlite3, pgsql, mysql) and its parameters. With one of "
    "them the server's configuration is not read; a file that -c names still "
    "gives the table, the prefix and AccessTokenPurgeAfter.";

const char *const at_help_environment[] = {
    "HTTOKEN_DATABASE", "the same as -d, but ps does not show it", "NO_COLOR",
    "no colours on a terminal", NULL};

static int width_of(void)
{
    int width = at_term_width();

    if (width == 0) {
        return WIDTH_DEFAULT;
    }
    return width < WIDTH_MAX ? width : WIDTH_MAX;
}

/* Print words from column `at` on, in further lines from `indent` on. */
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

static void heading(FILE *to, const char *text)
{
    fprintf(to, "\n%s%s%s\n", at_term_colour(AT_COLOUR_HEAD), text,
            at_term_reset());
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

    heading(to, title);
    for (i = 0; at_common_options[i] != AT_OPTIONS; i++) {
        print_option(to, at_common_options[i]);
    }
}

static void print_command(const at_command_t *command, FILE *to)
{
    const at_example_t *example;
    int i;

    fprintf(to, "httoken %s: %s\n", command->name, command->summary);
    heading(to, "Usage");
    fprintf(to, "  httoken [OPTION]... %s%s%s\n", command->name,
            *command->operands ? " " : "", command->operands);
    fputs("\n  ", to);
    wrap(to, command->about, 2, 2);
    if (command->options[0] != AT_OPTION_HELP) {
        heading(to, "Options");
        for (i = 0; command->options[i] != AT_OPTION_HELP; i++) {
            print_option(to, command->options[i]);
        }
    }
    print_common(to, "Options of all commands");
    heading(to, "Examples");
    for (example = command->examples; example->command; example++) {
        if (example->explanation) {
            fprintf(to, "  %s# %s%s\n", at_term_colour(AT_COLOUR_DIM),
                    example->explanation, at_term_reset());
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
    heading(to, "Usage");
    fputs("  httoken [-d 'DRIVER PARAMS'] [-t TABLE] [-c FILE] COMMAND ...\n",
          to);
    heading(to, "Commands");
    for (command = at_commands; command->name; command++) {
        fprintf(to, "  %-10s %s\n", command->name, command->summary);
    }
    print_common(to, "Options");
    print_option(to, AT_OPTION_VERSION);
    heading(to, "The database");
    fputs("  ", to);
    wrap(to, at_help_database, 2, 2);
    heading(to, "Environment");
    for (i = 0; at_help_environment[i]; i += 2) {
        fprintf(to, "  %-18s %s\n", at_help_environment[i],
                at_help_environment[i + 1]);
    }
    heading(to, "Exit status");
    for (i = 0; i < AT_EXITS; i++) {
        fprintf(to, "  %d  %s\n", i, at_help_exits[i]);
    }
    fputs("\n'httoken COMMAND --help' explains a command, with examples.\n",
          to);
}

void at_help_print(const at_command_t *command, FILE *to)
{
    if (command) {
        print_command(command, to);
        return;
    }
    print_all(to);
}
