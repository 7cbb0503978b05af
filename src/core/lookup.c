/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a presented token in the cache by its id and the tag of its text. Only
 * a token that is not there, or whose row may not be trusted any more, is
 * parsed, hashed and looked up in the table.
 *
 * A row is put into the cache only with the text that proves its hash, so the
 * tag beside it is that of the right token: another text has another secret.
 */
#include "core/lookup.h"

#include <openssl/crypto.h>

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/cache/singleflight.h"

struct at_lookup_t {
    at_dbpool_t *dbpool;
    at_table_t *table;
    at_cache_t *cache;
    at_lastused_flush_t *flush;
    at_lookup_config_t config;
};

/* One presented token, from its text to what is found. */
typedef struct query_t {
    at_lookup_t *lookup;
    apr_pool_t *pool;
    const char *digits; /* of the id, in the token's text */
    const at_tag_t *tag;
    int recognized; /* by the cache, though perhaps read too long ago */
    at_found_t *found;
    /* Only if the cache does not decide: */
    at_credential_t *credential;
    at_op_t *op; /* on the table */
} query_t;

/* The cache */

/* How far a row in the cache may be trusted. After the ttl it is read again,
 * and serves only if the table does not answer. */
static at_trust_e trust(const at_lookup_t *lookup, const at_hit_t *hit,
                        apr_int64_t now)
{
    at_trust_e level;

    if (!lookup->config.cache) {
        return AT_TRUST_NONE;
    }
    level = at_freshness_trust(lookup->cache, &lookup->config.rules,
                               hit->read_at, now);
    if (level == AT_TRUST_FULL && now - hit->read_at >= lookup->config.ttl) {
        return AT_TRUST_IF_UNAVAILABLE;
    }
    return level;
}

static void take_hit(at_found_t *found, const at_hit_t *hit)
{
    found->id = hit->id;
    found->evidence.terms = hit->terms;
    found->evidence.proven = hit->proven;
    found->from_cache = 1;
    found->in_cache = 1;
    found->spot = hit->spot;
}

static int is_trusted(const query_t *query, const at_hit_t *hit)
{
    at_trust_e level = trust(query->lookup, hit, at_clock_monotonic());

    query->found->stale = level == AT_TRUST_STALE;
    return level == AT_TRUST_FULL || level == AT_TRUST_STALE;
}

static int recognize(const query_t *query, at_hit_t *hit)
{
    return at_cache_find_text(query->lookup->cache, query->digits, query->tag,
                              hit, query->pool);
}

/* The table */

/* A use that has lost its place in the cache, of whatever virtual host. */
static void note_displaced(at_lookup_t *lookup, const at_use_t *use)
{
    if (use->when != AT_TIME_NONE && at_cache_uses_are_written(lookup->cache)) {
        at_lastused_flush_note(lookup->flush, use);
    }
}

static void put_into_cache(query_t *query, const at_row_t *row,
                           const at_ticket_t *ticket)
{
    at_lookup_t *lookup = query->lookup;
    at_found_t *found = query->found;
    at_entry_t entry = {.id = &found->id,
                        .tag = query->tag,
                        .terms = found->evidence.terms,
                        .last_used = row->last_used,
                        .ticket = *ticket};
    at_use_t evicted;

    found->in_cache =
        at_cache_put(lookup->cache, &entry, &found->spot, &evicted);
    note_displaced(lookup, &evicted);
}

static void take_row(query_t *query, const at_row_t *row,
                     const at_ticket_t *ticket)
{
    at_evidence_t *evidence = &query->found->evidence;
    at_terms_t *terms;

    evidence->reason = row->reason;
    if (row->reason) {
        return;
    }
    evidence->proven = at_token_proves(query->credential, row->hash);
    if (evidence->proven) {
        terms = apr_palloc(query->pool, sizeof(*terms));
        at_terms_fill(terms, row);
        evidence->terms = terms;
        put_into_cache(query, row, ticket);
    }
}

/* Has the cache a row that the table denies? Another secret denies nothing,
 * unless the cache has recognized that secret. */
