/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken delete: marks tokens as deleted, as the manager does, so that
 * running servers notice. Each token has a transaction of its own, so what was
 * printed is done, whatever follows.
 */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/inspect.h"
#include "core/token/token.h"
#include "tool/commands/command.h"
#include "tool/commands/similar_owners.h"
#include "tool/commands/values.h"
#include "tool/output/display.h"
#include "tool/output/messages.h"
#include "tool/output/output.h"
#include "tool/output/prompt.h"
#include "tool/output/terminal.h"

#define PAGE 500

typedef struct deletion_t {
    at_tool_t *tool;
    int dry_run;
    apr_int64_t done;
    int has_absent; /* a token did not exist */
} deletion_t;

static at_exit_e delete_row(deletion_t *deletion, const at_row_t *row,
                            apr_pool_t *p)
{
    at_tool_t *tool = deletion->tool;
    apr_status_t status = APR_SUCCESS;
    at_id_t id;

    if (at_token_parse_id(row->id_text, &id) != APR_SUCCESS) {
        at_message_error("a row was not deleted, since it has no valid id: %s",
                         row->reason);
        return AT_EXIT_DONE;
    }
    if (!deletion->dry_run) {
        at_op_t *op = at_connection_op(tool->connection, p);

        op->id = id;
        op->when = at_clock_now();
        status = at_store_delete(op);
    }
    if (status == APR_NOTFOUND) {
        return AT_EXIT_DONE; /* another process deleted it first */
    }
    if (status != APR_SUCCESS) {
        return at_connection_report(tool->connection, "delete a token");
    }
    deletion->done++;
    at_output_line(deletion->dry_run ? "Would delete" : "Deleted", row, p);
    return AT_EXIT_DONE;
}

static at_exit_e end(const deletion_t *deletion, at_exit_e status)
{
    char number[AT_DISPLAY_NUMBER_SIZE];

    at_display_number(deletion->done, number);
    if (status == AT_EXIT_INTERRUPTED) {
        at_message_error("interrupted; %s deleted", number);
        return status;
    }
    if (status == AT_EXIT_DONE) {
        status = at_output_flush();
    }
    return status == AT_EXIT_DONE && deletion->has_absent ? AT_EXIT_ABSENT
                                                          : status;
}

static int is_confirmed(const deletion_t *deletion, apr_int64_t count,
                        const char *whose)
{
    char number[AT_DISPLAY_NUMBER_SIZE];

    if (deletion->dry_run || count < 2 || !at_prompt_is_possible() ||
        deletion->tool->args->value[AT_OPTION_YES]) {
        return 1;
    }
    at_display_number(count, number);
    return at_prompt_confirm(apr_psprintf(deletion->tool->pool,
                                          "Delete %s tokens%s? This cannot be "
                                          "undone.",
                                          number, whose));
}

static at_exit_e not_confirmed(void)
{
    if (!at_term_interrupted()) {
        at_message_note("Nothing was deleted.");
    }
    return AT_EXIT_INTERRUPTED;
}

static at_exit_e open_connection(deletion_t *deletion)
{
    at_tool_t *tool = deletion->tool;

    return at_connection_open(tool->datasource, &tool->connection, tool->pool);
}

/* By id */

static at_exit_e delete_id(deletion_t *deletion, const char *word)
{
    at_tool_t *tool = deletion->tool;
    at_op_t *op = at_connection_op(tool->connection, tool->pool);
    apr_status_t status;
    at_id_t id;

    at_token_parse_id(word, &id);
    op->id = id;
    status = at_store_find(op);
    if (status == APR_NOTFOUND) {
        at_message_error("there is no token %s", word);
        deletion->has_absent = 1;
        return AT_EXIT_DONE;
    }
    if (status != APR_SUCCESS) {
        return at_connection_report(tool->connection, "look for a token");
    }
    if (!op->row->reason && op->row->deleted_at != AT_TIME_NONE) {
        at_message_error("the token %s was deleted %s", word,
                         at_display_relative(op->row->deleted_at,
                                             at_clock_now(), tool->pool));
        deletion->has_absent = 1;
        return AT_EXIT_DONE;
    }
    return delete_row(deletion, op->row, tool->pool);
}

