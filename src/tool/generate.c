/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken generate. The token lives on one stack and in one write(): it enters
 * no pool, no buffer of stdio, no message. A token that could not be handed over
 * is taken back.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/crypto.h>

#include "core/token/text.h"
#include "core/token/token.h"
#include "tool/ids.h"
#include "tool/terminal.h"
#include "tool/tool.h"
#include "tool/words.h"

#define USUAL_LIFETIME (APR_INT64_C(365) * 86400)
#define NEVER APR_INT64_C(-1)

typedef struct order_t {
    at_tool_t *tool;
    const char *path; /* NULL: standard output */
    int file;
    at_row_t row;
} order_t;

/* What is wanted */

static at_exit_e read_lifetime(const at_args_t *args, apr_int64_t *lifetime)
{
    const char *word = args->value[AT_OPTION_LIFETIME];
    at_exit_e status;

    if (word && strcasecmp(word, "never") == 0) {
        *lifetime = NEVER;
        return AT_EXIT_DONE;
    }
    status =
        at_ids_duration(args, AT_OPTION_LIFETIME, USUAL_LIFETIME, lifetime);
    if (status == AT_EXIT_DONE && *lifetime == 0) {
        at_term_say("--lifetime must be at least one second; never means that "
                    "the token does not expire");
        return AT_EXIT_USAGE;
    }
    return status;
}

static at_exit_e read_order(order_t *order)
{
    const at_args_t *args = order->tool->args;
    const char *description = args->value[AT_OPTION_DESCRIPTION];
    at_row_t *row = &order->row;
    apr_int64_t lifetime;
    at_exit_e status;

    row->user = APR_ARRAY_IDX(args->words, 0, const char *);
    row->description = description ? description : "";
    row->last_used = AT_TIME_NONE;
    row->deleted_at = AT_TIME_NONE;
    row->expires_at = AT_TIME_NONE;
    status = at_ids_user(row->user);
    if (status == AT_EXIT_DONE) {
        status =
            at_ids_scopes(args, row->user, &row->scopes, order->tool->pool);
    }
    if (status == AT_EXIT_DONE) {
        status = read_lifetime(args, &lifetime);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (at_text_check_description(row->description) != AT_TEXT_FINE) {
        at_term_say("the description %s; it takes at most %d characters and no "
                    "control characters",
                    at_text_reason(at_text_check_description(row->description)),
                    AT_TEXT_DESCRIPTION_MAX);
        return AT_EXIT_USAGE;
    }
    row->created_at = at_clock_now();
    if (lifetime != NEVER) {
        row->expires_at = row->created_at + lifetime * 1000;
    }
    return AT_EXIT_DONE;
}

/* Handing over */

static at_exit_e open_output(order_t *order)
{
    order->path = order->tool->args->value[AT_OPTION_OUTPUT];
    order->file = STDOUT_FILENO;
    if (!order->path) {
        return AT_EXIT_DONE;
    }
    order->file =
        open(order->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (order->file < 0) {
        at_term_say("%s cannot be made: %s", order->path, strerror(errno));
        return AT_EXIT_FILE;
    }
    return AT_EXIT_DONE;
}

static at_exit_e write_all(const order_t *order, const char *text,
                           apr_size_t length)
{
    while (length > 0) {
        ssize_t written = write(order->file, text, length);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            at_term_say("%s cannot be written: %s",
                        order->path ? order->path : "standard output",
                        strerror(errno));
            return AT_EXIT_FILE;
        }
        text += written;
        length -= (apr_size_t)written;
    }
    if (order->path && fsync(order->file) != 0) {
        at_term_say("%s cannot be written: %s", order->path, strerror(errno));
        return AT_EXIT_FILE;
    }
    return AT_EXIT_DONE;
}

static at_exit_e hand_over(const order_t *order, char *value)
{
    apr_size_t length = strlen(value);
    at_exit_e status;

    value[length] = '\n'; /* over the end, which nobody needs any more */
    status = write_all(order, value, length + 1);
    value[length] = '\0';
    return status;
}

static void take_back(order_t *order)
{
    at_op_t *op = at_link_op(order->tool->link, order->tool->pool);
    char id[AT_TOKEN_ID_SIZE];

    op->row = &order->row;
    if (at_store_undo(op) == APR_SUCCESS) {
        at_term_note("The token was taken back; there is none.");
        return;
    }
    at_token_format_id(&order->row.id, id);
    at_term_note("Whether the table has the token %s, which nobody knows, is "
                 "not known; 'httoken delete %s' removes it.",
                 id, id);
}

static void announce(const order_t *order)
{
    const at_row_t *row = &order->row;
    apr_pool_t *p = order->tool->pool;
    char id[AT_TOKEN_ID_SIZE];

    at_token_format_id(&row->id, id);
    if (row->expires_at == AT_TIME_NONE) {
        at_term_note("Token %s for %s never expires.", id,
                     at_words_safe(row->user, p));
    }
    else {
        at_term_note("Token %s for %s expires %s, %s.", id,
                     at_words_safe(row->user, p),
                     at_words_moment(row->expires_at, row->created_at, p),
                     at_words_utc(row->expires_at, "", p));
    }
    if (row->scopes) {
        at_term_note("It is limited to %s: %s",
                     strchr(row->scopes, ' ') ? "these scopes" : "this scope",
                     row->scopes);
    }
    if (order->path) {
        at_term_note("It is in %s, and nowhere else.", order->path);
    }
    else if (at_term_is_person()) {
        at_term_note("It is shown this once.");
    }
}

static at_exit_e make(order_t *order)
{
    at_tool_t *tool = order->tool;
    char value[AT_TOKEN_SIZE + 1] = "";
    at_credential_t credential;
    at_exit_e ended = AT_EXIT_REFUSED;
    apr_status_t status;
    at_op_t *op;

    if (at_token_mint(tool->target->prefix, value, &credential) !=
        APR_SUCCESS) {
        at_term_say("the system's random generator or SHA-256 failed");
        goto done;
    }
    order->row.id = credential.id;
    memcpy(order->row.hash, credential.hash, sizeof(order->row.hash));
    op = at_link_op(tool->link, tool->pool);
    op->row = &order->row;
    status = at_store_insert(op);
    if (status != APR_SUCCESS) {
        int unsure = op->committing;

        ended = at_link_blame(tool->link, "make a token");
        if (unsure) {
            take_back(order);
        }
        goto done;
    }
    ended = hand_over(order, value);
    if (ended != AT_EXIT_DONE) {
        take_back(order);
    }
done:
    OPENSSL_cleanse(value, sizeof(value));
    return ended;
}

at_exit_e at_run_generate(at_tool_t *tool)
{
    order_t order = {.tool = tool};
    at_exit_e status = read_order(&order);

    if (status == AT_EXIT_DONE) {
        status = at_link_open(tool->target, &tool->link, tool->pool);
    }
    if (status == AT_EXIT_DONE) {
        status = open_output(&order);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    status = make(&order);
    if (order.path) {
        close(order.file);
        if (status != AT_EXIT_DONE) {
            unlink(order.path);
        }
    }
    if (status == AT_EXIT_DONE) {
        announce(&order);
    }
    return status;
}
