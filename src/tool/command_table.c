/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The help, the man page and the completion are made from this table and from
 * the table of options, so none of them can be out of date.
 */
#include "tool/command_table.h"

#include <string.h>

const at_option_e at_common_options[] = {AT_OPTION_DATABASE, AT_OPTION_TABLE,
                                         AT_OPTION_CONFIG,   AT_OPTION_QUIET,
                                         AT_OPTION_HELP,     AT_OPTIONS};

const at_command_t at_commands[] = {
    {.name = "init",
     .operands = "",
     .summary = "create the table, or bring it up to date",
     .about = "Creates the table and its indexes where they are missing, and "
              "adds columns that an older version did not have. Rows do not "
              "change. May be repeated, also while servers run. If root "
              "creates a SQLite file, the web server's user becomes its "
              "owner.",
     .options = {AT_OPTION_HELP},
     .examples = {{"httoken init",
                   "the table that the server's configuration names"},
                  {"HTTOKEN_DATABASE='pgsql host=db dbname=tokens "
                   "user=httpd' httoken init",
                   "a table in PostgreSQL"}},
     .run = at_run_init},
    {.name = "schema",
     .operands = "",
     .summary = "print the SQL that init would run",
     .about = "Prints the statements that create the table, for users "
              "without the right to create tables. Does not connect to the "
              "database.",
     .options = {AT_OPTION_HELP},
     .examples = {{"httoken -d pgsql schema | psql tokens",
                   "create the table as an administrator of PostgreSQL"},
                  {"httoken -d mysql -t api_tokens schema",
                   "for MariaDB, under another name"}},
     .run = at_run_schema},
    {.name = "generate",
     .operands = "USER",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "generate a token for a user",
     .about = "Prints the token, alone, on standard output, and everything "
              "else on standard error. The token is shown only once: the table "
              "keeps only its hash. Limits that the server's configuration "
              "sets for users, such as AccessTokenMaxLifetime and "
              "AccessTokenScopes, do not apply here.",
     .options = {AT_OPTION_LIFETIME, AT_OPTION_DESCRIPTION, AT_OPTION_SCOPE,
                 AT_OPTION_OUTPUT, AT_OPTION_PREFIX, AT_OPTION_HELP},
     .examples = {{"httoken generate backup --lifetime 90d --description "
                   "'nightly export'",
                   "a token for a service account"},
                  {"httoken generate backup -o /etc/backup/token",
                   "into a new file with mode 0600"},
                  {"httoken generate backup --scope read --scope upload",
                   "a token that is limited to two scopes"}},
     .run = at_run_generate},
    {.name = "list",
     .operands = "[USER]",
     .operands_max = 1,
     .summary = "list tokens, newest first",
     .about = "On a terminal, prints a table that fits its width, with "
              "relative times; into a pipe or a file, all columns in full, "
              "separated by tabs, with times in UTC and without a heading. "
              "json has the members of the manager's API. Rows are written as "
              "they are read, so the memory in use does not grow with their "
              "number.",
     .options = {AT_OPTION_STATUS, AT_OPTION_EXPIRING, AT_OPTION_UNUSED,
                 AT_OPTION_FORMAT, AT_OPTION_HELP},
     .examples = {{"httoken list alice", "the tokens of one user"},
                  {"httoken list --expiring-within 14d",
                   "tokens that have to be replaced soon"},
                  {"httoken list --unused-for 90d --format csv",
                   "candidates for deletion, as a spreadsheet"},
                  {"httoken list --format json | jq -r '.data[].user' | sort "
                   "| uniq -c",
                   "the number of tokens of each user"}},
     .run = at_run_list},
    {.name = "show",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "show one token",
     .about = "ID is a token's id, as list, the manager and the server's log "
              "show it; it is never the token itself.",
     .options = {AT_OPTION_FORMAT, AT_OPTION_HELP},
     .examples = {{"httoken show 0bc1d49f-5475-4c62-a0ba-6ad269389ada", NULL}},
     .run = at_run_show},
    {.name = "delete",
     .operands = "ID...",
     .operands_max = -1,
     .summary = "delete tokens",
     .about = "Running servers refuse a deleted token within "
              "AccessTokenRevocationInterval, by default one second. This "
              "cannot be undone. On a terminal it asks before it deletes more "
              "than one token. Each deleted token is printed.",
     .options = {AT_OPTION_USER, AT_OPTION_DRY_RUN, AT_OPTION_YES,
                 AT_OPTION_HELP},
     .examples = {{"httoken delete 0bc1d49f-5475-4c62-a0ba-6ad269389ada", NULL},
                  {"httoken delete --user alice --dry-run",
                   "the tokens that would be deleted"},
                  {"httoken delete --user alice --yes",
                   "without a question, in a script"}},
     .run = at_run_delete},
    {.name = "find",
     .operands = "",
     .summary = "find the owner of a leaked token",
     .about = "Searches standard input for tokens: a token that was pasted, "
              "with quotes, line ends or Bearer around it, or all tokens in a "
              "log. Prints the owner and the status of each. The input is "
              "neither printed nor logged; a terminal does not echo it.",
     .options = {AT_OPTION_FORMAT, AT_OPTION_HELP},
     .examples = {{"httoken find", "then paste the token"},
                  {"httoken find < leaked.txt", NULL}},
     .run = at_run_find},
    {.name = "purge",
     .operands = "",
     .summary = "remove rows of tokens that ended long ago",
     .about = "Removes the rows of tokens that expired or were deleted long "
              "ago, in small batches, so that running servers do not wait. "
              "Servers purge by themselves (AccessTokenPurgeAfter); this "
              "command does it now. Rows of tokens that were deleted within "
              "the last hour stay, because running servers have to read them. "
              "On a terminal it asks first.",
     .options = {AT_OPTION_OLDER, AT_OPTION_DRY_RUN, AT_OPTION_YES,
                 AT_OPTION_HELP},
     .examples = {{"httoken purge --dry-run",
                   "the number of rows that would be removed"},
                  {"httoken purge --older-than 30d --yes", NULL}},
     .run = at_run_purge},
    {.name = "check",
     .operands = "",
     .summary = "check the database, the table and the rights",
     .about = "Checks the driver, the file, the connection, the table, its "
              "indexes and collations, the rights and the clocks, and says "
              "what to do about each fault. Changes nothing. The first fault "
              "sets the exit status.",
     .options = {AT_OPTION_HELP},
     .examples = {{"httoken check", NULL},
                  {"httoken -c /srv/httpd/conf/httpd.conf check",
                   "the database of another server's configuration"}},
     .run = at_run_check},
    {.name = NULL}};

const at_command_t *at_command_find(const char *name)
{
    const at_command_t *command;

    for (command = at_commands; command->name; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

int at_command_takes(const at_command_t *command, at_option_e option)
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
