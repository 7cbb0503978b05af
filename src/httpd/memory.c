/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the shelves' memory before the first child is, and keeps it over every
 * kind of restart: children of the old and of the new configuration then use the
 * same shelf, so that a deletion which one of them answers holds for all. That
 * is why it hangs on the process and not on the configuration, and why another
 * size waits until httpd is started anew.
 */
#include "httpd/memory.h"

#include <string.h>

#include <http_core.h>
#include <http_config.h>
#include <http_log.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include "core/shelf.h"
#include "httpd/config.h"

APLOG_USE_MODULE(accesstoken);

/* Without a cache, last uses are collected all the same. */
#define WITHOUT_CACHE ((apr_size_t)524288)

typedef struct block_t {
    void *base;
    apr_size_t size;
    apr_size_t wanted; /* by the latest configuration */
} block_t;

/* Memory that another version of this module laid out is not ours to read. */
static const char *key_of(const at_server_t *settings, apr_pool_t *p)
{
    return apr_psprintf(p, "accesstoken.shelf.%d\n%s\n%s\n%s", AT_SHELF_VERSION,
                        settings->database.driver, settings->database.params,
                        settings->table);
}

static int is_same(const at_server_t *a, const at_server_t *b)
{
    return strcmp(a->database.driver, b->database.driver) == 0 &&
           strcmp(a->database.params, b->database.params) == 0 &&
           strcmp(a->table, b->table) == 0;
}

/* The largest that any server wants for this table. */
static apr_size_t size_for(const at_server_t *settings, server_rec *server)
{
    apr_int64_t most = 0;

    for (; server; server = server->next) {
        const at_server_t *other = at_config_server(server);

        if (is_same(settings, other) && other->cache_size > most) {
            most = other->cache_size;
        }
    }
    return most > 0 ? (apr_size_t)most : WITHOUT_CACHE;
}

static apr_status_t make(block_t *block, apr_size_t size, apr_pool_t *p)
{
    apr_shm_t *shm;
    apr_status_t status = apr_shm_create(&shm, size, NULL, p);

    if (status != APR_SUCCESS) {
        return status;
    }
    block->base = apr_shm_baseaddr_get(shm);
    block->size = size;
    block->wanted = size;
    return at_shelf_format(block->base, size);
}

static block_t *find_or_make(at_server_t *settings, apr_size_t size,
                             server_rec *server, apr_pool_t *ptemp)
{
    apr_pool_t *p = server->process->pool;
    const char *key = key_of(settings, ptemp);
    void *known = NULL;
    block_t *block;
    apr_status_t status;

    apr_pool_userdata_get(&known, key, p);
    if (known) {
        return known;
    }
    block = apr_pcalloc(p, sizeof(*block));
    status = make(block, size, p);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                     "AccessTokenCacheSize: %" APR_SIZE_T_FMT
                     " bytes of shared memory cannot be had",
                     size);
        return NULL;
    }
    apr_pool_userdata_set(block, apr_pstrdup(p, key), NULL, p);
    return block;
}

int at_memory_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *first)
{
    server_rec *server;

    (void)pconf;
    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK; /* httpd reads its configuration twice when it starts */
    }
    for (server = first; server; server = server->next) {
        at_server_t *settings = at_config_server(server);
        apr_size_t size = size_for(settings, first);
        block_t *block = find_or_make(settings, size, server, ptemp);

        if (!block) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (block->wanted != size) {
            block->wanted = size;
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                         "AccessTokenCacheSize: another size takes effect when "
                         "httpd is stopped and started; until then it is "
                         "%" APR_SIZE_T_FMT " bytes",
                         block->size);
        }
        settings->memory = block->base;
    }
    return OK;
}