static int is_outdated(const query_t *query, apr_status_t status)
{
    const at_evidence_t *evidence = &query->found->evidence;
    int denied =
        status == APR_NOTFOUND ||
        (status == APR_SUCCESS &&
         (evidence->reason || (query->recognized && !evidence->proven)));
    at_hit_t hit;

    return denied && at_cache_find_id(query->lookup->cache, &query->found->id,
                                      query->tag, &hit, query->pool);
}

static apr_status_t find_in_table(query_t *query, apr_int64_t now)
{
    at_lookup_t *lookup = query->lookup;
    at_ticket_t ticket = at_cache_ticket(lookup->cache, &query->found->id, now);
    apr_time_t begun = apr_time_now();
    apr_status_t status = at_table_find(query->op);
    apr_time_t took = apr_time_now() - begun;

    at_counters_add(lookup->cache, AT_COUNTER_LOOKUPS, 1);
    at_counters_add(lookup->cache, AT_COUNTER_LOOKUP_USEC,
                    took > 0 ? (apr_uint64_t)took : 0);
    if (status == APR_SUCCESS) {
        take_row(query, query->op->row, &ticket);
    }
    if (is_outdated(query, status)) {
        at_lookup_drop(lookup, &query->found->id);
    }
    return status;
}

/* Has another request put the token into the cache? */
static int find_in_cache_again(query_t *query)
{
    at_hit_t hit;

    if (!recognize(query, &hit) || !is_trusted(query, &hit)) {
        return 0;
    }
    at_counters_add(query->lookup->cache, AT_COUNTER_SHARED, 1);
    take_hit(query->found, &hit);
    return 1;
}

/* Of requests that present the same token at the same time, one looks it up,
 * and the others wait until it is in the cache; a request that does not find it
 * there looks it up in the time that is left. While the breaker is open, no
 * request waits for the one that probes the database. */
static apr_status_t look_up(query_t *query)
{
    at_lookup_t *lookup = query->lookup;
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t most = lookup->config.timeout - lookup->config.timeout / 8;
    at_singleflight_t flight;
    apr_status_t status;

    if (!lookup->config.cache || at_dbpool_breaker_is_open(lookup->dbpool)) {
        return find_in_table(query, now);
    }
    at_table_begin(query->op, now);
    if (!at_singleflight_begin(lookup->cache, &query->found->id, now, most,
                               &flight)) {
        at_singleflight_await(lookup->cache, &flight, most);
        if (find_in_cache_again(query)) {
            return APR_SUCCESS;
        }
    }
    status = find_in_table(query, at_clock_monotonic());
    at_singleflight_end(lookup->cache, &flight);
    if (status == AT_EUNAVAILABLE && find_in_cache_again(query)) {
        return APR_SUCCESS;
    }
    return status;
}

/* The table did not answer. A row that is past its ttl may serve now, if it is
 * still in the cache: a deletion may have removed it in between. */
static int serve_stale(query_t *query)
{
    at_lookup_t *lookup = query->lookup;
    at_hit_t hit;

    if (!lookup->config.cache || !recognize(query, &hit) ||
        at_freshness_age(lookup->cache, hit.read_at, at_clock_monotonic()) >
            lookup->config.rules.stale) {
        return 0;
    }
    take_hit(query->found, &hit);
    query->found->stale = 1;
    return 1;
}

/* The cache has the token, but did not recognize the text. */
static int is_other_secret(query_t *query)
{
    at_hit_t hit;

    if (!at_cache_find_id(query->lookup->cache, &query->found->id, query->tag,
                          &hit, query->pool) ||
        !is_trusted(query, &hit)) {
        return 0;
    }
    take_hit(query->found, &hit);
    return 1;
}

/* The cache has not recognized the token, or may not be trusted. */
static apr_status_t find_by_hash(query_t *query, const char *text,
                                 apr_size_t length)
{
    at_op_t op = {.table = query->lookup->table, .pool = query->pool};
    at_credential_t credential;
    apr_status_t status = at_token_parse(text, length, &credential);

    if (status == APR_SUCCESS) {
        query->credential = &credential;
        query->op = &op;
        query->found->id = op.id = credential.id;
        if (query->recognized || !is_other_secret(query)) {
            status = look_up(query);
        }
    }
    query->found->reason = op.reason;
    if (status == AT_EUNAVAILABLE && serve_stale(query)) {
        status = APR_SUCCESS;
    }
    OPENSSL_cleanse(&credential, sizeof(credential));
    return status;
}