static at_exit_e delete_ids(deletion_t *deletion)
{
    const apr_array_header_t *words = deletion->tool->args->operands;
    at_exit_e status = AT_EXIT_DONE;
    at_id_t id;
    int i;

    for (i = 0; i < words->nelts; i++) {
        status = at_value_id(APR_ARRAY_IDX(words, i, const char *), &id);
        if (status != AT_EXIT_DONE) {
            return status;
        }
    }
    status = open_connection(deletion);
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (!is_confirmed(deletion, words->nelts, "")) {
        return not_confirmed();
    }
    for (i = 0; i < words->nelts && status == AT_EXIT_DONE; i++) {
        status =
            at_term_interrupted()
                ? AT_EXIT_INTERRUPTED
                : delete_id(deletion, APR_ARRAY_IDX(words, i, const char *));
    }
    return end(deletion, status);
}

/* By user */

static at_inspection_t *begin(const deletion_t *deletion, const char *user)
{
    at_inspect_t wanted = {.user = user,
                           .status = AT_INSPECT_LIVE,
                           .over_by = AT_TIME_NONE,
                           .idle_since = AT_TIME_NONE,
                           .limit = PAGE};

    return at_inspect_begin(
        at_connection_op(deletion->tool->connection, deletion->tool->pool),
        &wanted, deletion->tool->pool);
}

static at_exit_e delete_page(deletion_t *deletion,
                             const apr_array_header_t *rows, apr_pool_t *p)
{
    at_exit_e status = AT_EXIT_DONE;
    int i;

    for (i = 0; i < rows->nelts && status == AT_EXIT_DONE; i++) {
        status = at_term_interrupted()
                     ? AT_EXIT_INTERRUPTED
                     : delete_row(deletion,
                                  APR_ARRAY_IDX(rows, i, const at_row_t *), p);
    }
    return status;
}

/* Delete all tokens of the user, page by page; with `count` only count
 * them. */
static at_exit_e delete_pages(deletion_t *deletion, const char *user,
                              apr_int64_t *count)
{
    at_inspection_t *inspection = begin(deletion, user);
    at_exit_e ended = AT_EXIT_DONE;
    apr_array_header_t *rows;
    apr_status_t status;
    apr_pool_t *page;

    apr_pool_create(&page, deletion->tool->pool);
    while (ended == AT_EXIT_DONE) {
        apr_pool_clear(page);
        at_connection_op(deletion->tool->connection, page);
        status = at_inspect_next(inspection, &rows, page);
        if (status == APR_EOF) {
            break;
        }
        if (status != APR_SUCCESS) {
            ended = at_connection_report(deletion->tool->connection,
                                         "list the tokens");
        }
        else if (at_term_interrupted()) {
            ended = AT_EXIT_INTERRUPTED;
        }
        else if (count) {
            *count += rows->nelts;
        }
        else {
            ended = delete_page(deletion, rows, page);
            if (!at_term_is_output()) {
                at_message_progress("deleted", deletion->done);
            }
        }
    }
    at_message_progress_end();
    apr_pool_destroy(page);
    return ended;
}

static at_exit_e delete_user(deletion_t *deletion, const char *user)
{
    apr_pool_t *p = deletion->tool->pool;
    apr_int64_t count = 0;
    at_exit_e status = at_value_user(user);

    if (status == AT_EXIT_DONE) {
        status = open_connection(deletion);
    }
    if (status == AT_EXIT_DONE) {
        status = delete_pages(deletion, user, &count);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (count == 0) {
        at_message_error("%s has no tokens", at_display_safe(user, p));
        status = at_similar_owners_note(deletion->tool, user);
        return status == AT_EXIT_DONE ? AT_EXIT_ABSENT : status;
    }
    if (!is_confirmed(deletion, count,
                      apr_pstrcat(p, " of ", at_display_safe(user, p), NULL))) {
        return not_confirmed();
    }
    status = end(deletion, delete_pages(deletion, user, NULL));
    return status == AT_EXIT_DONE ? at_similar_owners_note(deletion->tool, user)
                                  : status;
}

at_exit_e at_run_delete(at_tool_t *tool)
{
    deletion_t deletion = {
        .tool = tool, .dry_run = tool->args->value[AT_OPTION_DRY_RUN] != NULL};
    const char *user = tool->args->value[AT_OPTION_USER];

    if ((user != NULL) == (tool->args->operands->nelts > 0)) {
        at_message_error("delete takes ids of tokens, or --user");
        return AT_EXIT_USAGE;
    }
    return user ? delete_user(&deletion, user) : delete_ids(&deletion);
}
