/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache: rows that this machine has read and proven, in memory that all
 * processes of a server share. Beside each row stands when the token was used
 * last (uses.h), and how fresh all of them are (contact.h).
 *
 * An entry that is missing, half written or foreign costs a lookup, never a
 * decision. Readers take no lock and make no system call.
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

/** Changes with the layout of the memory. */
#define AT_CACHE_VERSION 4

/** The least memory that makes a cache, in bytes. */
#define AT_CACHE_LEAST ((apr_size_t)65536)

/**
 * Make an empty cache of zeroed memory that will be shared.
 *
 * @return APR_SUCCESS; AT_ENORANDOM; APR_ENOSPC if it is too little; APR_EGENERAL
 *         if the system has no locks between processes.
 */
apr_status_t at_cache_format(void *memory, apr_size_t size);

/**
 * What a process needs to use a cache. p lives as long as that.
 *
 * @return NULL if no cache of this layout is there.
 */
at_cache_t *at_cache_open(void *memory, apr_pool_t *p);

/** How many rows there may be, and how many there are. */
apr_uint32_t at_cache_room(const at_cache_t *cache);
apr_uint32_t at_cache_entries(const at_cache_t *cache);

/** Has a request ever asked for this table? A server that nobody uses is quiet. */
void at_cache_set_in_use(const at_cache_t *cache);
int at_cache_is_in_use(const at_cache_t *cache);

/** What else a table's processes share: the breaker of its database. */
at_breaker_t *at_cache_breaker(const at_cache_t *cache);

typedef enum {
    AT_OUTAGE_READING,
    AT_OUTAGE_WRITING,
    AT_OUTAGE_USES
} at_outage_e;

#define AT_OUTAGES 3

at_outage_t *at_cache_outage(const at_cache_t *cache, at_outage_e kind);

/**
 * By what the cache recognizes a token's whole text: 128 bits of SipHash-2-4
 * under a key that was drawn with the cache and never leaves it.
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
    int proven;              /* the text is the one whose row was put here */
    apr_int64_t read_at;     /* at_clock_monotonic() when its lookup began */
    at_spot_t spot;
} at_hit_t;

/**
 * Recognize a token by its tag, which proves it; false if it is not here.
 *
 * @param digits  those that name the id in its text
 */
int at_cache_recognize(const at_cache_t *cache, const char *digits,
                       const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p);

/** Look a token up by its id, whoever's the text; false if it is not here. */
int at_cache_get(const at_cache_t *cache, const at_id_t *id,
                 const at_tag_t *tag, at_hit_t *hit, apr_pool_t *p);

/** What a lookup must hold on to from before it asks the table. */
typedef struct at_ticket_t {
    apr_int64_t read_at;
    apr_uint64_t version;
    apr_uint64_t spread; /* where the row will stand */
} at_ticket_t;

at_ticket_t at_cache_ticket(const at_cache_t *cache, const at_id_t *id,
                            apr_int64_t now);

/** A row on its way to the cache; its text must have proven its hash. */
typedef struct at_entry_t {
    const at_id_t *id;
    const at_tag_t *tag;
    const at_terms_t *terms;
    apr_int64_t last_used; /* as the table has it */
    at_ticket_t ticket;
} at_entry_t;

/**
 * Put a row on the cache, unless a deletion has come between the ticket and now.
 * One that was read later stays, and its place is the answer.
 *
 * @param evicted  a use of another token that is not in the table yet and found no
 *                 place here any more
 * @return whether it is there now, at `spot`.
 */
int at_cache_put(at_cache_t *cache, const at_entry_t *entry, at_spot_t *spot,
                 at_use_t *evicted);

/**
 * Take a token away that was deleted in the table. No lookup that began before
 * can bring it back.
 *
 * @param unwritten  its last use, if that is not in the table yet and found no
 *                   other place here
 */
void at_cache_drop(at_cache_t *cache, const at_id_t *id, at_use_t *unwritten);

/** Forget every row that was read up to this moment. */
void at_cache_forget(at_cache_t *cache, apr_int64_t now);

/** When a row was put here last, or 0. */
apr_int64_t at_cache_last_put(const at_cache_t *cache);

#endif