/* The functions of lookup.h */

void at_lookup_tag(const at_lookup_t *lookup, const char *text,
                   apr_size_t length, at_tag_t *tag)
{
    at_cache_tag(lookup->cache, text, length, tag);
}

apr_status_t at_lookup_find(at_lookup_t *lookup, const char *text,
                            apr_size_t length, const at_tag_t *tag,
                            apr_pool_t *p, at_found_t *found)
{
    query_t query = {.lookup = lookup, .pool = p, .tag = tag, .found = found};
    at_hit_t hit;

    memset(found, 0, sizeof(*found));
    query.digits = at_token_find_digits(text, length);
    if (!query.digits) {
        return APR_EINVAL;
    }
    query.recognized = recognize(&query, &hit);
    if (query.recognized && is_trusted(&query, &hit)) {
        take_hit(found, &hit);
        return APR_SUCCESS;
    }
    return find_by_hash(&query, text, length);
}

static void note_without_slot(at_lookup_t *lookup, const at_id_t *id,
                              apr_int64_t now)
{
    at_use_t use = {.id = *id, .when = now};

    if (!at_cache_uses_keep(lookup->cache, &use)) {
        at_lastused_flush_note(lookup->flush, &use);
    }
}

/* The cache evicts tokens by their last use, so it is noted also if it is not
 * written. Where another virtual host writes last uses of the same table, it is
 * not noted, since that would write it. */
static void note_without_writing(at_lookup_t *lookup, const at_found_t *found,
                                 apr_int64_t now)
{
    at_use_t use = {.when = now, .spot = found->spot};

    if (found->in_cache && !at_cache_uses_are_written(lookup->cache) &&
        at_cache_uses_note(lookup->cache, found->spot, now)) {
        at_cache_uses_written(lookup->cache, &use);
    }
}

void at_lookup_note_use(at_lookup_t *lookup, const at_found_t *found,
                        apr_int64_t now)
{
    if (lookup->config.lastused < 0) {
        note_without_writing(lookup, found, now);
    }
    else if (!found->in_cache ||
             !at_cache_uses_note(lookup->cache, found->spot, now)) {
        note_without_slot(lookup, &found->id, now);
    }
    at_counters_add(lookup->cache,
                    found->from_cache ? AT_COUNTER_HITS : AT_COUNTER_COLD, 1);
    if (found->stale) {
        at_counters_add(lookup->cache, AT_COUNTER_STALE, 1);
    }
    if (lookup->config.lastused == 0) {
        at_lastused_flush_wake(lookup->flush);
    }
}

void at_lookup_drop(at_lookup_t *lookup, const at_id_t *id)
{
    at_use_t unwritten;

    at_cache_drop(lookup->cache, id, &unwritten);
    note_displaced(lookup, &unwritten);
}

static void take_later(at_row_t *row, apr_int64_t used)
{
    row->last_used = used > row->last_used ? used : row->last_used;
}

void at_lookup_refresh(const at_lookup_t *lookup, at_row_t *row)
{
    if (lookup->config.lastused >= 0) {
        take_later(row, at_cache_uses_of(lookup->cache, &row->id));
        take_later(row, at_lastused_flush_last_use(lookup->flush, &row->id));
    }
}

at_cache_t *at_lookup_cache(const at_lookup_t *lookup)
{
    return lookup->cache;
}

at_lookup_t *at_lookup_open(at_dbpool_t *dbpool, at_table_t *table,
                            at_cache_t *cache, at_lastused_flush_t *flush,
                            const at_lookup_config_t *config)
{
    at_lookup_t *lookup = apr_pcalloc(at_dbpool_pool(dbpool), sizeof(*lookup));

    lookup->dbpool = dbpool;
    lookup->table = table;
    lookup->cache = cache;
    lookup->flush = flush;
    lookup->config = *config;
    return lookup;
}
