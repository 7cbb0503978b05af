/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Begins and ends with a server process.
 *
 * Servers that name the same database share a desk, and those that name the
 * same table with the same settings a service. They are ended by a pre-cleanup of
 * the process's pool: the one moment that comes for every MPM and way to stop.
 */
#include "httpd/child.h"

#include <string.h>
#include <unistd.h>

#include <http_log.h>
#include <http_main.h>
#include <mpm_common.h>
#include <unixd.h>
#include <apr_dbd.h>
#include <apr_strings.h>

#include "core/driver.h"
#include "core/news.h"
#include "httpd/config.h"
#include "httpd/directives.h"
#include "httpd/stop.h"

APLOG_USE_MODULE(accesstoken);

typedef struct office_t {
    const at_server_t *settings; /* of the first server that wanted it */
    at_desk_t *desk;
    at_service_t *service;
} office_t;

/* Of this process; virtual hosts of one table share one. */
static const apr_array_header_t *all_offices;

int at_child_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *server)
{
    (void)plog;
    (void)ptemp;
    apr_dbd_init(pconf);
    for (; server; server = server->next) {
        const char *driver = at_config_server(server)->database.driver;

        if (at_database_driver_check(driver, pconf) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, server,
                         "AccessTokenDatabase: the apr_dbd driver %s is not "
                         "installed; Debian has it in the package %s",
                         driver, at_driver_package(driver, pconf));
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

static int uses_default_database(server_rec *server)
{
    for (; server; server = server->next) {
        if (strcmp(at_config_server(server)->database.params,
                   AT_CONFIG_DEFAULT_DATABASE) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Only the folder, and only where it is missing: the file is made by the
 * server's own user when it is first needed. */
int at_child_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                         server_rec *server)
{
    const apr_fileperms_t owner_only =
        APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE;

    apr_status_t status = APR_EEXIST;

    (void)pconf;
    (void)plog;
    if (uses_default_database(server)) {
        status = apr_dir_make(AT_STATEDIR, owner_only, ptemp);
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EEXIST(status)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, status, server,
                     "the folder of the default database, %s, cannot be made",
                     AT_STATEDIR);
    }
    if (status != APR_SUCCESS) {
        return OK;
    }
    if (geteuid() == 0 && chown(AT_STATEDIR, ap_unixd_config.user_id,
                                ap_unixd_config.group_id) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, server,
                     "%s cannot be given to the server's user", AT_STATEDIR);
    }
    return OK;
}

static int same_database(const at_server_t *a, const at_server_t *b)
{
    return strcmp(a->database.driver, b->database.driver) == 0 &&
           strcmp(a->database.params, b->database.params) == 0;
}

/* Of the servers that say how old a table's rows may become, who wants to keep
 * them longest; the default counts only where none does. */
static apr_int64_t purge_after(const at_server_t *settings)
{
    const server_rec *server;
    apr_int64_t longest = 0;

    for (server = ap_server_conf; server; server = server->next) {
        const at_server_t *other = at_config_server(server);

        if (!at_config_same_table(settings, other) ||
            !at_directives_say_purge_after(other)) {
            continue;
        }
        if (other->purge_after == AT_CONFIG_NEVER) {
            return 0;
        }
        longest = other->purge_after > longest ? other->purge_after : longest;
    }
    return longest > 0 ? longest : settings->purge_after;
}

static int same_table(const at_server_t *a, const at_server_t *b)
{
    return same_database(a, b) && strcmp(a->table, b->table) == 0 &&
           a->create_table == b->create_table &&
           a->database_timeout == b->database_timeout &&
           a->cache_size == b->cache_size && a->cache_ttl == b->cache_ttl &&
           a->revocation_interval == b->revocation_interval &&
           a->stale_if_error == b->stale_if_error &&
           a->lastused_interval == b->lastused_interval;
}

static at_desk_t *desk_for(const apr_array_header_t *offices,
                           const at_server_t *settings)
{
    int i;

    for (i = 0; i < offices->nelts; i++) {
        const office_t *office = &APR_ARRAY_IDX(offices, i, office_t);

        if (same_database(office->settings, settings)) {
            at_desk_widen(office->desk, (int)settings->database_connections);
            return office->desk;
        }
    }
    return at_desk_open(settings->database.driver, settings->database.params,
                        (int)settings->database_connections);
}

static at_clerk_t *make_clerk(const at_service_t *service, at_shelf_t *shelf,
                              const at_server_t *settings)
{
    at_clerk_config_t config = {
        .cache = settings->cache_size > 0,
        .ttl = settings->cache_ttl * 1000,
        .rules = {.interval = settings->revocation_interval * 1000,
                  .stale = settings->stale_if_error * 1000},
        .lastused = settings->lastused_interval == AT_CONFIG_NEVER
                        ? -1
                        : settings->lastused_interval * 1000,
        .purge_after = purge_after(settings) * 1000,
        .timeout = settings->database_timeout * 1000,
        .create = settings->create_table,
        .heed = at_uselog_heed,
        .baton = service->uses};

    return at_clerk_open(service->desk, service->table, shelf, &config);
}

static at_service_t *make_service(at_desk_t *desk, const at_server_t *settings,
                                  apr_pool_t *p)
{
    at_shelf_t *shelf = at_shelf_open(settings->memory, at_desk_pool(desk));
    at_table_config_t config = {.name = settings->table,
                                .create = settings->create_table,
                                .timeout = settings->database_timeout * 1000,
                                .shelf = shelf};
    at_service_t *service = apr_pcalloc(p, sizeof(*service));

    at_desk_share(desk, at_shelf_breaker(shelf));
    service->name = settings->table;
    service->desk = desk;
    service->table = at_table_open(desk, settings->database.driver, &config);
    service->uses = at_uselog_make(at_desk_pool(desk), shelf, settings->table);
    service->clerk = make_clerk(service, shelf, settings);
    service->reading = at_trouble_make(
        p, at_shelf_outage(shelf, AT_OUTAGE_READING),
        apr_pstrcat(p, "the table ", settings->table, " cannot be read", NULL));
    service->writing =
        at_trouble_make(p, at_shelf_outage(shelf, AT_OUTAGE_WRITING),
                        apr_pstrcat(p, "the table ", settings->table,
                                    " cannot be written", NULL));
    return service;
}

static at_service_t *service_for(apr_array_header_t *offices,
                                 const at_server_t *settings, apr_pool_t *p)
{
    office_t *office;
    at_desk_t *desk;
    int i;

    for (i = 0; i < offices->nelts; i++) {
        office = &APR_ARRAY_IDX(offices, i, office_t);
        if (same_table(office->settings, settings)) {
            at_desk_widen(office->desk, (int)settings->database_connections);
            return office->service;
        }
    }
    desk = desk_for(offices, settings);
    office = apr_array_push(offices);
    office->settings = settings;
    office->desk = desk;
    office->service = make_service(desk, settings, p);
    return office->service;
}

void at_child_init(apr_pool_t *pchild, server_rec *server)
{
    apr_array_header_t *offices = apr_array_make(pchild, 2, sizeof(office_t));
    apr_array_header_t *services =
        apr_array_make(pchild, 2, sizeof(at_service_t *));
    int i;

    for (; server; server = server->next) {
        at_server_t *settings = at_config_server(server);

        settings->service = service_for(offices, settings, pchild);
    }
    all_offices = offices;
    for (i = 0; i < offices->nelts; i++) {
        APR_ARRAY_PUSH(services, at_service_t *) =
            APR_ARRAY_IDX(offices, i, office_t).service;
    }
    apr_pool_pre_cleanup_register(pchild, services, at_stop);
}

at_service_t *at_child_service(const request_rec *r)
{
    return at_config_server(r->server)->service;
}

void at_child_forget(const at_id_t *id)
{
    int i;

    for (i = 0; i < all_offices->nelts; i++) {
        at_clerk_forget(APR_ARRAY_IDX(all_offices, i, office_t).service->clerk,
                        id);
    }
}

/* What is told at level info, since it harmed nobody. */
static const char *const news[] = {
    [AT_NEWS_RECONNECTED] = "a statement failed on a connection, and was "
                            "carried out on a fresh one",
    [AT_NEWS_REPLACED] = "the database file is another one now, which is used "
                         "from here on",
    [AT_NEWS_CREATED] = "the table was missing, and was made",
};

static void tell_news(request_rec *r, const at_service_t *service)
{
    at_shelf_t *shelf = at_clerk_shelf(service->clerk);
    int what;

    for (what = 0; what < AT_NEWS; what++) {
        apr_uint64_t times = at_news_take(shelf, (at_news_e)what);

        if (times > 0) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                          "table %s: %s (so often since this was told last: "
                          "%" APR_UINT64_T_FMT ")",
                          service->name, news[what], times);
        }
    }
}

