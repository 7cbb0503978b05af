/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token's own check tells it from everything else, so whatever stands around
 * it is of no interest: quotes, Bearer, a log line. A run of letters, digits and
 * _ is tried from each of its letters on, because a word may be glued to it.
 */
#include "tool/search.h"

#include <string.h>

#include <apr_lib.h>

/* Of the shortest token: a prefix of two and _, then id, secret and check. */
#define SHORTEST (3 + 71)

static int is_part(char c)
{
    return apr_isalnum(c) || c == '_';
}

static void note(apr_array_header_t *found, const at_credential_t *one)
{
    int i;

    for (i = 0; i < found->nelts; i++) {
        if (memcmp(&APR_ARRAY_IDX(found, i, at_credential_t), one,
                   sizeof(*one)) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(found, at_credential_t) = *one;
}

/* The run may be glued in front, and so may another token be behind; the check
 * decides. The longest that fits wins, as httpd would read it. */
static apr_size_t take(const char *run, apr_size_t length, at_credential_t *one)
{
    apr_size_t most =
        length < AT_TOKEN_LENGTH_MAX ? length : AT_TOKEN_LENGTH_MAX;

    for (; most >= SHORTEST; most--) {
        memset(one, 0, sizeof(*one));
        if (run[most - 72] == '_' &&
            at_token_parse(run, most, one) == APR_SUCCESS) {
            return most;
        }
    }
    return 0;
}

static apr_size_t run_at(const char *text, apr_size_t length)
{
    apr_size_t run = 0;

    while (run < length && is_part(text[run])) {
        run++;
    }
    return run;
}

static void look(const char *text, apr_size_t length, apr_array_header_t *found)
{
    apr_size_t i = 0;

    while (i < length) {
        apr_size_t run = run_at(text + i, length - i);
        apr_size_t end = i + run;

        while (end - i >= SHORTEST) {
            at_credential_t one;
            apr_size_t taken =
                apr_isalpha(text[i]) ? take(text + i, end - i, &one) : 0;

            if (taken) {
                note(found, &one);
            }
            i += taken ? taken : 1;
        }
        i = end + 1;
    }
}

static apr_size_t without(char *text, apr_size_t length, const char *what)
{
    apr_size_t kept = 0;
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (text[i] && !strchr(what, text[i])) {
            text[kept++] = text[i];
        }
    }
    memset(text + kept, 0, length - kept);
    return kept;
}

apr_array_header_t *at_search(char *text, apr_size_t length, apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 2, sizeof(at_credential_t));

    look(text, length, found);
    if (found->nelts == 0) {
        length = without(text, length, "\r\n");
        look(text, length, found);
    }
    if (found->nelts == 0) {
        length = without(text, length, " \t>|\\\"'");
        look(text, length, found);
    }
    return found;
}

void at_search_cover(char *text)
{
    at_credential_t one;
    apr_size_t taken;

    for (; *text; text += taken ? taken : 1) {
        taken = take(text, run_at(text, strlen(text)), &one);
        memset(text, '*', taken);
    }
}

int at_search_any(const char *text)
{
    at_credential_t one;
    apr_size_t length = strlen(text);
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (take(text + i, run_at(text + i, length - i), &one)) {
            return 1;
        }
    }
    return 0;
}
