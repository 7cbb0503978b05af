/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes httoken.1 and bash's completion; the build calls it, so they cannot
 * differ from the program.
 */
#include <string.h>

#include "tool/help.h"

/* Text for troff: hyphens that are typed, and no line that is a command. */
static void text(FILE *to, const char *words)
{
    int at_begin = 1;

    for (; *words; words++) {
        if (at_begin && strchr(".'", *words)) {
            fputs("\\&", to);
        }
        at_begin = *words == '\n';
        if (*words == '\\') {
            fputs("\\e", to);
        }
        else if (*words == '-') {
            fputs("\\-", to);
        }
        else if (*words == '\'') {
            fputs("\\(aq", to);
        }
        else {
            fputc(*words, to);
        }
    }
}

static void line(FILE *to, const char *macro, const char *words)
{
    fprintf(to, "%s%s", macro, *macro ? " " : "");
    text(to, words);
    fputc('\n', to);
}

static void option(FILE *to, at_option_e which)
{
    const at_option_t *one = &at_options[which];

    fputs(".TP\n", to);
    if (one->letter) {
        fprintf(to, "\\fB\\-%c\\fR, ", one->letter);
    }
    fputs("\\fB\\-\\-", to);
    text(to, one->name);
    fputs("\\fR", to);
    if (one->argument) {
        fputs(" \\fI", to);
        text(to, one->argument);
        fputs("\\fR", to);
    }
    fputc('\n', to);
    line(to, "", one->help);
}

static void command_part(FILE *to, const at_command_t *command)
{
    const at_example_t *example;
    int i;

    fprintf(to, ".SS \"%s%s%s\"\n", command->name, *command->words ? " " : "",
            command->words);
    line(to, "", command->about);
    for (i = 0; command->options[i] != AT_OPTION_HELP; i++) {
        option(to, command->options[i]);
    }
    fputs(".PP\nExamples:\n", to);
    for (example = command->examples; example->command; example++) {
        fputs(".PP\n.RS 4\n.nf\n", to);
        if (example->says) {
            fputs("# ", to);
            text(to, example->says);
            fputc('\n', to);
        }
        text(to, example->command);
        fputs("\n.fi\n.RE\n", to);
    }
}

static void tail(FILE *to)
{
    int i;

    fputs(".SH ENVIRONMENT\n", to);
    for (i = 0; at_help_environment[i]; i += 2) {
        fputs(".TP\n", to);
        line(to, ".B", at_help_environment[i]);
        line(to, "", at_help_environment[i + 1]);
    }
    fputs(".SH \"EXIT STATUS\"\n", to);
    for (i = 0; i < AT_EXITS; i++) {
        fprintf(to, ".TP\n.B %d\n", i);
        line(to, "", at_exit_words[i]);
    }
    fputs(".SH FILES\n.TP\n", to);
    line(to, ".I", AT_PACKAGED_CONF);
    line(to, "", "the packaged configuration, read unless another is named");
    fputs(".TP\n", to);
    line(to, ".I", AT_STATEDIR "/tokens.db");
    line(to, "", "the module's default database");
    fputs(".SH \"SEE ALSO\"\n"
          ".BR htpasswd (1),\n.BR htdbm (1),\n.BR apache2 (8)\n",
          to);
}

void at_help_manual(FILE *to)
{
    const at_command_t *command;
    int i;

    fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n"
          ".\\\" Made from the program's own tables.\n"
          ".TH HTTOKEN 1 \"\" \"mod_accesstoken " PACKAGE_VERSION
          "\" \"User Commands\"\n"
          ".SH NAME\n"
          "httoken \\- manage the access tokens of mod_accesstoken\n"
          ".SH SYNOPSIS\n"
          ".B httoken\n"
          "[\\fB\\-d\\fR \\(aq\\fIDRIVER PARAMS\\fR\\(aq]\n"
          "[\\fB\\-t\\fR \\fITABLE\\fR]\n"
          "[\\fB\\-c\\fR \\fIFILE\\fR]\n"
          "\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIWORD\\fR]...\n"
          ".SH DESCRIPTION\n"
          "The administrator\\(aqs side of mod_accesstoken: makes, lists and "
          "deletes the access tokens that users of an Apache httpd server "
          "have, in the table that the server uses, while it runs.\n.PP\n",
          to);
    text(to, at_help_target);
    fputs("\n.SH OPTIONS\n"
          "Options may stand before the command or behind it.\n",
          to);
    for (i = 0; at_common_options[i] != AT_OPTIONS; i++) {
        option(to, at_common_options[i]);
    }
    option(to, AT_OPTION_VERSION);
    fputs(".SH COMMANDS\n", to);
    for (command = at_commands; command->name; command++) {
        command_part(to, command);
    }
    tail(to);
}

/* Completion */

static void complete_options(FILE *to, const at_command_t *command)
{
    int i;

    fprintf(to, "        %s) options='", command->name);
    for (i = 0; i < AT_OPTIONS; i++) {
        if (at_help_takes(command, (at_option_e)i)) {
            fprintf(to, " --%s", at_options[i].name);
        }
    }
    fputs("' ;;\n", to);
}

static void complete_choices(FILE *to)
{
    int i;

    for (i = 0; i < AT_OPTIONS; i++) {
        const at_option_t *one = &at_options[i];

        if (!one->argument) {
            continue;
        }
        fputs("        ", to);
        if (one->letter) {
            fprintf(to, "-%c | ", one->letter);
        }
        fprintf(to, "--%s) ", one->name);
        if (one->choices && strcmp(one->choices, "@file") == 0) {
            fputs("mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n", to);
        }
        else {
            fprintf(to,
                    "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\") "
                    ";;\n",
                    one->choices ? one->choices : "");
        }
    }
}

void at_help_completion(FILE *to)
{
    const at_command_t *command;

    fputs("# shellcheck shell=bash\n"
          "# SPDX-License-Identifier: Apache-2.0\n"
          "# Made from httoken's own tables.\n\n"
          "_httoken() {\n"
          "    local word=$2 previous=$3 command='' options='' i\n"
          "    case $previous in\n",
          to);
    complete_choices(to);
    fputs("        *) previous='' ;;\n"
          "    esac\n"
          "    [ -z \"$previous\" ] || return 0\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n"
          "        -d | -t | -c | --database | --table | --config) "
          "i=$((i + 1)) ;;\n"
          "        -*) ;;\n"
          "        *) command=${COMP_WORDS[i]}; break ;;\n"
          "        esac\n"
          "    done\n"
          "    case $command in\n"
          "        '') options='",
          to);
    for (command = at_commands; command->name; command++) {
        fprintf(to, "%s ", command->name);
    }
    fputs("help --database --table --config --help --version' ;;\n", to);
    for (command = at_commands; command->name; command++) {
        complete_options(to, command);
    }
    fputs("    esac\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
          "}\n\n"
          "complete -F _httoken httoken\n",
          to);
}
