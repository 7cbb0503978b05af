/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings that httoken takes from a configuration or an option, and how
 * their values are read.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_SETTING_H
#define ACCESSTOKEN_TOOL_CONF_SETTING_H

#include <apr_tables.h>

/** The module's own defaults. */
#define AT_SETTING_DEFAULT_DATABASE AT_STATEDIR "/tokens.db"
#define AT_SETTING_DEFAULT_TABLE "access_tokens"

typedef enum {
    AT_SETTING_DATABASE,
    AT_SETTING_TABLE,
    AT_SETTING_PREFIX,
    AT_SETTING_PURGE,
    AT_SETTING_USER,
    AT_SETTINGS
} at_setting_e;

/** How one setting is named and read. */
typedef struct at_setting_t {
    const char *directive;
    const char *option;        /* that sets it, too; NULL: none */
    const char *default_value; /* NULL: none */
    /**
     * Read the arguments of the directive.
     *
     * @param root   where a relative path begins
     * @param value  a database as "driver params"
     * @return NULL; or what is wrong with them.
     */
    const char *(*read)(const char *arguments, const char *root,
                        const char **value, apr_pool_t *p);
} at_setting_t;

extern const at_setting_t at_settings[AT_SETTINGS];

/**
 * Read a value that is one word of the command line.
 *
 * @return NULL; or what is wrong with it.
 */
const char *at_setting_check(at_setting_e key, const char *word,
                             const char **value, apr_pool_t *p);

/**
 * Join a driver and its parameters to "driver params", with the path of a
 * SQLite file made absolute.
 *
 * @return NULL; or what is wrong with them.
 */
const char *at_setting_database(const char *driver, const char *params,
                                const char *root, const char **value,
                                apr_pool_t *p);

#endif
