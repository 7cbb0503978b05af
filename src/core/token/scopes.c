/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of a few words, read without a copy. Words are compared byte by byte:
 * they are case-sensitive (RFC 6749, 3.3).
 */
#include "core/token/scopes.h"

#include <string.h>

#include <apr_strings.h>

#include "core/token/text.h"

static int is_word(const char *word, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (word[i] < 0x21 || word[i] > 0x7e || word[i] == '"' ||
            word[i] == '\\') {
            return 0;
        }
    }
    return length > 0;
}

int at_scopes_is_word(const char *word)
{
    return is_word(word, strlen(word));
}

const char *at_scopes_check(const char *scopes, const char *user)
{
    const char *word = scopes;

    for (;;) {
        apr_size_t length = strcspn(word, " ");

        if (!is_word(word, length)) {
            return "are not words with one blank between two of them";
        }
        if (!word[length]) {
            break;
        }
        word += length + 1;
    }
    return strlen(scopes) + 1 + strlen(user) > AT_TEXT_USER_MAX
               ? "are too long: with the user's name they take at most 254 "
                 "bytes"
               : NULL;
}

const char *at_scopes_next(const char **rest, apr_size_t *length)
{
    const char *word = *rest + strspn(*rest, " ");

    *length = strcspn(word, " ");
    *rest = word + *length;
    return *length > 0 ? word : NULL;
}

static int has(const char *scopes, const char *word, apr_size_t length)
{
    const char *other;
    apr_size_t size;

    while ((other = at_scopes_next(&scopes, &size))) {
        if (size == length && memcmp(other, word, length) == 0) {
            return 1;
        }
    }
    return 0;
}

int at_scopes_overlap(const char *scopes, const char *others)
{
    const char *word;
    apr_size_t length;

    while ((word = at_scopes_next(&scopes, &length))) {
        if (has(others, word, length)) {
            return 1;
        }
    }
    return 0;
}

const char *at_scopes_find_other(const char *scopes, const char *others,
                                 apr_pool_t *p)
{
    const char *word;
    apr_size_t length;

    while ((word = at_scopes_next(&scopes, &length))) {
        if (!has(others, word, length)) {
            return apr_pstrmemdup(p, word, length);
        }
    }
    return NULL;
}

const char *at_scopes_add(const char *scopes, const char *word, apr_pool_t *p)
{
    if (!scopes) {
        return apr_pstrdup(p, word);
    }
    return has(scopes, word, strlen(word))
               ? scopes
               : apr_pstrcat(p, scopes, " ", word, NULL);
}
