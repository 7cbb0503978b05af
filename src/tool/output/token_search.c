/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token contains a checksum, so a token is recognised whatever surrounds it:
 * quotes, Bearer, a log line. In a run of letters, digits and _ each letter is
 * tried as the first of a token, because a word may directly precede it.
 */
#include "tool/output/token_search.h"

#include <string.h>

#include <apr_lib.h>

/* The shortest token: two characters of prefix and _; id, secret and check. */
#define SHORTEST (3 + 71)

static int is_token_character(char c)
{
    return apr_isalnum(c) || c == '_';
}

static void add_once(apr_array_header_t *found, const at_credential_t *one)
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

/* Parse a token at the beginning of a run, which may be longer than the token.
 * The longest that has a right checksum is taken, as httpd would read it.
 *
 * @return its length; 0 if there is none. */
static apr_size_t parse(const char *run, apr_size_t length,
                        at_credential_t *one)
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

static apr_size_t run_length(const char *text, apr_size_t length)
{
    apr_size_t run = 0;

    while (run < length && is_token_character(text[run])) {
        run++;
    }
    return run;
}

static void find_all(const char *text, apr_size_t length,
                     apr_array_header_t *found)
{
    apr_size_t i = 0;

    while (i < length) {
        apr_size_t run = run_length(text + i, length - i);
        apr_size_t end = i + run;

        while (end - i >= SHORTEST) {
            at_credential_t one;
            apr_size_t taken =
                apr_isalpha(text[i]) ? parse(text + i, end - i, &one) : 0;

            if (taken) {
                add_once(found, &one);
            }
            i += taken ? taken : 1;
        }
        i = end + 1;
    }
}

/* Remove these characters, and NUL. @return the length that is left. */
static apr_size_t remove_all(char *text, apr_size_t length, const char *what)
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

apr_array_header_t *at_token_search(char *text, apr_size_t length,
                                    apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 2, sizeof(at_credential_t));

    find_all(text, length, found);
    if (found->nelts == 0) {
        length = remove_all(text, length, "\r\n");
        find_all(text, length, found);
    }
    if (found->nelts == 0) {
        length = remove_all(text, length, " \t>|\\\"'");
        find_all(text, length, found);
    }
    return found;
}

void at_token_search_mask(char *text)
{
    at_credential_t one;
    apr_size_t taken;

    for (; *text; text += taken ? taken : 1) {
        taken = parse(text, run_length(text, strlen(text)), &one);
        memset(text, '*', taken);
    }
}

int at_token_search_any(const char *text)
{
    at_credential_t one;
    apr_size_t length = strlen(text);
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (parse(text + i, run_length(text + i, length - i), &one)) {
            return 1;
        }
    }
    return 0;
}
