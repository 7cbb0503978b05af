/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of a connection, and a limit for the time in which it is
 * made. No driver of apr_dbd has such a limit, so a server that accepts the
 * connection and sends nothing would block a thread for ever.
 */
#ifndef ACCESSTOKEN_CORE_DB_CONNECT_PARAMS_H
#define ACCESSTOKEN_CORE_DB_CONNECT_PARAMS_H

#include <apr_pools.h>

/**
 * The parameters with which a connection is made.
 *
 * For PostgreSQL connect_timeout is added, unless the parameters have one or
 * name a service. The driver of MySQL and MariaDB has no such parameter, but
 * these servers send a greeting first: with `probe`, the server is connected
 * to before, and if no greeting comes, the driver is not called. (Not always,
 * because the server counts and logs a connection that ends after the
 * greeting.) The server is not probed if the parameters do not say where it
 * is.
 *
 * @param timeout  milliseconds; 0: without limit
 * @return NULL if no connection can be made in that time.
 */
const char *at_connect_params(const char *driver, const char *params,
                              apr_int64_t timeout, int probe, apr_pool_t *p);

/** The error message of a driver; another text if it may quote the parameters,
 *  which contain a password. */
const char *at_connect_params_redacted(const char *params, const char *message);

#endif
