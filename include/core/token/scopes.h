/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scopes of a token (RFC 6749, 3.3): a list of words, with one blank
 * between two of them. NULL stands for a token that is not limited.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_SCOPES_H
#define ACCESSTOKEN_CORE_TOKEN_SCOPES_H

#include <apr_pools.h>

/** More words do not fit into a row, however short they are. */
#define AT_SCOPES_MAX 127

/**
 * Is it a scope word: printable ASCII without blanks, quotation marks and
 * backslashes?
 */
int at_scopes_is_word(const char *word);

/**
 * Check the scopes of a user's token. In the cache they share a field with the
 * user's name: both together, and one character between them, may have
 * AT_TEXT_USER_MAX bytes.
 *
 * @return NULL if they are fine; else what is wrong, as the rest of a sentence
 *         that begins with "scopes".
 */
const char *at_scopes_check(const char *scopes, const char *user);

/** Do the two lists have a word in common? */
int at_scopes_overlap(const char *scopes, const char *others);

/** The first word of `scopes` that is not among `others`; NULL: all are. */
const char *at_scopes_find_other(const char *scopes, const char *others,
                                 apr_pool_t *p);

/** The list with that word added, unless it has it. `scopes` may be NULL. */
const char *at_scopes_add(const char *scopes, const char *word, apr_pool_t *p);

/**
 * The next word of a list; it has no terminating NUL of its own.
 *
 * @param rest    of the list; becomes what follows the word
 * @param length  of the word in bytes
 * @return NULL at the end.
 */
const char *at_scopes_next(const char **rest, apr_size_t *length);

#endif