static void heed(at_trouble_t *trouble, request_rec *r, const at_ask_t *ask,
                 apr_status_t status)
{
    tell_news(r, at_child_service(r));
    if (status == AT_EUNAVAILABLE) {
        at_trouble_note(trouble, r, ask->words, 1);
        return;
    }
    at_trouble_over(trouble, r, at_time_monotonic());
}

void at_child_heed_read(request_rec *r, const at_ask_t *ask,
                        apr_status_t status)
{
    heed(at_child_service(r)->reading, r, ask, status);
}

void at_child_heed_contact(request_rec *r)
{
    const at_service_t *service = at_child_service(r);

    if (at_trouble_lasts(service->reading)) {
        at_trouble_over(service->reading, r,
                        at_contact_last(at_clerk_shelf(service->clerk)));
    }
}

static const char *absence(request_rec *r, const at_service_t *service)
{
    char why[AT_CONTACT_WHY_SIZE];

    at_contact_why(at_clerk_shelf(service->clerk), why);
    return apr_pstrcat(r->pool, "it does not say which tokens were deleted",
                       *why ? " (" : "", why, *why ? ")" : "",
                       "; what is known from before is trusted for now", NULL);
}

void at_child_heed_absence(request_rec *r, const at_ask_t *ask)
{
    const at_service_t *service = at_child_service(r);

    at_trouble_note(service->reading, r,
                    ask->words ? ask->words : absence(r, service), 0);
}

void at_child_heed_write(request_rec *r, const at_ask_t *ask,
                         apr_status_t status)
{
    heed(at_child_service(r)->writing, r, ask, status);
}
