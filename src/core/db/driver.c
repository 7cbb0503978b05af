/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three drivers, and other names that people use for them.
 */
#include "core/db/driver.h"

#include <string.h>

#include <apr_strings.h>

static const char *const known[] = {"sqlite3", "pgsql", "mysql"};

typedef struct alias_t {
    const char *name;
    const char *driver;
} alias_t;

static const alias_t aliases[] = {
    {"postgres", "pgsql"}, {"postgresql", "pgsql"}, {"postgre", "pgsql"},
    {"psql", "pgsql"},     {"pg", "pgsql"},         {"libpq", "pgsql"},
    {"mariadb", "mysql"},  {"maria", "mysql"},      {"mysqli", "mysql"},
    {"mysql2", "mysql"},   {"mysqld", "mysql"},     {"sqlite", "sqlite3"},
    {"sqlite2", "sqlite3"}};

int at_driver_is_known(const char *driver)
{
    apr_size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i], driver) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *at_driver_refusal(const char *driver, apr_pool_t *p)
{
    const char *meant = NULL;
    apr_size_t i;

    if (at_driver_is_known(driver)) {
        return NULL;
    }
    for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcmp(aliases[i].name, driver) == 0) {
            meant = aliases[i].driver;
        }
    }
    return apr_pstrcat(p, "is no driver that can be used here; ",
                       meant ? "did you mean " : "write sqlite3, pgsql or ",
                       meant ? meant : "mysql", meant ? "?" : "", NULL);
}

const char *at_driver_package(const char *driver, apr_pool_t *p)
{
    return apr_pstrcat(p, "libaprutil1-dbd-", driver, NULL);
}
