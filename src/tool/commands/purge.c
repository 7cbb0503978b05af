/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken purge: removes rows of tokens that ended long ago, in batches, so
 * that no server waits long, and an interruption keeps what was done.
 */
#include <stdio.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/db/inspect.h"
#include "core/db/purge.h"
#include "tool/commands/command.h"
#include "tool/commands/values.h"
#include "tool/output/display.h"
#include "tool/output/messages.h"
#include "tool/output/output.h"
#include "tool/output/prompt.h"
#include "tool/output/terminal.h"

#define BATCH 500
#define KEEP_DELETED_MS 3600000 /* usually more than AccessTokenCacheTTL */
#define PAUSE_US 10000          /* between two batches, for other writers */

static at_exit_e read_age(const at_tool_t *tool, apr_int64_t *seconds)
{
    if (!tool->args->value[AT_OPTION_OLDER] &&
        tool->datasource->purge_after == AT_PURGE_NEVER) {
        at_message_error(
            "the configuration has AccessTokenPurgeAfter never; give "
            "the age of the rows with --older-than");
        return AT_EXIT_USAGE;
    }
    return at_value_duration(tool->args, AT_OPTION_OLDER,
                             tool->datasource->purge_after, seconds);
}

/* The rows of recent deletions stay: a running server that has not read one
 * yet would let the token in until its cache entry expires. */
static at_purge_t old_rows(apr_int64_t now, apr_int64_t seconds)
{
    apr_int64_t age = seconds * 1000;
    at_purge_t purge = {.expired_before = now - age,
                        .deleted_before =
                            now -
                            (age > KEEP_DELETED_MS ? age : KEEP_DELETED_MS)};

    if (age < KEEP_DELETED_MS) {
        at_message_note(
            "Rows of tokens that were deleted less than an hour ago stay, "
            "because running servers have to read them.");
    }
    return purge;
}

static at_exit_e remove_all(at_tool_t *tool, const at_purge_t *purge,
                            apr_int64_t *total)
{
    int removed;
    int more = 1;

    while (more && !at_term_interrupted()) {
        at_op_t *op = at_connection_op(tool->connection, tool->pool);

        op->limit = BATCH;
        if (at_purge_some(op, purge, &removed, &more) != APR_SUCCESS) {
            at_message_progress_end();
            return at_connection_report(tool->connection, "remove rows");
        }
        *total += removed;
        at_message_progress("rows removed", *total);
        usleep(PAUSE_US);
    }
    at_message_progress_end();
    return more ? AT_EXIT_INTERRUPTED : AT_EXIT_DONE;
}

static void print_total(const char *what, apr_int64_t total)
{
    char number[AT_DISPLAY_NUMBER_SIZE];

    at_display_number(total, number);
    if (at_term_is_output()) {
        printf("%s %s row%s.\n", what, number, total == 1 ? "" : "s");
        return;
    }
    printf("%" APR_INT64_T_FMT "\n", total);
}

static int is_confirmed(const at_tool_t *tool, apr_int64_t total,
                        const char *age)
{
    char number[AT_DISPLAY_NUMBER_SIZE];

    if (total == 0 || tool->args->value[AT_OPTION_YES] ||
        !at_prompt_is_possible()) {
        return 1;
    }
    at_display_number(total, number);
    return at_prompt_confirm(
        apr_psprintf(tool->pool,
                     "Remove %s row%s of tokens that "
                     "expired or were deleted more than %s "
                     "ago?",
                     number, total == 1 ? "" : "s", age));
}

at_exit_e at_run_purge(at_tool_t *tool)
{
    apr_int64_t seconds, count;
    apr_int64_t total = 0;
    at_purge_t purge;
    at_exit_e status = read_age(tool, &seconds);

    if (status == AT_EXIT_DONE) {
        status =
            at_connection_open(tool->datasource, &tool->connection, tool->pool);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    purge = old_rows(at_clock_now(), seconds);
    if (at_inspect_count_old(at_connection_op(tool->connection, tool->pool),
                             &purge, &count) != APR_SUCCESS) {
        return at_connection_report(tool->connection, "count the rows");
    }
    if (tool->args->value[AT_OPTION_DRY_RUN]) {
        print_total("Would remove", count);
        return at_output_flush();
    }
    if (!is_confirmed(tool, count, at_display_duration(seconds, tool->pool))) {
        at_message_note("Nothing was removed.");
        return AT_EXIT_INTERRUPTED;
    }
    status = remove_all(tool, &purge, &total);
    print_total("Removed", total);
    return status == AT_EXIT_DONE ? at_output_flush() : status;
}
