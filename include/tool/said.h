/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration says of access tokens, for the main server and for each
 * virtual host; and the one answer, where there is one.
 */
#ifndef ACCESSTOKEN_TOOL_SAID_H
#define ACCESSTOKEN_TOOL_SAID_H

#include "tool/exits.h"

#include <apr_tables.h>

/** What the module has where nothing is said. */
#define AT_SAID_DEFAULT_DATABASE AT_STATEDIR "/tokens.db"
#define AT_SAID_DEFAULT_TABLE "access_tokens"

/** What is asked of a configuration. */
typedef enum {
    AT_SAID_DATABASE,
    AT_SAID_TABLE,
    AT_SAID_PREFIX,
    AT_SAID_PURGE,
    AT_SAID_USER,
    AT_SAID_KEYS
} at_said_e;

/** A configuration that was read. */
typedef struct at_said_t at_said_t;

/**
 * Read a configuration.
 *
 * @return AT_EXIT_DONE; AT_EXIT_FILE, and it has been said why.
 */
at_exit_e at_said_read(const char *path, const char *server_root,
                       at_said_t **said, apr_pool_t *p);

/** Is it a configuration without a word about access tokens? */
int at_said_is_silent(const at_said_t *said);

/**
 * Was all of it read? Not if an Include depends on what is not known here.
 *
 * @param key  what is to be said in its place
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and it has been said.
 */
at_exit_e at_said_is_whole(const at_said_t *said, at_said_e key);

/**
 * What it says; untouched where it says nothing.
 *
 * @param value  a database as "driver params"
 * @param where  "file:line"
 * @return AT_EXIT_DONE; AT_EXIT_USAGE if the hosts that use access tokens do not
 *         have the same, or it says what cannot be, and it has been said which.
 */
at_exit_e at_said_find(const at_said_t *said, at_said_e key, const char **value,
                       const char **where);

/**
 * Read a value that stands somewhere else, such as behind an option.
 *
 * @return NULL; or what is wrong with it.
 */
const char *at_said_check(at_said_e key, const char *word, const char **value,
                          apr_pool_t *p);

/**
 * Join a driver and its parameters to one text, with a file's path made
 * absolute.
 *
 * @return NULL; or what is wrong with them.
 */
const char *at_said_join(const char *driver, const char *params,
                         const char *root, const char **value, apr_pool_t *p);

#endif
