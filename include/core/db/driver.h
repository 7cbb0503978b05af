/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which drivers of apr_dbd the product can use. Others, such as odbc, may be
 * installed, but have no SQL of ours, or hand out rows that they then deny.
 */
#ifndef ACCESSTOKEN_CORE_DB_DRIVER_H
#define ACCESSTOKEN_CORE_DB_DRIVER_H

#include <apr_pools.h>

/** sqlite3, pgsql or mysql? */
int at_driver_is_known(const char *driver);

/**
 * What is to be said behind the name of a driver that is none of these: which
 * one was meant, or which there are. NULL if it is one of them.
 */
const char *at_driver_refusal(const char *driver, apr_pool_t *p);

/** The Debian package that has a driver which is one of them. */
const char *at_driver_package(const char *driver, apr_pool_t *p);

#endif
