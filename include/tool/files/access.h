/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users, and what they may do with a file.
 */
#ifndef ACCESSTOKEN_TOOL_FILES_ACCESS_H
#define ACCESSTOKEN_TOOL_FILES_ACCESS_H

#include <sys/types.h>

#include <apr_pools.h>

/** The name of a user, or the number of one without a name. */
const char *at_access_user_name(uid_t user, apr_pool_t *p);

/** The folder that contains a path. */
const char *at_access_folder(const char *path, apr_pool_t *p);

/**
 * The user that httpd runs as.
 *
 * @param configured  the user that the configuration names, or NULL
 * @return that user if it exists, else the usual one of this system; NULL if
 *         there is none.
 */
const char *at_access_server_user(const char *configured);

/** Does the mode of a file give these rights (R_OK, W_OK, X_OK) to the
 *  user? */
int at_access_allows(const char *user, const char *path, int rights);

/** May all users read a file, by its mode and those of all folders above
 *  it? */
int at_access_is_world_readable(const char *path, apr_pool_t *p);

#endif
