/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken purge: removes rows that are long over, batch by batch, so that no
 * server waits for it and an interruption loses nothing.
 */
#include <stdio.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/db/inspect.h"
#include "core/db/purge.h"
#include "tool/ids.h"
#include "tool/output.h"
#include "tool/terminal.h"
#include "tool/tool.h"
#include "tool/words.h"

#define BATCH 500
#define LEARNT_MS 3600000 /* more than AccessTokenCacheTTL, as a rule */
#define BREATH_US 10000   /* between two batches, for who waits for the lock */

static at_exit_e read_age(const at_tool_t *tool, apr_int64_t *seconds)
{
    if (!tool->args->value[AT_OPTION_OLDER] &&
        tool->target->purge_after == AT_TARGET_NEVER) {
        at_term_say("the configuration says AccessTokenPurgeAfter never; say "
                    "how old the rows must be with --older-than");
        return AT_EXIT_USAGE;
    }
    return at_ids_duration(tool->args, AT_OPTION_OLDER,
                           tool->target->purge_after, seconds);
}

/* A deletion that running servers have not learnt of yet would be forgotten. */
static at_purge_t what_is_old(apr_int64_t now, apr_int64_t seconds)
{
    apr_int64_t age = seconds * 1000;
    at_purge_t purge = {.expired_before = now - age,
                        .deleted_before =
                            now - (age > LEARNT_MS ? age : LEARNT_MS)};

    if (age < LEARNT_MS) {
        at_term_note("Tokens that were deleted less than an hour ago stay, for "
                     "running servers have to learn of them.");
    }
    return purge;
}

static at_exit_e remove_all(at_tool_t *tool, const at_purge_t *purge,
                            apr_int64_t *total)
{
    int removed;
    int more = 1;

    while (more && !at_term_interrupted()) {
        at_op_t *op = at_link_op(tool->link, tool->pool);

        op->limit = BATCH;
        if (at_purge_some(op, purge, &removed, &more) != APR_SUCCESS) {
            at_term_progress_end();
            return at_link_blame(tool->link, "remove rows");
        }
        *total += removed;
        at_term_progress("rows removed", *total);
        usleep(BREATH_US);
    }
    at_term_progress_end();
    return more ? AT_EXIT_INTERRUPTED : AT_EXIT_DONE;
}

static void tell(const char *what, apr_int64_t total)
{
    char number[AT_WORDS_NUMBER_SIZE];

    at_words_number(total, number);
    if (at_term_is_person()) {
        printf("%s %s row%s.\n", what, number, total == 1 ? "" : "s");
        return;
    }
    printf("%" APR_INT64_T_FMT "\n", total);
}

static int may_go_on(const at_tool_t *tool, apr_int64_t total, const char *age)
{
    char number[AT_WORDS_NUMBER_SIZE];

    if (total == 0 || tool->args->value[AT_OPTION_YES] || !at_term_can_ask()) {
        return 1;
    }
    at_words_number(total, number);
    return at_term_confirm(apr_psprintf(tool->pool,
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
        status = at_link_open(tool->target, &tool->link, tool->pool);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    purge = what_is_old(at_clock_now(), seconds);
    if (at_inspect_count_old(at_link_op(tool->link, tool->pool), &purge,
                             &count) != APR_SUCCESS) {
        return at_link_blame(tool->link, "count the rows");
    }
    if (tool->args->value[AT_OPTION_DRY_RUN]) {
        tell("Would remove", count);
        return at_output_flush();
    }
    if (!may_go_on(tool, count, at_words_duration(seconds, tool->pool))) {
        at_term_note("Nothing was removed.");
        return AT_EXIT_INTERRUPTED;
    }
    status = remove_all(tool, &purge, &total);
    tell("Removed", total);
    return status == AT_EXIT_DONE ? at_output_flush() : status;
}
