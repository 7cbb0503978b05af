/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken list and httoken show. A list is read page by page, and all pages
 * use the same memory, so its length is not limited.
 */
#include <stdio.h>
#include <string.h>

#include "core/db/inspect.h"
#include "tool/commands/command.h"
#include "tool/commands/similar_owners.h"
#include "tool/commands/values.h"
#include "tool/output/display.h"
#include "tool/output/messages.h"
#include "tool/output/output.h"
#include "tool/output/terminal.h"

#define PAGE 500

static at_exit_e read_status(const at_args_t *args, at_inspect_t *wanted)
{
    static const char *const words[] = {[AT_INSPECT_ACTIVE] = "active",
                                        [AT_INSPECT_EXPIRED] = "expired",
                                        [AT_INSPECT_DELETED] = "deleted",
                                        [AT_INSPECT_ALL] = "all"};
    const char *word = args->value[AT_OPTION_STATUS];
    int i;

    wanted->status = AT_INSPECT_LIVE;
    if (!word) {
        return AT_EXIT_DONE;
    }
    for (i = AT_INSPECT_ACTIVE; i <= AT_INSPECT_ALL; i++) {
        if (strcmp(word, words[i]) == 0) {
            wanted->status = (at_inspect_e)i;
            return AT_EXIT_DONE;
        }
    }
    at_message_error("--status takes active, expired, deleted or all");
    return AT_EXIT_USAGE;
}

static at_exit_e read_times(const at_args_t *args, at_inspect_t *wanted)
{
    apr_int64_t within, unused;
    at_exit_e status =
        at_value_duration(args, AT_OPTION_EXPIRING, AT_TIME_NONE, &within);

    if (status == AT_EXIT_DONE) {
        status =
            at_value_duration(args, AT_OPTION_UNUSED, AT_TIME_NONE, &unused);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    wanted->now = at_clock_now();
    wanted->over_by =
        within == AT_TIME_NONE ? AT_TIME_NONE : wanted->now + within * 1000;
    wanted->idle_since =
        unused == AT_TIME_NONE ? AT_TIME_NONE : wanted->now - unused * 1000;
    return AT_EXIT_DONE;
}

static at_exit_e read_wanted(const at_args_t *args, at_inspect_t *wanted)
{
    at_exit_e status = read_status(args, wanted);

    wanted->limit = PAGE;
    if (status == AT_EXIT_DONE) {
        status = read_times(args, wanted);
    }
    if (status == AT_EXIT_DONE && args->operands->nelts > 0) {
        wanted->user = APR_ARRAY_IDX(args->operands, 0, const char *);
        status = at_value_user(wanted->user);
    }
    return status;
}

static at_exit_e write_pages(at_tool_t *tool, at_inspection_t *inspection,
                             at_output_t *output, apr_int64_t *total)
{
    apr_array_header_t *rows;
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *page;

    apr_pool_create(&page, tool->pool);
    while (!at_term_interrupted()) {
        apr_pool_clear(page);
        at_connection_op(tool->connection, page); /* with a new deadline */
        status = at_inspect_next(inspection, &rows, page);
        if (status != APR_SUCCESS) {
            break;
        }
        at_output_page(output, rows, page);
        *total += rows->nelts;
        if (!at_term_is_output()) {
            at_message_progress("tokens", *total);
        }
        if (ferror(stdout)) {
            return at_output_flush();
        }
    }
    at_message_progress_end();
    if (at_term_interrupted()) {
        return AT_EXIT_INTERRUPTED;
    }
    return status == APR_EOF
               ? AT_EXIT_DONE
               : at_connection_report(tool->connection, "list the tokens");
}

static void print_total(apr_int64_t total)
{
    char number[AT_DISPLAY_NUMBER_SIZE];

    if (!at_term_is_output()) {
        return;
    }
    at_display_number(total, number);
    at_message_note(total == 0 ? "No tokens." : "%s token%s.", number,
                    total == 1 ? "" : "s");
}

static at_exit_e open_to_show(at_tool_t *tool, at_format_e *format)
{
    at_exit_e status = at_output_format(tool->args, format);

    return status == AT_EXIT_DONE
               ? at_connection_open(tool->datasource, &tool->connection,
                                    tool->pool)
               : status;
}

at_exit_e at_run_list(at_tool_t *tool)
{
    at_inspect_t wanted = {.user = NULL};
    at_format_e format = AT_FORMAT_TABLE;
    at_inspection_t *inspection;
    at_output_t *output;
    apr_int64_t total = 0;
    at_exit_e status = read_wanted(tool->args, &wanted);

    if (status == AT_EXIT_DONE) {
        status = open_to_show(tool, &format);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    inspection = at_inspect_begin(
        at_connection_op(tool->connection, tool->pool), &wanted, tool->pool);
    output = at_output_begin(format, wanted.now, tool->pool);
    status = write_pages(tool, inspection, output, &total);
    if (status != AT_EXIT_DONE) {
        return status; /* the list is left without its end, as incomplete */
    }
    at_output_end(output);
    status = at_output_flush();
    if (format == AT_FORMAT_TABLE) {
        print_total(total);
    }
    return status == AT_EXIT_DONE && wanted.user
               ? at_similar_owners_note(tool, wanted.user)
               : status;
}

/* Show */

at_exit_e at_run_show(at_tool_t *tool)
{
    const char *word = APR_ARRAY_IDX(tool->args->operands, 0, const char *);
    at_format_e format = AT_FORMAT_TABLE;
    apr_status_t found;
    at_op_t *op;
    at_id_t id;
    at_exit_e status = at_value_id(word, &id);

    if (status == AT_EXIT_DONE) {
        status = open_to_show(tool, &format);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    op = at_connection_op(tool->connection, tool->pool);
    op->id = id;
    found = at_store_find(op);
    if (found == APR_NOTFOUND) {
        at_message_error("there is no token %s", word);
        return AT_EXIT_ABSENT;
    }
    if (found != APR_SUCCESS) {
        return at_connection_report(tool->connection, "look for the token");
    }
    at_output_token(format, op->row, at_clock_now(), tool->pool);
    return at_output_flush();
}
