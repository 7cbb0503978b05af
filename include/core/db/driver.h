/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drivers of apr_dbd that can be used. Others, such as odbc, may be
 * installed, but sql.c has no SQL for them, or they return rows that cannot be
 * read.
 */
#ifndef ACCESSTOKEN_CORE_DB_DRIVER_H
#define ACCESSTOKEN_CORE_DB_DRIVER_H

#include <apr_pools.h>

/** Is it sqlite3, pgsql or mysql? */
int at_driver_is_known(const char *driver);

/**
 * Why a driver cannot be used, as the rest of a sentence that begins with its
 * name: it says which one was meant, or which there are. NULL: it can be used.
 */
const char *at_driver_refusal(const char *driver, apr_pool_t *p);

/** The Debian package of a driver that can be used. */
const char *at_driver_package(const char *driver, apr_pool_t *p);

#endif
