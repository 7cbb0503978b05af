/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken generate. The token is in one variable on the stack and in one
 * write(): never in a pool, a buffer of stdio or a message. A token that could
 * not be written is removed again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/crypto.h>

#include "core/token/text.h"
#include "core/token/token.h"
#include "tool/commands/command.h"
#include "tool/commands/values.h"
#include "tool/output/display.h"
#include "tool/output/messages.h"
#include "tool/output/terminal.h"

#define DEFAULT_LIFETIME (APR_INT64_C(365) * 86400)
#define NEVER APR_INT64_C(-1)

typedef struct generation_t {
    at_tool_t *tool;
    const char *path; /* NULL: standard output */
    int file;
    at_row_t row;
} generation_t;

/* Arguments */

static at_exit_e read_lifetime(const at_args_t *args, apr_int64_t *lifetime)
{
    const char *word = args->value[AT_OPTION_LIFETIME];
    at_exit_e status;

    if (word && strcasecmp(word, "never") == 0) {
        *lifetime = NEVER;
        return AT_EXIT_DONE;
    }
    status =
        at_value_duration(args, AT_OPTION_LIFETIME, DEFAULT_LIFETIME, lifetime);
    if (status == AT_EXIT_DONE && *lifetime == 0) {
        at_message_error(
            "--lifetime must be at least one second; with 'never' the "
            "token does not expire");
        return AT_EXIT_USAGE;
    }
    return status;
}

static at_exit_e read_arguments(generation_t *generation)
{
    const at_args_t *args = generation->tool->args;
    const char *description = args->value[AT_OPTION_DESCRIPTION];
    at_row_t *row = &generation->row;
    apr_int64_t lifetime;
    at_exit_e status;

    row->user = APR_ARRAY_IDX(args->operands, 0, const char *);
    row->description = description ? description : "";
    row->last_used = AT_TIME_NONE;
    row->deleted_at = AT_TIME_NONE;
    row->expires_at = AT_TIME_NONE;
    status = at_value_user(row->user);
    if (status == AT_EXIT_DONE) {
        status = at_value_scopes(args, row->user, &row->scopes,
                                 generation->tool->pool);
    }
    if (status == AT_EXIT_DONE) {
        status = read_lifetime(args, &lifetime);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (at_text_check_description(row->description) != AT_TEXT_FINE) {
        at_message_error(
            "the description %s; a description has at most %d characters "
            "and no control characters",
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

/* Writing the token */

static at_exit_e open_output(generation_t *generation)
{
    generation->path = generation->tool->args->value[AT_OPTION_OUTPUT];
    generation->file = STDOUT_FILENO;
    if (!generation->path) {
        return AT_EXIT_DONE;
    }
    generation->file =
        open(generation->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (generation->file < 0) {
        at_message_error("%s cannot be created: %s", generation->path,
                         strerror(errno));
        return AT_EXIT_FILE;
    }
    return AT_EXIT_DONE;
}

static at_exit_e write_all(const generation_t *generation, const char *text,
                           apr_size_t length)
{
    while (length > 0) {
        ssize_t written = write(generation->file, text, length);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            at_message_error("%s cannot be written: %s",
                             generation->path ? generation->path
                                              : "standard output",
                             strerror(errno));
            return AT_EXIT_FILE;
        }
        text += written;
        length -= (apr_size_t)written;
    }
    if (generation->path && fsync(generation->file) != 0) {
        at_message_error("%s cannot be written: %s", generation->path,
                         strerror(errno));
        return AT_EXIT_FILE;
    }
    return AT_EXIT_DONE;
}

static at_exit_e write_token(const generation_t *generation, char *value)
{
    apr_size_t length = strlen(value);
    at_exit_e status;

    value[length] = '\n'; /* in place of the final NUL */
    status = write_all(generation, value, length + 1);
    value[length] = '\0';
    return status;
}

static void undo(generation_t *generation)
{
    at_op_t *op =
        at_connection_op(generation->tool->connection, generation->tool->pool);
    char id[AT_TOKEN_ID_SIZE];

    op->row = &generation->row;
    if (at_store_undo(op) == APR_SUCCESS) {
        at_message_note("The token was removed again.");
        return;
    }
    at_token_format_id(&generation->row.id, id);
    at_message_note("The table may still have the token %s, whose text was not "
                    "printed; 'httoken delete %s' deletes it.",
                    id, id);
}

static void print_summary(const generation_t *generation)
{
    const at_row_t *row = &generation->row;
    apr_pool_t *p = generation->tool->pool;
    char id[AT_TOKEN_ID_SIZE];

    at_token_format_id(&row->id, id);
    if (row->expires_at == AT_TIME_NONE) {
        at_message_note("Token %s for %s never expires.", id,
                        at_display_safe(row->user, p));
    }
    else {
        at_message_note(
            "Token %s for %s expires %s, %s.", id,
            at_display_safe(row->user, p),
            at_display_relative(row->expires_at, row->created_at, p),
            at_display_utc(row->expires_at, "", p));
    }
    if (row->scopes) {
        at_message_note("It is limited to %s: %s",
                        strchr(row->scopes, ' ') ? "these scopes"
                                                 : "this scope",
                        row->scopes);
    }
    if (generation->path) {
        at_message_note("It is in %s, and nowhere else.", generation->path);
    }
    else if (at_term_is_output()) {
        at_message_note("It is shown only once.");
    }
}

static at_exit_e generate(generation_t *generation)
{
    at_tool_t *tool = generation->tool;
    char value[AT_TOKEN_SIZE + 1] = "";
    at_credential_t credential;
    at_exit_e ended = AT_EXIT_REFUSED;
    apr_status_t status;
    at_op_t *op;

    if (at_token_mint(tool->datasource->prefix, value, &credential) !=
        APR_SUCCESS) {
        at_message_error("the system's random generator or SHA-256 failed");
        goto done;
    }
    generation->row.id = credential.id;
    memcpy(generation->row.hash, credential.hash, sizeof(generation->row.hash));
    op = at_connection_op(tool->connection, tool->pool);
    op->row = &generation->row;
    status = at_store_insert(op);
    if (status != APR_SUCCESS) {
        int is_unsure = op->committing;

        ended = at_connection_report(tool->connection, "generate a token");
        if (is_unsure) {
            undo(generation);
        }
        goto done;
    }
    ended = write_token(generation, value);
    if (ended != AT_EXIT_DONE) {
        undo(generation);
    }
done:
    OPENSSL_cleanse(value, sizeof(value));
    return ended;
}

at_exit_e at_run_generate(at_tool_t *tool)
{
    generation_t generation = {.tool = tool};
    at_exit_e status = read_arguments(&generation);

    if (status == AT_EXIT_DONE) {
        status =
            at_connection_open(tool->datasource, &tool->connection, tool->pool);
    }
    if (status == AT_EXIT_DONE) {
        status = open_output(&generation);
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    status = generate(&generation);
    if (generation.path) {
        close(generation.file);
        if (status != AT_EXIT_DONE) {
            unlink(generation.path);
        }
    }
    if (status == AT_EXIT_DONE) {
        print_summary(&generation);
    }
    return status;
}
