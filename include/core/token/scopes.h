/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token is limited to: scope words as RFC 6749, 3.3 has them, with one
 * blank between two of them. NULL stands for a token that is not limited.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_SCOPES_H
#define ACCESSTOKEN_CORE_TOKEN_SCOPES_H

#include <apr_pools.h>

/** More words than these have no room, however short they are. */
#define AT_SCOPES_MOST 127

/**
 * May it be one word? Printable ASCII but for the blank, the quotation mark and
 * the backslash.
 */
int at_scopes_is_word(const char *word);

/**
 * Judge the words of a user's token. They share the room of the user's name:
 * with one character between the two, both may have AT_TEXT_USER_MAX bytes.
 *
 * @return NULL; or what is wrong with them, to stand behind their name.
 */
const char *at_scopes_judge(const char *scopes, const char *user);

/** Do two lists have a word in common? */
int at_scopes_meet(const char *scopes, const char *others);

/** The first word that is not among `others`; NULL: they all are. */
const char *at_scopes_beyond(const char *scopes, const char *others,
                             apr_pool_t *p);

/** The list with one word more, or as it is if it has it. `scopes` may be
 *  NULL. */
const char *at_scopes_add(const char *scopes, const char *word, apr_pool_t *p);

/**
 * The next word of a list.
 *
 * @param rest    moves behind it
 * @param length  of the word, which ends in a blank or with the list
 * @return NULL at the end.
 */
const char *at_scopes_next(const char **rest, apr_size_t *length);

#endif
