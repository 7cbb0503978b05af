/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effective settings of a configuration: what each virtual host has, and
 * the one value that all hosts with access tokens share.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_EFFECTIVE_H
#define ACCESSTOKEN_TOOL_CONF_EFFECTIVE_H

#include "tool/cli/exit_status.h"
#include "tool/conf/setting.h"

/** A configuration that was read. */
typedef struct at_effective_t at_effective_t;

/**
 * Read a configuration.
 *
 * @return AT_EXIT_DONE; AT_EXIT_FILE, and the reason was written.
 */
at_exit_e at_effective_read(const char *path, const char *server_root,
                            at_effective_t **effective, apr_pool_t *p);

/** Does the configuration neither name a database or table nor use tokens? */
int at_effective_is_empty(const at_effective_t *effective);

/**
 * Was all of the configuration read? Not if an Include depends on what is not
 * known here.
 *
 * @param key  the setting that the user has to name instead
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and the reason was written.
 */
at_exit_e at_effective_is_complete(const at_effective_t *effective,
                                   at_setting_e key);

/**
 * Find the value of a setting. Both results stay unchanged where
 * the configuration does not set it.
 *
 * @param value     a database as "driver params"
 * @param location  "file:line"
 * @return AT_EXIT_DONE; AT_EXIT_USAGE if the hosts that use access tokens have
 *         different values, or a value is wrong, and the reason was written.
 */
at_exit_e at_effective_find(const at_effective_t *effective, at_setting_e key,
                            const char **value, const char **location);

#endif
