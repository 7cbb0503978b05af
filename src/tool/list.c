/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken list and httoken show. A list is read page by page into memory that is
 * used again, so its length does not matter.
 */
#include <stdio.h>
#include <string.h>

#include "core/db/inspect.h"
#include "tool/ids.h"
#include "tool/namesakes.h"
#include "tool/output.h"
#include "tool/terminal.h"
#include "tool/tool.h"
#include "tool/words.h"

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
    at_term_say("--status takes active, expired, deleted or all");
    return AT_EXIT_USAGE;
}

static at_exit_e read_times(const at_args_t *args, at_inspect_t *wanted)
{
    apr_int64_t within, unused;
    at_exit_e status =
        at_ids_duration(args, AT_OPTION_EXPIRING, AT_TIME_NONE, &within);

    if (status == AT_EXIT_DONE) {
        status = at_ids_duration(args, AT_OPTION_UNUSED, AT_TIME_NONE, &unused);
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
    if (status == AT_EXIT_DONE && args->words->nelts > 0) {
        wanted->user = APR_ARRAY_IDX(args->words, 0, const char *);
        status = at_ids_user(wanted->user);
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
        at_link_op(tool->link, page); /* with a new deadline */
        status = at_inspect_next(inspection, &rows, page);
        if (status != APR_SUCCESS) {
            break;
        }
        at_output_page(output, rows, page);
        *total += rows->nelts;
        if (!at_term_is_person()) {
            at_term_progress("tokens", *total);
        }
        if (ferror(stdout)) {
            return at_output_flush();
        }
    }
    at_term_progress_end();
    if (at_term_interrupted()) {
        return AT_EXIT_INTERRUPTED;
    }
    return status == APR_EOF ? AT_EXIT_DONE
                             : at_link_blame(tool->link, "list the tokens");
}

static void sum_up(apr_int64_t total)
{
    char number[AT_WORDS_NUMBER_SIZE];

    if (!at_term_is_person()) {
        return;
    }
    at_words_number(total, number);
    at_term_note(total == 0 ? "No tokens." : "%s token%s.", number,
                 total == 1 ? "" : "s");
}

static at_exit_e open_to_show(at_tool_t *tool, at_format_e *format)
{
    at_exit_e status = at_output_format(tool->args, format);

    return status == AT_EXIT_DONE
               ? at_link_open(tool->target, &tool->link, tool->pool)
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
    inspection = at_inspect_begin(at_link_op(tool->link, tool->pool), &wanted,
                                  tool->pool);
    output = at_output_begin(format, wanted.now, tool->pool);
    status = write_pages(tool, inspection, output, &total);
    if (status != AT_EXIT_DONE) {
        return status; /* what was written is not complete, and looks so */
    }
    at_output_end(output);
    status = at_output_flush();
    if (format == AT_FORMAT_TABLE) {
        sum_up(total);
    }
    return status == AT_EXIT_DONE && wanted.user
               ? at_namesakes_tell(tool, wanted.user)
               : status;
}

/* Show */

at_exit_e at_run_show(at_tool_t *tool)
{
    const char *word = APR_ARRAY_IDX(tool->args->words, 0, const char *);
    at_format_e format = AT_FORMAT_TABLE;
    apr_status_t found;
    at_op_t *op;
    at_id_t id;
    at_exit_e status = at_ids_read(word, &id);

    if (status == AT_EXIT_DONE) {
        status = open_to_show(tool, &format);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    op = at_link_op(tool->link, tool->pool);
    op->id = id;
    found = at_store_find(op);
    if (found == APR_NOTFOUND) {
        at_term_say("there is no token %s", word);
        return AT_EXIT_ABSENT;
    }
    if (found != APR_SUCCESS) {
        return at_link_blame(tool->link, "look for the token");
    }
    at_output_token(format, op->row, at_clock_now(), tool->pool);
    return at_output_flush();
}
