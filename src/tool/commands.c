/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands as a person meets them. Help, man page and completion are made
 * of this table and of the one of the options, so none of them can be out of
 * date.
 */
#include <string.h>

#include "tool/tool.h"

const at_command_t at_commands[] = {
    {.name = "init",
     .words = "",
     .summary = "create the table, or bring it up to date",
     .about = "Makes the table and its indexes where they lack, and adds "
              "columns that an older version did not have. Rows stay as they "
              "are. May be repeated, also while servers run. A new SQLite "
              "file is given to the web server's user when root makes it.",
     .options = {AT_OPTION_HELP},
     .examples = {{"httoken init", "the table of the server's configuration"},
                  {"HTTOKEN_DATABASE='pgsql host=db dbname=tokens "
                   "user=httpd' httoken init",
                   "a table in PostgreSQL"}},
     .run = at_run_init},
    {.name = "schema",
     .words = "",
     .summary = "print the SQL that init would run",
     .about = "Prints the statements that make the table from nothing, for "
              "those who may not create tables themselves. The database is "
              "not asked.",
     .options = {AT_OPTION_HELP},
     .examples = {{"httoken -d pgsql schema | psql tokens",
                   "let PostgreSQL's administrator make the table"},
                  {"httoken -d mysql -t api_tokens schema",
                   "for MariaDB, under another name"}},
     .run = at_run_schema},
    {.name = "generate",
     .words = "USER",
     .words_min = 1,
     .words_max = 1,
     .summary = "make a token for a user",
     .about = "Prints the token, alone, on standard output, and everything "
              "else on standard error. It is shown this once: the table keeps "
              "only its hash. Limits that the server's configuration sets for "
              "its users, such as AccessTokenMaxLifetime and "
              "AccessTokenScopes, do not hold here.",
     .options = {AT_OPTION_LIFETIME, AT_OPTION_DESCRIPTION, AT_OPTION_SCOPE,
                 AT_OPTION_OUTPUT, AT_OPTION_PREFIX, AT_OPTION_HELP},
     .examples = {{"httoken generate backup --lifetime 90d --description "
                   "'nightly export'",
                   "a token for a service account"},
                  {"httoken generate backup -o /etc/backup/token",
                   "into a new file with mode 0600"},
                  {"httoken generate backup --scope read --scope upload",
                   "one that is limited to two scopes"}},
     .run = at_run_generate},
    {.name = "list",
     .words = "[USER]",
     .words_max = 1,
     .summary = "list tokens, newest first",
     .about = "On a terminal a table that fits it, with relative times; into "
              "a pipe or a file all columns in full, with tabs between them, "
              "times in UTC and no heading. json has the members that "
              "the manager's API has. Millions of rows are written as they are "
              "read.",
     .options = {AT_OPTION_STATUS, AT_OPTION_EXPIRING, AT_OPTION_UNUSED,
                 AT_OPTION_FORMAT, AT_OPTION_HELP},
     .examples = {{"httoken list alice", "the tokens of one user"},
                  {"httoken list --expiring-within 14d", "who has to be told"},
                  {"httoken list --unused-for 90d --format csv",
                   "candidates for deletion, as a spreadsheet"},
                  {"httoken list --format json | jq -r '.data[].user' | sort "
                   "| uniq -c",
                   "how many each user has"}},
     .run = at_run_list},
    {.name = "show",
     .words = "ID",
     .words_min = 1,
     .words_max = 1,
     .summary = "show one token",
     .about = "ID is a token's id as list, the manager and the server's log "
              "show it, never the token itself.",
     .options = {AT_OPTION_FORMAT, AT_OPTION_HELP},
     .examples = {{"httoken show 0bc1d49f-5475-4c62-a0ba-6ad269389ada", NULL}},
     .run = at_run_show},
    {.name = "delete",
     .words = "ID...",
     .words_max = -1,
     .summary = "delete tokens",
     .about = "Running servers refuse a deleted token within "
              "AccessTokenRevocationInterval, a second unless configured "
              "otherwise. This cannot be undone. On a terminal it asks before "
              "it deletes more than one. Each deleted token is printed.",
     .options = {AT_OPTION_USER, AT_OPTION_DRY_RUN, AT_OPTION_YES,
                 AT_OPTION_HELP},
     .examples = {{"httoken delete 0bc1d49f-5475-4c62-a0ba-6ad269389ada", NULL},
                  {"httoken delete --user alice --dry-run",
                   "what alice would lose"},
                  {"httoken delete --user alice --yes",
                   "alice has left, and a script knows it"}},
     .run = at_run_delete},
    {.name = "find",
     .words = "",
     .summary = "say whose token it is that leaked",
     .about = "Reads standard input and looks for tokens in it: one that was "
              "pasted, with quotes, line ends or Bearer around it, or in the "
              "middle of a log. Says whose they are and whether they are "
              "valid. What was read is printed and logged nowhere; on a "
              "terminal it is not echoed.",
     .options = {AT_OPTION_FORMAT, AT_OPTION_HELP},
     .examples = {{"httoken find", "then paste the token"},
                  {"httoken find < leaked.txt", NULL}},
     .run = at_run_find},
    {.name = "purge",
     .words = "",
     .summary = "remove rows that are long over",
     .about = "Removes the rows of tokens that expired or were deleted long "
              "ago, in small batches, so that running servers are not held "
              "up. Servers do it themselves (AccessTokenPurgeAfter); this is "
              "for doing it now. What was deleted within the hour stays, for "
              "running servers have to learn of it. On a terminal it asks "
              "first.",
     .options = {AT_OPTION_OLDER, AT_OPTION_DRY_RUN, AT_OPTION_YES,
                 AT_OPTION_HELP},
     .examples = {{"httoken purge --dry-run", "how many rows would go"},
                  {"httoken purge --older-than 30d --yes", NULL}},
     .run = at_run_purge},
    {.name = "check",
     .words = "",
     .summary = "say whether all is as it should be",
     .about = "Looks at the driver, the file, the connection, the table, its "
              "indexes and collations, the rights, and the clocks, and says "
              "what to do about each that is wrong. Changes nothing. The exit "
              "status tells the worst that was found.",
     .options = {AT_OPTION_HELP},
     .examples = {{"httoken check", NULL},
                  {"httoken -c /srv/httpd/conf/httpd.conf check",
                   "of another server's configuration"}},
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
