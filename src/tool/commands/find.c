/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken find: looks up the tokens on standard input. The input stays in one
 * buffer, which is erased, and appears in no message.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "core/token/token.h"
#include "tool/commands/command.h"
#include "tool/output/messages.h"
#include "tool/output/output.h"
#include "tool/output/prompt.h"
#include "tool/output/terminal.h"
#include "tool/output/token_search.h"

#define INPUT_MAX (4 * 1048576)

/* Read one line from a terminal, or all of a file or pipe. */
static at_exit_e read_input(char *buffer, apr_size_t *length)
{
    int is_terminal = isatty(STDIN_FILENO);
    at_exit_e status = AT_EXIT_DONE;
    ssize_t got = 1;

    if (is_terminal) {
        at_term_echo_off(); /* before the user is asked to type */
        at_message_note("Paste the token and press Enter; it is not shown.");
    }
    *length = 0;
    while (got != 0 && status == AT_EXIT_DONE) {
        if (!at_prompt_await_input()) {
            status = AT_EXIT_INTERRUPTED;
            break;
        }
        got = read(STDIN_FILENO, buffer + *length, INPUT_MAX - *length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            at_message_error("standard input cannot be read: %s",
                             strerror(errno));
            status = AT_EXIT_FILE;
        }
        else if (got > 0) {
            *length += (apr_size_t)got;
        }
        if (is_terminal && *length > 0 && buffer[*length - 1] == '\n') {
            break;
        }
    }
    at_term_echo_on();
    if (*length == INPUT_MAX) {
        at_message_note("Only the first 4 MiB were read.");
    }
    return status;
}

static at_exit_e look_up(at_tool_t *tool, at_format_e format,
                         const at_credential_t *credential)
{
    at_op_t *op = at_connection_op(tool->connection, tool->pool);
    char id[AT_TOKEN_ID_SIZE];
    apr_status_t status;

    at_token_format_id(&credential->id, id);
    op->id = credential->id;
    status = at_store_find(op);
    if (status == APR_NOTFOUND) {
        at_message_error(
            "a token is well-formed, but unknown here: its id %s was never "
            "in the table %s, or its row was purged",
            id, tool->datasource->table);
        return AT_EXIT_ABSENT;
    }
    if (status != APR_SUCCESS) {
        return at_connection_report(tool->connection, "look for the token");
    }
    if (!op->row->reason && !at_token_proves(credential, op->row->hash)) {
        at_message_error(
            "a token is well-formed and has the id %s, but not the secret "
            "of that token: it was never valid",
            id);
        return AT_EXIT_ABSENT;
    }
    at_output_token(format, op->row, at_clock_now(), tool->pool);
    if (format == AT_FORMAT_TABLE && at_term_is_output() &&
        op->row->deleted_at == AT_TIME_NONE) {
        at_message_note("'httoken delete %s' deletes it.", id);
    }
    return AT_EXIT_DONE;
}

/* The command succeeds if at least one token was found. */
static at_exit_e look_up_all(at_tool_t *tool, at_format_e format,
                             const apr_array_header_t *found)
{
    at_exit_e answer = AT_EXIT_ABSENT;
    int i;

    for (i = 0; i < found->nelts; i++) {
        at_exit_e status = look_up(
            tool, format, &APR_ARRAY_IDX(found, i, const at_credential_t));

        if (status != AT_EXIT_DONE && status != AT_EXIT_ABSENT) {
            return status;
        }
        if (at_term_interrupted()) {
            return AT_EXIT_INTERRUPTED;
        }
        if (status == AT_EXIT_DONE) {
            answer = AT_EXIT_DONE;
        }
        if (i + 1 < found->nelts && format == AT_FORMAT_TABLE) {
            putchar('\n');
        }
    }
    if (answer == AT_EXIT_DONE) {
        answer = at_output_flush();
    }
    return answer;
}

at_exit_e at_run_find(at_tool_t *tool)
{
    char *buffer = calloc(1, INPUT_MAX);
    apr_array_header_t *found = NULL;
    at_format_e format = AT_FORMAT_TABLE;
    apr_size_t length = 0;
    at_exit_e status = at_output_format(tool->args, &format);

    if (!buffer) {
        at_message_error("out of memory");
        return AT_EXIT_FILE;
    }
    if (status == AT_EXIT_DONE) {
        status =
            at_connection_open(tool->datasource, &tool->connection, tool->pool);
    }
    if (status == AT_EXIT_DONE) {
        status = read_input(buffer, &length);
    }
    if (status == AT_EXIT_DONE) {
        found = at_token_search(buffer, length, tool->pool);
    }
    OPENSSL_cleanse(buffer, INPUT_MAX);
    free(buffer);
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (found->nelts == 0) {
        at_message_error(
            "there is no token in the input: a token is a prefix, _ and 71 "
            "letters and digits, of which the last six are a checksum");
        return AT_EXIT_ABSENT;
    }
    status = look_up_all(tool, format, found);
    OPENSSL_cleanse(found->elts, (size_t)found->nelts * found->elt_size);
    return status;
}
