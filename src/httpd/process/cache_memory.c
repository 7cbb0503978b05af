/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the caches' memory before the first child is, and keeps it over every
 * kind of restart: children of the old and of the new configuration then use the
 * same cache, so that a deletion which one of them answers holds for all. That
 * is why it hangs on the process and not on the configuration, and why another
 * size waits until httpd is started anew.
 *
 * What two configurations in a row have not named is given back. That is the
 * parent's mapping of it: processes that still use it have their own.
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

/* Without a cache, last uses are collected all the same. */
#define WITHOUT_CACHE ((apr_size_t)524288)

/* How many configurations may do without a block before it is given back. A
 * table that is back after one of them finds its cache as it was. */
#define ABSENCES 2

typedef struct block_t {
    struct block_t *next;
    apr_pool_t *pool; /* its own, with all that belongs to it */
    const char *key;
    void *base;
    apr_size_t size;
    apr_size_t wanted;  /* by the latest configuration */
    unsigned int named; /* by this configuration, the last one so far */
} block_t;

typedef struct blocks_t {
    block_t *first;
    unsigned int configuration; /* its number, since httpd was started */
} blocks_t;

/* As long as the process, whatever becomes of the configuration. */
static blocks_t *blocks_of(apr_pool_t *p, apr_pool_t *ptemp)
{
    const char *key =
        apr_psprintf(ptemp, "accesstoken.blocks.%d", AT_CACHE_VERSION);
    void *known = NULL;

    apr_pool_userdata_get(&known, key, p);
    if (!known) {
        known = apr_pcalloc(p, sizeof(blocks_t));
        apr_pool_userdata_set(known, key, NULL, p);
    }
    return known;
}

static const char *key_of(const at_server_t *settings, apr_pool_t *p)
{
    return apr_pstrcat(p, settings->database.driver, "\n",
                       settings->database.params, "\n", settings->table, NULL);
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

static apr_status_t make(block_t *block, apr_size_t size)
{
    apr_shm_t *shm;
    apr_status_t status = apr_shm_create(&shm, size, NULL, block->pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    block->base = apr_shm_baseaddr_get(shm);
    block->size = size;
    block->wanted = size;
    return at_cache_format(block->base, size);
}

static block_t *add(blocks_t *blocks, const char *key, apr_size_t size,
                    server_rec *server)
{
    apr_pool_t *pool;
    block_t *block;
    apr_status_t status;

    apr_pool_create(&pool, server->process->pool);
    block = apr_pcalloc(pool, sizeof(*block));
    block->pool = pool;
    block->key = apr_pstrdup(pool, key);
    status = make(block, size);
    if (status != APR_SUCCESS) {
        apr_pool_destroy(pool);
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                     "AccessTokenCacheSize: %" APR_SIZE_T_FMT
                     " bytes of shared memory cannot be had",
                     size);
        return NULL;
    }
    block->next = blocks->first;
    blocks->first = block;
    return block;
}

static block_t *find_or_add(blocks_t *blocks, const at_server_t *settings,
                            apr_size_t size, server_rec *server,
                            apr_pool_t *ptemp)
{
    const char *key = key_of(settings, ptemp);
    block_t *block = blocks->first;

    while (block && strcmp(block->key, key) != 0) {
        block = block->next;
    }
    if (!block) {
        block = add(blocks, key, size, server);
    }
    if (block) {
        block->named = blocks->configuration;
    }
    return block;
}

static void give_back(blocks_t *blocks)
{
    block_t **link = &blocks->first;

    while (*link) {
        block_t *block = *link;

        if (blocks->configuration - block->named < ABSENCES) {
            link = &block->next;
            continue;
        }
        *link = block->next;
        apr_pool_destroy(block->pool);
    }
}

int at_cache_memory_prepare(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *first)
{
    blocks_t *blocks;
    server_rec *server;

    (void)pconf;
    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK; /* httpd reads its configuration twice when it starts */
    }
    blocks = blocks_of(first->process->pool, ptemp);
    blocks->configuration++;
    for (server = first; server; server = server->next) {
        at_server_t *settings = at_config_server(server);
        apr_size_t size = size_for(settings, first);
        block_t *block = find_or_add(blocks, settings, size, server, ptemp);

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
    give_back(blocks);
    return OK;
}
