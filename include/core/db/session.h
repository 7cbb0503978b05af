/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a new session, made before the first statement, so that the
 * product does not depend on the server's defaults, its init_connect or the
 * settings of a role.
 */
#ifndef ACCESSTOKEN_CORE_DB_SESSION_H
#define ACCESSTOKEN_CORE_DB_SESSION_H

#include <apr_dbd.h>
#include <apr_pools.h>

/**
 * The parameters with which the connection is opened: those given, and one that
 * keeps the driver from reconnecting by itself, since the new session would not
 * have the settings.
 */
const char *at_session_params(const char *driver_name, const char *params,
                              apr_pool_t *p);

/**
 * Make all settings that the product relies on.
 *
 * @param p  the pool of the connection
 * @return 0; else the code of the driver, and the connection must not be used.
 */
int at_session_begin(const apr_dbd_driver_t *driver, const char *driver_name,
                     apr_dbd_t *handle, apr_pool_t *p);

#endif
