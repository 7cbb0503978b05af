/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use a file: the web server's user has to, and is not who runs this.
 */
#ifndef ACCESSTOKEN_TOOL_OWNER_H
#define ACCESSTOKEN_TOOL_OWNER_H

#include <sys/types.h>

#include "tool/target.h"

/** A user's name, or the number where there is none. */
const char *at_owner_name(uid_t user, apr_pool_t *p);

/** The folder that a path lies in. */
const char *at_owner_folder(const char *path, apr_pool_t *p);

/**
 * The user under whom httpd runs: as the configuration says, else the usual one
 * of this system.
 *
 * @return NULL if there is none.
 */
const char *at_owner_server(const at_target_t *target);

/** May a user do that (R_OK, W_OK, X_OK) with a file? By its mode. */
int at_owner_may(const char *user, const char *path, int what);

/** May everybody read a file: by its mode, and those of all folders above? */
int at_owner_everybody_may_read(const char *path, apr_pool_t *p);

/**
 * Make an empty file, for the web server's user if root makes it; and its
 * folder, if that is the one of the module's own default.
 *
 * @return AT_EXIT_DONE; AT_EXIT_FILE, and it has been said why.
 */
at_exit_e at_owner_make_file(const at_target_t *target, apr_pool_t *p);

#endif
