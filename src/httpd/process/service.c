/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the services of a process: for each table a lookup, background jobs
 * and logs. Virtual hosts with the same database share a connection pool;
 * those with the same table and the same settings share a service.
 */
#include "httpd/process/service.h"

#include <string.h>

#include <http_main.h>

#include "core/jobs/purge_job.h"
#include "core/jobs/revocation.h"
#include "httpd/config/config.h"
#include "httpd/config/directives.h"

typedef struct instance_t {
    const at_server_t *settings; /* of the first server that uses it */
    at_dbpool_t *dbpool;
    at_service_t *service;
} instance_t;

/* The services of this process. */
static const apr_array_header_t *instances;

/* The longest AccessTokenPurgeAfter that servers set for this table; 0 for
 * never. The default counts only if no server sets it. */
static apr_int64_t purge_after(const at_server_t *settings)
{
    const server_rec *server;
    apr_int64_t longest = 0;

    for (server = ap_server_conf; server; server = server->next) {
        const at_server_t *other = at_config_server(server);

        if (!at_config_same_table(settings, other) ||
            !at_directives_has_purge_after(other)) {
            continue;
        }
        if (other->purge_after == AT_CONFIG_NEVER) {
            return 0;
        }
        longest = other->purge_after > longest ? other->purge_after : longest;
    }
    return longest > 0 ? longest : settings->purge_after;
}

static int same_settings(const at_server_t *a, const at_server_t *b)
{
    return at_config_same_table(a, b) && a->create_table == b->create_table &&
           a->database_timeout == b->database_timeout &&
           a->cache_size == b->cache_size && a->cache_ttl == b->cache_ttl &&
           a->revocation_interval == b->revocation_interval &&
           a->stale_if_error == b->stale_if_error &&
           a->lastused_interval == b->lastused_interval;
}

static at_dbpool_t *dbpool_for(const apr_array_header_t *known,
                               const at_server_t *settings)
{
    int i;

    for (i = 0; i < known->nelts; i++) {
        const instance_t *instance = &APR_ARRAY_IDX(known, i, instance_t);

        if (at_config_same_database(instance->settings, settings)) {
            at_dbpool_raise_connections(instance->dbpool,
                                        (int)settings->database_connections);
            return instance->dbpool;
        }
    }
    return at_dbpool_open(settings->database.driver, settings->database.params,
                          (int)settings->database_connections);
}

static void open_logs(at_service_t *service, at_cache_t *cache, apr_pool_t *p)
{
    service->read_outage = at_outage_log_make(
        p, at_cache_outage(cache, AT_OUTAGE_READING), service->name, "read");
    service->write_outage = at_outage_log_make(
        p, at_cache_outage(cache, AT_OUTAGE_WRITING), service->name, "written");
}

static apr_int64_t lastused_interval(const at_server_t *settings)
{
    return settings->lastused_interval == AT_CONFIG_NEVER
               ? -1
               : settings->lastused_interval * 1000;
}

static void open_jobs(at_service_t *service, at_cache_t *cache,
                      const at_server_t *settings)
{
    const at_sql_t *sql = at_table_sql(service->table);
    at_lastused_flush_config_t lastused = {.interval =
                                               lastused_interval(settings),
                                           .log = at_lastused_log_write,
                                           .data = service->lastused_log};
    at_revocation_config_t revocation = {
        .revocation = settings->revocation_interval * 1000,
        .ttl = settings->cache_ttl * 1000,
        .timeout = settings->database_timeout * 1000,
        .cache = settings->cache_size > 0,
        .create = settings->create_table};
    at_purge_job_config_t purge = {.after = purge_after(settings) * 1000,
                                   .ttl = settings->cache_ttl * 1000,
                                   .timeout =
                                       settings->database_timeout * 1000};

    service->flush =
        at_lastused_flush_open(service->dbpool, sql, cache, &lastused);
    at_revocation_open(service->dbpool, sql, cache, service->flush,
                       &revocation);
    if (purge.after > 0) {
        at_purge_job_open(service->dbpool, sql, cache, &purge);
    }
}

static at_lookup_t *open_lookup(const at_service_t *service, at_cache_t *cache,
                                const at_server_t *settings)
{
    at_lookup_config_t config = {
        .cache = settings->cache_size > 0,
        .ttl = settings->cache_ttl * 1000,
        .rules = {.interval = settings->revocation_interval * 1000,
                  .stale = settings->stale_if_error * 1000},
        .lastused = lastused_interval(settings),
        .timeout = settings->database_timeout * 1000};

    return at_lookup_open(service->dbpool, service->table, cache,
                          service->flush, &config);
}

static at_service_t *make_service(at_dbpool_t *dbpool,
                                  const at_server_t *settings, apr_pool_t *p)
{
    at_cache_t *cache = at_cache_open(settings->memory, at_dbpool_pool(dbpool));
    at_table_config_t config = {.name = settings->table,
                                .create = settings->create_table,
                                .timeout = settings->database_timeout * 1000,
                                .cache = cache};
    at_service_t *service = apr_pcalloc(p, sizeof(*service));

    at_dbpool_share_breaker(dbpool, at_cache_breaker(cache));
    service->name = settings->table;
    service->dbpool = dbpool;
    service->table = at_table_open(dbpool, settings->database.driver, &config);
    service->lastused_log =
        at_lastused_log_make(at_dbpool_pool(dbpool), cache, settings->table);
    open_jobs(service, cache, settings);
    service->lookup = open_lookup(service, cache, settings);
    open_logs(service, cache, p);
    return service;
}

static at_service_t *service_for(apr_array_header_t *known,
                                 const at_server_t *settings, apr_pool_t *p)
{
    instance_t *instance;
    at_dbpool_t *dbpool;
    int i;

    for (i = 0; i < known->nelts; i++) {
        instance = &APR_ARRAY_IDX(known, i, instance_t);
        if (same_settings(instance->settings, settings)) {
            at_dbpool_raise_connections(instance->dbpool,
                                        (int)settings->database_connections);
            return instance->service;
        }
    }
    dbpool = dbpool_for(known, settings);
    instance = apr_array_push(known);
    instance->settings = settings;
    instance->dbpool = dbpool;
    instance->service = make_service(dbpool, settings, p);
    return instance->service;
}

apr_array_header_t *at_service_open_all(server_rec *server, apr_pool_t *p)
{
    apr_array_header_t *known = apr_array_make(p, 2, sizeof(instance_t));
    apr_array_header_t *services = apr_array_make(p, 2, sizeof(at_service_t *));
    int i;

    for (; server; server = server->next) {
        at_server_t *settings = at_config_server(server);

        settings->service = service_for(known, settings, p);
    }
    instances = known;
    for (i = 0; i < known->nelts; i++) {
        APR_ARRAY_PUSH(services, at_service_t *) =
            APR_ARRAY_IDX(known, i, instance_t).service;
    }
    return services;
}

at_service_t *at_service_of(const request_rec *r)
{
    return at_config_server(r->server)->service;
}

void at_service_drop(const at_id_t *id)
{
    int i;

    for (i = 0; i < instances->nelts; i++) {
        at_lookup_drop(APR_ARRAY_IDX(instances, i, instance_t).service->lookup,
                       id);
    }
}
