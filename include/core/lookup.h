/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds what is known about a presented token: in the cache where that may be
 * trusted, else in the table. It does not decide; at_token_verdict() does.
 */
#ifndef ACCESSTOKEN_CORE_LOOKUP_H
#define ACCESSTOKEN_CORE_LOOKUP_H

#include "core/cache/freshness.h"
#include "core/jobs/lastused_flush.h"
#include "core/pool/table.h"
#include "core/token/token.h"

typedef struct at_lookup_t at_lookup_t;

/** Times in milliseconds. */
typedef struct at_lookup_config_t {
    int cache;                  /* false: the cache is never trusted */
    apr_int64_t ttl;            /* a row is read again after this */
    at_freshness_rules_t rules; /* how long the cache may be trusted */
    apr_int64_t lastused;       /* between two writes; negative: never */
    apr_int64_t timeout;        /* of a lookup in the table */
} at_lookup_config_t;

/**
 * Open a lookup; it lives as long as the connection pool.
 *
 * @param flush  writes the uses that have no place in the cache
 */
at_lookup_t *at_lookup_open(at_dbpool_t *dbpool, at_table_t *table,
                            at_cache_t *cache, at_lastused_flush_t *flush,
                            const at_lookup_config_t *config);

at_cache_t *at_lookup_cache(const at_lookup_t *lookup);

/** What was found about a presented token. */
typedef struct at_found_t {
    at_id_t id;
    at_evidence_t evidence; /* its terms live as long as the caller's pool */
    int from_cache;
    int stale;    /* from the cache, because the table did not answer */
    int in_cache; /* it has a slot there, where uses are noted */
    at_spot_t spot;
    const char *reason; /* why the table did not answer; NULL: it did, or was
                           not needed. No secrets. */
} at_found_t;

/** Compute the tag by which the cache recognizes a text. */
void at_lookup_tag(const at_lookup_t *lookup, const char *text,
                   apr_size_t length, at_tag_t *tag);

/**
 * Find a token by its text, which need not end in NUL.
 *
 * @param tag  of this text
 * @param p    what is found lives as long
 * @return APR_SUCCESS; APR_EINVAL if it is no token by its syntax or check;
 *         APR_NOTFOUND if the table has no such row; AT_EUNAVAILABLE if the
 *         table did not answer; APR_EGENERAL if SHA-256 failed.
 */
apr_status_t at_lookup_find(at_lookup_t *lookup, const char *text,
                            apr_size_t length, const at_tag_t *tag,
                            apr_pool_t *p, at_found_t *found);

/** Note a use of the token, at `now` in wall-clock time; cannot fail. */
void at_lookup_note_use(at_lookup_t *lookup, const at_found_t *found,
                        apr_int64_t now);

/** A token was deleted in the table: from now on it is refused here. */
void at_lookup_drop(at_lookup_t *lookup, const at_id_t *id);

/** Set last_used of a row to the latest use, also if it is not written yet. */
void at_lookup_refresh(const at_lookup_t *lookup, at_row_t *row);

#endif
