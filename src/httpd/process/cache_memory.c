/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creates the shared memory of the caches before the first child, and keeps it
 * during every kind of restart. Children of the old and of the new
 * configuration then use the same cache, so that a deletion that one of them
 * answers takes effect in all. For this reason the memory belongs to the
 * process and not to the configuration, and a new size takes effect only when
 * httpd is stopped and started.
 *
 * A segment that two configurations in a row do not use is released. This ends
 * the parent's mapping; processes that still use the segment have their own.
 */
#include "httpd/process/cache_memory.h"

#include <string.h>

#include <http_core.h>
#include <http_config.h>
#include <http_log.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include "core/cache/cache.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

/* Bytes with AccessTokenCacheSize 0: last uses are collected without a
 * cache, too. */
#define SIZE_WITHOUT_CACHE ((apr_size_t)524288)

/* A segment is released after so many configurations without its table. A
 * table that is missing in one configuration only keeps its cache. */
#define UNUSED_MAX 2

typedef struct segment_t {
    struct segment_t *next;
    apr_pool_t *pool; /* owns the segment and this structure */
    const char *key;
    void *base;
    apr_size_t size;
    apr_size_t wanted; /* in the latest configuration */
    unsigned int used; /* number of the latest configuration that uses it */
} segment_t;

typedef struct segments_t {
    segment_t *first;
    unsigned int configuration; /* its number since the start of httpd */
} segments_t;

/* The list lives as long as the process. The key has the version of the
 * memory's layout, so that a new module after a restart ignores segments of
 * another one. */
static segments_t *segments_of(apr_pool_t *p, apr_pool_t *ptemp)
{
    const char *key =
        apr_psprintf(ptemp, "accesstoken.segments.%d", AT_CACHE_VERSION);
    void *known = NULL;

    apr_pool_userdata_get(&known, key, p);
    if (!known) {
        known = apr_pcalloc(p, sizeof(segments_t));
        apr_pool_userdata_set(known, key, NULL, p);
    }
    return known;
}

static const char *key_of(const at_server_t *settings, apr_pool_t *p)
{
    return apr_pstrcat(p, settings->database.driver, "\n",
                       settings->database.params, "\n", settings->table, NULL);
}

/* The largest size that any server configures for this table. */
static apr_size_t size_for(const at_server_t *settings, server_rec *server)
{
    apr_int64_t most = 0;

    for (; server; server = server->next) {
        const at_server_t *other = at_config_server(server);

        if (at_config_same_table(settings, other) && other->cache_size > most) {
            most = other->cache_size;
        }
    }
    return most > 0 ? (apr_size_t)most : SIZE_WITHOUT_CACHE;
}

static apr_status_t create(segment_t *segment, apr_size_t size)
{
    apr_shm_t *shm;
    apr_status_t status = apr_shm_create(&shm, size, NULL, segment->pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    segment->base = apr_shm_baseaddr_get(shm);
    segment->size = size;
    segment->wanted = size;
    return at_cache_format(segment->base, size);
}

static segment_t *add(segments_t *segments, const char *key, apr_size_t size,
                      server_rec *server)
{
    apr_pool_t *pool;
    segment_t *segment;
    apr_status_t status;

    apr_pool_create(&pool, server->process->pool);
    segment = apr_pcalloc(pool, sizeof(*segment));
    segment->pool = pool;
    segment->key = apr_pstrdup(pool, key);
    status = create(segment, size);
    if (status != APR_SUCCESS) {
        apr_pool_destroy(pool);
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                     "AccessTokenCacheSize: %" APR_SIZE_T_FMT
                     " bytes of shared memory could not be allocated; set a "
                     "smaller size or raise the system's limit",
                     size);
        return NULL;
    }
    segment->next = segments->first;
    segments->first = segment;
    return segment;
}

static segment_t *find_or_add(segments_t *segments, const at_server_t *settings,
                              apr_size_t size, server_rec *server,
                              apr_pool_t *ptemp)
{
    const char *key = key_of(settings, ptemp);
    segment_t *segment = segments->first;

    while (segment && strcmp(segment->key, key) != 0) {
        segment = segment->next;
    }
    if (!segment) {
        segment = add(segments, key, size, server);
    }
    if (segment) {
        segment->used = segments->configuration;
    }
    return segment;
}

static void release_unused(segments_t *segments)
{
    segment_t **link = &segments->first;

    while (*link) {
        segment_t *segment = *link;

        if (segments->configuration - segment->used < UNUSED_MAX) {
            link = &segment->next;
            continue;
        }
        *link = segment->next;
        apr_pool_destroy(segment->pool);
    }
}

int at_cache_memory_prepare(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *first)
{
    segments_t *segments;
    server_rec *server;

    (void)pconf;
    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK; /* the first of two readings of the configuration at start */
    }
    segments = segments_of(first->process->pool, ptemp);
    segments->configuration++;
    for (server = first; server; server = server->next) {
        at_server_t *settings = at_config_server(server);
        apr_size_t size = size_for(settings, first);
        segment_t *segment =
            find_or_add(segments, settings, size, server, ptemp);

        if (!segment) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (segment->wanted != size) {
            segment->wanted = size;
            ap_log_error(
                APLOG_MARK, APLOG_NOTICE, 0, server,
                "AccessTokenCacheSize: a new size takes effect when "
                "httpd is stopped and started, not at a restart; until "
                "then the cache has %" APR_SIZE_T_FMT " bytes",
                segment->size);
        }
        at_cache_begin_generation(segment->base);
        settings->memory = segment->base;
    }
    release_unused(segments);
    return OK;
}
