/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache: rows that this machine has read, and whose secret a request has
 * proven, in memory that all processes of a server share. With each row it has
 * the last use of the token (cache_uses.h); freshness.h says how far the rows
 * may be trusted.
 *
 * An entry that is missing, half written or of another token costs a lookup,
 * but never changes a decision. Readers take no lock and make no system call.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_CACHE_H
#define ACCESSTOKEN_CORE_CACHE_CACHE_H

#include <apr_pools.h>

#include "core/cache/breaker.h"
#include "core/cache/outage.h"
#include "core/token/status.h"
#include "core/token/terms.h"
#include "core/token/use.h"

typedef struct at_cache_t at_cache_t;

/** Rises with each change of the layout (cache_layout.h). */
#define AT_CACHE_VERSION 6

/** The minimum size of a cache in bytes. */
#define AT_CACHE_SIZE_MIN ((apr_size_t)65536)

/**
 * Make an empty cache in zeroed memory that will be shared.
 *
 * @param size  in bytes
 * @return APR_SUCCESS; AT_ENORANDOM; APR_ENOSPC if the size is too small;
 *         APR_EGENERAL if the system has no locks between processes.
 */
apr_status_t at_cache_format(void *memory, apr_size_t size);

/**
 * For the parent process: a configuration begins to use the cache in this
 * memory. Processes of the one before it may still use it.
 */
void at_cache_begin_generation(void *memory);

/**
 * Does a later configuration use the cache than when this process opened it?
 * Then the server goes on with it when this process has ended.
 */
int at_cache_has_successor(const at_cache_t *cache);

/**
 * Open a cache for this process; it lives as long as p.
 *
 * @return NULL if the memory has no cache of this layout.
 */
at_cache_t *at_cache_open(void *memory, apr_pool_t *p);

/** How many rows fit into the cache, and how many it has now. */
apr_uint32_t at_cache_capacity(const at_cache_t *cache);
apr_uint32_t at_cache_entries(const at_cache_t *cache);

/** Has a request ever used this table? Otherwise no background job queries
 *  it. */
void at_cache_set_in_use(const at_cache_t *cache);
int at_cache_is_in_use(const at_cache_t *cache);

/** The breaker of the table's database, which the processes share, too. */
at_breaker_t *at_cache_breaker(const at_cache_t *cache);

/** What fails during an outage: reading rows, changes, writing last uses. */
typedef enum {
    AT_OUTAGE_READING,
    AT_OUTAGE_WRITING,
    AT_OUTAGE_USES
} at_outage_e;

#define AT_OUTAGES 3

at_outage_t *at_cache_outage(const at_cache_t *cache, at_outage_e kind);

/**
 * The tag of a token's whole text: 128 bits of SipHash-2-4. Its key is random,
 * made with the cache and never leaves it.
 */
typedef struct at_tag_t {
    apr_uint64_t half[2];
} at_tag_t;

void at_cache_tag(const at_cache_t *cache, const char *text, apr_size_t length,
                  at_tag_t *tag);

/** What the cache knows of a token. */
typedef struct at_hit_t {
    at_id_t id;
    const at_terms_t *terms; /* a copy; NULL unless proven */
    int proven;              /* the tag is that of the token's text */
    apr_int64_t read_at;     /* when its lookup began: at_clock_monotonic() */
    at_spot_t spot;
} at_hit_t;

/**
 * Find a token by the tag of its text, which proves it; false if the cache
 * does not have it.
 *
 * @param digits  the digits of the id in the text: at_token_find_digits()
 * @param p       the terms live as long
 */
int at_cache_find_text(const at_cache_t *cache, const char *digits,
                       const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p);

/** Find a token by its id, even if the tag is that of another text; false if
 *  the cache does not have it. */
int at_cache_find_id(const at_cache_t *cache, const at_id_t *id,
                     const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p);

/** What a lookup takes before it reads the table, and gives to
 *  at_cache_put(). */
typedef struct at_ticket_t {
    apr_int64_t read_at;  /* when the lookup began: at_clock_monotonic() */
    apr_uint64_t version; /* of the set; rises with each deletion */
    apr_uint64_t spread;  /* hash of the id: chooses the set */
} at_ticket_t;

at_ticket_t at_cache_ticket(const at_cache_t *cache, const at_id_t *id,
                            apr_int64_t now);

/** A row to be put into the cache; the token's text must have proven its
 *  hash. */
typedef struct at_entry_t {
    const at_id_t *id;
    const at_tag_t *tag;
    const at_terms_t *terms;
    apr_int64_t last_used; /* in the table */
    at_ticket_t ticket;
} at_entry_t;

/**
 * Put a row into the cache, unless a token of its set was deleted after the
 * ticket was taken. If the cache has the row as it was read later, that one
 * stays.
 *
 * @param spot     of the token
 * @param evicted  the last use of an evicted token, if it is neither in the
 *                 table nor kept in the cache; else its `when` is AT_TIME_NONE
 * @return whether the cache has the token now.
 */
int at_cache_put(at_cache_t *cache, const at_entry_t *entry, at_spot_t *spot,
                 at_use_t *evicted);

/**
 * Remove a token that was deleted in the table. A lookup that began before
 * this call cannot put it back.
 *
 * @param unwritten  its last use, if it is neither in the table nor kept in
 *                   the cache; else its `when` is AT_TIME_NONE
 */
void at_cache_drop(at_cache_t *cache, const at_id_t *id, at_use_t *unwritten);

/** Invalidate all rows that were read up to this time, at_clock_monotonic(). */
void at_cache_invalidate(at_cache_t *cache, apr_int64_t now);

/** When the lookup of the row began that was put last; 0: there was none. */
apr_int64_t at_cache_last_put(const at_cache_t *cache);

#endif
