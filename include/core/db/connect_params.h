/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of a connection, and how long it may take to be made: no driver
 * of apr_dbd has a limit of its own for that, and a server that accepts and is
 * silent would keep a thread for ever.
 */
#ifndef ACCESSTOKEN_CORE_DB_CONNECT_PARAMS_H
#define ACCESSTOKEN_CORE_DB_CONNECT_PARAMS_H

#include <apr_pools.h>

/**
 * The parameters to make a connection with.
 *
 * PostgreSQL's get a connect_timeout, unless they have one or name a service. The driver of MySQL
 * and MariaDB cannot be told how long to wait, but these servers speak first: so
 * where a wary caller finds that no greeting comes, that driver is not called.
 * (Not always, because the server counts and logs a connection that ends there.)
 * Where the parameters do not say where the server is, nothing can be found.
 *
 * @param patience  milliseconds; 0: without limit
 * @return NULL if no connection can be made in that time
 */
const char *at_connect_params(const char *driver, const char *params,
                              apr_int64_t patience, int wary, apr_pool_t *p);

/** What a driver said of these parameters, without what it may quote of them. */
const char *at_connect_params_redacted(const char *params, const char *words);

#endif
