/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fresh connection sets before anything else uses it, so that the
 * server's defaults, its init_connect or a role's settings decide nothing.
 */
#ifndef ACCESSTOKEN_CORE_DB_SESSION_H
#define ACCESSTOKEN_CORE_DB_SESSION_H

#include <apr_dbd.h>
#include <apr_pools.h>

/**
 * The parameters with which the connection is opened: those given, and what
 * keeps the driver from reconnecting by itself, into a session without settings.
 */
const char *at_session_params(const char *driver_name, const char *params,
                              apr_pool_t *p);

/**
 * Set all that the product relies on.
 *
 * @param p  of the connection
 * @return 0; or the driver's code, after which the connection must not be used.
 */
int at_session_begin(const apr_dbd_driver_t *driver, const char *driver_name,
                     apr_dbd_t *handle, apr_pool_t *p);

#endif
