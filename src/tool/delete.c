/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken delete: marks tokens deleted, as the manager does, so that running
 * servers notice; each in a transaction of its own, so that what was printed is
 * done whatever comes then.
 */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "core/db/inspect.h"
#include "core/token/token.h"
#include "tool/ids.h"
#include "tool/namesakes.h"
#include "tool/output.h"
#include "tool/terminal.h"
#include "tool/tool.h"
#include "tool/words.h"

#define PAGE 500

typedef struct deletion_t {
    at_tool_t *tool;
    int dry_run;
    apr_int64_t done;
    int absent; /* some were not there */
} deletion_t;

static at_exit_e delete_row(deletion_t *deletion, const at_row_t *row,
                            apr_pool_t *p)
{
    at_tool_t *tool = deletion->tool;
    apr_status_t status = APR_SUCCESS;
    at_id_t id;

    if (at_token_parse_id(row->id_text, &id) != APR_SUCCESS) {
        at_term_say("a row is no token of ours and was left alone: %s",
                    row->reason);
        return AT_EXIT_DONE;
    }
    if (!deletion->dry_run) {
        at_op_t *op = at_link_op(tool->link, p);

        op->id = id;
        op->when = at_clock_now();
        status = at_store_delete(op);
    }
    if (status == APR_NOTFOUND) {
        return AT_EXIT_DONE; /* somebody else was faster */
    }
    if (status != APR_SUCCESS) {
        return at_link_blame(tool->link, "delete a token");
    }
    deletion->done++;
    at_output_line(deletion->dry_run ? "Would delete" : "Deleted", row, p);
    return AT_EXIT_DONE;
}

static at_exit_e end(const deletion_t *deletion, at_exit_e status)
{
    char number[AT_WORDS_NUMBER_SIZE];

    at_words_number(deletion->done, number);
    if (status == AT_EXIT_INTERRUPTED) {
        at_term_say("interrupted; %s deleted", number);
        return status;
    }
    if (status == AT_EXIT_DONE) {
        status = at_output_flush();
    }
    return status == AT_EXIT_DONE && deletion->absent ? AT_EXIT_ABSENT : status;
}

static int may_go_on(const deletion_t *deletion, apr_int64_t count,
                     const char *whose)
{
    char number[AT_WORDS_NUMBER_SIZE];

    if (deletion->dry_run || count < 2 || !at_term_can_ask() ||
        deletion->tool->args->value[AT_OPTION_YES]) {
        return 1;
    }
    at_words_number(count, number);
    return at_term_confirm(apr_psprintf(deletion->tool->pool,
                                        "Delete %s tokens%s? This cannot be "
                                        "undone.",
                                        number, whose));
}

static at_exit_e not_confirmed(void)
{
    if (!at_term_interrupted()) {
        at_term_note("Nothing was deleted.");
    }
    return AT_EXIT_INTERRUPTED;
}

static at_exit_e open_link(deletion_t *deletion)
{
    at_tool_t *tool = deletion->tool;

    return at_link_open(tool->target, &tool->link, tool->pool);
}

/* By id */

static at_exit_e delete_id(deletion_t *deletion, const char *word)
{
    at_tool_t *tool = deletion->tool;
    at_op_t *op = at_link_op(tool->link, tool->pool);
    apr_status_t status;
    at_id_t id;

    at_token_parse_id(word, &id);
    op->id = id;
    status = at_store_find(op);
    if (status == APR_NOTFOUND) {
        at_term_say("there is no token %s", word);
        deletion->absent = 1;
        return AT_EXIT_DONE;
    }
    if (status != APR_SUCCESS) {
        return at_link_blame(tool->link, "look for a token");
    }
    if (!op->row->reason && op->row->deleted_at != AT_TIME_NONE) {
        at_term_say(
            "the token %s was deleted %s", word,
            at_words_moment(op->row->deleted_at, at_clock_now(), tool->pool));
        deletion->absent = 1;
        return AT_EXIT_DONE;
    }
    return delete_row(deletion, op->row, tool->pool);
}

static at_exit_e delete_ids(deletion_t *deletion)
{
    const apr_array_header_t *words = deletion->tool->args->words;
    at_exit_e status = AT_EXIT_DONE;
    at_id_t id;
    int i;

    for (i = 0; i < words->nelts; i++) {
        status = at_ids_read(APR_ARRAY_IDX(words, i, const char *), &id);
        if (status != AT_EXIT_DONE) {
            return status;
        }
    }
    status = open_link(deletion);
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (!may_go_on(deletion, words->nelts, "")) {
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
        at_link_op(deletion->tool->link, deletion->tool->pool), &wanted,
        deletion->tool->pool);
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

/* All pages of the user; `count` counts only. */
static at_exit_e walk(deletion_t *deletion, const char *user,
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
        at_link_op(deletion->tool->link, page);
        status = at_inspect_next(inspection, &rows, page);
        if (status == APR_EOF) {
            break;
        }
        if (status != APR_SUCCESS) {
            ended = at_link_blame(deletion->tool->link, "list the tokens");
        }
        else if (at_term_interrupted()) {
            ended = AT_EXIT_INTERRUPTED;
        }
        else if (count) {
            *count += rows->nelts;
        }
        else {
            ended = delete_page(deletion, rows, page);
            if (!at_term_is_person()) {
                at_term_progress("deleted", deletion->done);
            }
        }
    }
    at_term_progress_end();
    apr_pool_destroy(page);
    return ended;
}

static at_exit_e delete_user(deletion_t *deletion, const char *user)
{
    apr_pool_t *p = deletion->tool->pool;
    apr_int64_t count = 0;
    at_exit_e status = at_ids_user(user);

    if (status == AT_EXIT_DONE) {
        status = open_link(deletion);
    }
    if (status == AT_EXIT_DONE) {
        status = walk(deletion, user, &count);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (count == 0) {
        at_term_say("%s has no tokens", at_words_safe(user, p));
        status = at_namesakes_tell(deletion->tool, user);
        return status == AT_EXIT_DONE ? AT_EXIT_ABSENT : status;
    }
    if (!may_go_on(deletion, count,
                   apr_pstrcat(p, " of ", at_words_safe(user, p), NULL))) {
        return not_confirmed();
    }
    status = end(deletion, walk(deletion, user, NULL));
    return status == AT_EXIT_DONE ? at_namesakes_tell(deletion->tool, user)
                                  : status;
}

at_exit_e at_run_delete(at_tool_t *tool)
{
    deletion_t deletion = {
        .tool = tool, .dry_run = tool->args->value[AT_OPTION_DRY_RUN] != NULL};
    const char *user = tool->args->value[AT_OPTION_USER];

    if ((user != NULL) == (tool->args->words->nelts > 0)) {
        at_term_say("delete takes ids of tokens, or --user");
        return AT_EXIT_USAGE;
    }
    return user ? delete_user(&deletion, user) : delete_ids(&deletion);
}
