/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the administrator configured: the settings of a server and of a
 * directory. directives.c reads and merges them.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_CONFIG_H
#define ACCESSTOKEN_HTTPD_CONFIG_CONFIG_H

#include <string.h>

#include <httpd.h>
#include <http_config.h>

extern module AP_MODULE_DECLARE_DATA accesstoken_module;

struct at_service_t;

typedef enum { AT_MANAGER_OFF, AT_MANAGER_OWN, AT_MANAGER_ALL } at_manager_e;

/** The ways in which a request may carry a token; a location accepts a set. */
enum {
    AT_WAY_BEARER = 1,
    AT_WAY_BASIC = 2, /* as the password; without one, as the user name */
    AT_WAY_FIELD = 4, /* as a header field other than Authorization */
    AT_WAY_PLAIN = 8  /* in Authorization without a scheme */
};

typedef enum { AT_BASIC_USER_ANY, AT_BASIC_USER_OWNER } at_basic_user_e;

/** Settings of a server or virtual host; durations in seconds. */
typedef struct at_server_t {
    /* One bit for each directive that is set here or in an outer section. */
    unsigned int set;
    struct {
        const char *driver;
        const char *params;
    } database;
    const char *table;
    int create_table;
    apr_int64_t database_timeout;
    apr_int64_t database_connections;
    apr_int64_t cache_size; /* bytes; 0: no cache */
    apr_int64_t cache_ttl;
    apr_int64_t revocation_interval;
    apr_int64_t stale_if_error;
    apr_int64_t lastused_interval; /* AT_CONFIG_NEVER: not written */
    apr_int64_t purge_after;       /* AT_CONFIG_NEVER: no purge */
    const char *prefix;
    /** The shared memory of the table's cache; cache_memory.c sets it. */
    void *memory;
    /** What this process uses to reach the table; service.c sets it. */
    struct at_service_t *service;
} at_server_t;

/** Settings of a location or directory; durations in seconds. */
typedef struct at_dir_t {
    unsigned int set;
    struct {
        at_manager_e mode;
        const char *path; /* of the <Location>, without a final slash */
        const ap_directive_t *directive;
    } manager;
    apr_int64_t default_lifetime; /* AT_CONFIG_NEVER: never expires */
    apr_int64_t max_lifetime;     /* AT_CONFIG_UNLIMITED */
    apr_int64_t max_per_user;     /* AT_CONFIG_UNLIMITED */
    int issue_with_token;
    const char *scopes; /* that a token may get (scopes.h); NULL: none */
    int forward_credentials;
    struct {
        unsigned int ways;
        const apr_array_header_t *fields; /* their names; NULL: none */
    } accept;
    at_basic_user_e basic_user;
    int metadata; /* of OAuth, to be offered and answered */
    /* What AuthBasicProvider, a directive of mod_auth_basic, names. */
    struct {
        int is_set;
        int tokens;                       /* "accesstoken" is among them */
        const apr_array_header_t *others; /* their names; NULL: none */
    } basic_providers;
    const char *address; /* at which tokens can be used; NULL: not said */
} at_dir_t;

/** The SQLite file that holds the tokens without AccessTokenDatabase. */
#define AT_CONFIG_DEFAULT_DATABASE AT_STATEDIR "/tokens.db"

#define AT_CONFIG_NEVER APR_INT64_C(-1)
#define AT_CONFIG_UNLIMITED ((apr_int64_t)0)

/** The settings of a server or virtual host. */
static inline at_server_t *at_config_server(const server_rec *server)
{
    return (at_server_t *)ap_get_module_config(server->module_config,
                                               &accesstoken_module);
}

/** Do both servers use the same database, with the same parameters? */
static inline int at_config_same_database(const at_server_t *a,
                                          const at_server_t *b)
{
    return strcmp(a->database.driver, b->database.driver) == 0 &&
           strcmp(a->database.params, b->database.params) == 0;
}

/** Do both servers use the same table of the same database? */
static inline int at_config_same_table(const at_server_t *a,
                                       const at_server_t *b)
{
    return at_config_same_database(a, b) && strcmp(a->table, b->table) == 0;
}

/** The providers that know passwords beside tokens; NULL: there are none. */
static inline const apr_array_header_t *at_config_password_providers(
    const at_dir_t *dir)
{
    return dir->basic_providers.tokens ? dir->basic_providers.others : NULL;
}

/** The settings that apply to a request. */
static inline const at_dir_t *at_config_dir(const request_rec *r)
{
    return (const at_dir_t *)ap_get_module_config(r->per_dir_config,
                                                  &accesstoken_module);
}

#endif
