/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken check: runs the steps in their order, each of which prints what it
 * finds. The first fault sets the exit status.
 */
#include "tool/commands/check.h"

#include <stdio.h>

#include <apr_strings.h>

#include "tool/files/access.h"
#include "tool/output/output.h"
#include "tool/output/terminal.h"

static void print_line(const char *word, at_colour_e colour,
                       const char *subject, const char *text)
{
    printf("%s%-5s%s %-11s %s\n", at_term_colour(colour), word, at_term_reset(),
           subject, text);
}

void at_check_ok(const char *subject, const char *text)
{
    print_line("ok", AT_COLOUR_GOOD, subject, text);
}

void at_check_note(const char *subject, const char *text)
{
    print_line("note", AT_COLOUR_WARN, subject, text);
}

void at_check_fault(at_check_t *check, at_exit_e status, const char *subject,
                    const char *text)
{
    print_line("WRONG", AT_COLOUR_BAD, subject, text);
    if (check->status == AT_EXIT_DONE) {
        check->status = status;
    }
}

static int check_driver(at_check_t *check)
{
    const at_datasource_t *datasource = check->tool->datasource;
    apr_pool_t *p = check->tool->pool;

    at_check_ok("database",
                apr_psprintf(p, "named by %s", datasource->named_by));
    if (*datasource->params &&
        at_database_driver_check(datasource->driver, p) != 0) {
        at_check_fault(
            check, AT_EXIT_UNREACHABLE, "driver",
            apr_psprintf(p,
                         "%s is not installed for apr_dbd; Debian has it in "
                         "%s",
                         datasource->driver,
                         at_driver_package(datasource->driver, p)));
        return 0;
    }
    check->status = at_connection_prepare(datasource, &check->connection, p);
    if (check->status != AT_EXIT_DONE) {
        return 0;
    }
    at_check_ok("driver", datasource->driver);
    return 1;
}

at_exit_e at_run_check(at_tool_t *tool)
{
    static at_check_step_t *const steps[] = {
        check_driver,     at_check_file,  at_check_connection, at_check_session,
        at_check_journal, at_check_table, at_check_rights,     at_check_clock};
    at_check_t check = {
        .tool = tool,
        .status = AT_EXIT_DONE,
        .server_user = at_access_server_user(tool->datasource->server_user)};
    at_exit_e flushed;
    apr_size_t i;

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (at_term_interrupted()) {
            return AT_EXIT_INTERRUPTED;
        }
        if (!steps[i](&check)) {
            break;
        }
    }
    flushed = at_output_flush();
    return check.status == AT_EXIT_DONE ? flushed : check.status;
}
