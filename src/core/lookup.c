/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a presented token: its id and the cache's tag of its text are
 * enough to find it there. Only a token that is not there, or not to be trusted
 * any more, is checked, hashed and looked up.
 *
 * A row is put on the cache only by the text that proves its hash, so the tag
 * beside it is that of the right token: another text is another secret.
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

/* One question, from its text to what is found. */
typedef struct query_t {
    at_lookup_t *lookup;
    at_ask_t *ask;
    const char *digits; /* that name the id in the token's text */
    at_tag_t tag;
    at_credential_t *credential;
    int recognized; /* by the cache, though perhaps too long ago */
    at_found_t *found;
} query_t;

/* The cache */

/* How far what the cache knows may be trusted. A row that is older than the ttl
 * is read anew, unless the table does not answer at the moment. */
static at_trust_e trust(const at_lookup_t *lookup, const at_hit_t *hit,
                        apr_int64_t now)
{
    at_trust_e far;

    if (!lookup->config.cache) {
        return AT_TRUST_NONE;
    }
    far = at_freshness_trust(lookup->cache, &lookup->config.rules, hit->read_at,
                             now);
    if (far == AT_TRUST_FULL && now - hit->read_at >= lookup->config.ttl) {
        return AT_TRUST_IF_UNAVAILABLE;
    }
    return far;
}

static void take_hit(at_found_t *found, const at_hit_t *hit)
{
    found->id = hit->id;
    found->evidence.terms = hit->terms;
    found->evidence.proven = hit->proven;
    found->from_cache = 1;
    found->on_cache = 1;
    found->spot = hit->spot;
}

static int is_enough(const query_t *query, const at_hit_t *hit)
{
    at_trust_e far = trust(query->lookup, hit, at_clock_monotonic());

    query->found->stale = far == AT_TRUST_STALE;
    return far == AT_TRUST_FULL || far == AT_TRUST_STALE;
}

/* The table */

/* A use that found no place on the cache any more, of whatever virtual host. */
static void note_displaced(at_lookup_t *lookup, const at_use_t *use)
{
    if (use->when != AT_TIME_NONE && at_cache_uses_are_written(lookup->cache)) {
        at_lastused_flush_note(lookup->flush, use);
    }
}

static void put_away(query_t *query, const at_row_t *row,
                     const at_ticket_t *ticket)
{
    at_lookup_t *lookup = query->lookup;
    at_found_t *found = query->found;
    at_entry_t entry = {.id = &found->id,
                        .tag = &query->tag,
                        .terms = found->evidence.terms,
                        .last_used = row->last_used,
                        .ticket = *ticket};
    at_use_t evicted;

    found->on_cache =
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
        terms = apr_palloc(query->ask->pool, sizeof(*terms));
        at_terms_fill(terms, row);
        evidence->terms = terms;
        put_away(query, row, ticket);
    }
}

/* Does the cache have a row that the table denies? Another secret says nothing
 * against it, unless the cache has recognized that one. */
static int is_outdated(const query_t *query, apr_status_t status)
{
    const at_evidence_t *evidence = &query->found->evidence;
    int denied =
        status == APR_NOTFOUND ||
        (status == APR_SUCCESS &&
         (evidence->reason || (query->recognized && !evidence->proven)));
    at_hit_t hit;

    return denied && at_cache_get(query->lookup->cache, &query->found->id,
                                  &query->tag, &hit, query->ask->pool);
}

static apr_status_t ask_table(query_t *query, apr_int64_t now)
{
    at_lookup_t *lookup = query->lookup;
    const at_id_t *id = &query->found->id;
    at_ticket_t ticket = at_cache_ticket(lookup->cache, id, now);
    at_row_t *row = NULL;
    apr_time_t begun = apr_time_now();
    apr_status_t status = at_table_find(query->ask, id, NULL, &row);
    apr_time_t took = apr_time_now() - begun;

    at_counters_add(lookup->cache, AT_COUNTER_LOOKUPS, 1);
    at_counters_add(lookup->cache, AT_COUNTER_LOOKUP_USEC,
                    took > 0 ? (apr_uint64_t)took : 0);
    if (status == APR_SUCCESS) {
        take_row(query, row, &ticket);
    }
    if (is_outdated(query, status)) {
        at_lookup_forget(query->lookup, &query->found->id);
    }
    return status;
}

static int recognize(const query_t *query, at_hit_t *hit)
{
    return at_cache_recognize(query->lookup->cache, query->digits, &query->tag,
                              hit, query->ask->pool);
}

/* Has another request put the token on the cache? */
static int ask_cache_again(query_t *query)
{
    at_hit_t hit;

    if (!recognize(query, &hit) || !is_enough(query, &hit)) {
        return 0;
    }
    at_counters_add(query->lookup->cache, AT_COUNTER_SHARED, 1);
    take_hit(query->found, &hit);
    return 1;
}

/* Of requests that come with the same cold token at once, one asks and the
 * others wait for what it puts on the cache; who finds nothing there, asks with
 * what is left of the time. While the breaker is open nobody waits for the one
 * that sees whether it is over. */
static apr_status_t look_up(query_t *query)
{
    at_lookup_t *lookup = query->lookup;
    apr_int64_t now = at_clock_monotonic();
    apr_int64_t most = lookup->config.timeout - lookup->config.timeout / 8;
    at_singleflight_t singleflight;
    apr_status_t status;

    if (!lookup->config.cache || at_dbpool_breaker_is_open(lookup->dbpool)) {
        return ask_table(query, now);
    }
    at_table_begin(query->ask, now);
    if (!at_singleflight_begin(lookup->cache, &query->found->id, now, most,
                               &singleflight)) {
        at_singleflight_await(lookup->cache, &singleflight, most);
        if (ask_cache_again(query)) {
            return APR_SUCCESS;
        }
    }
    status = ask_table(query, at_clock_monotonic());
    at_singleflight_end(lookup->cache, &singleflight);
    if (status == AT_EUNAVAILABLE && ask_cache_again(query)) {
        return APR_SUCCESS;
    }
    return status;
}

/* The table could not be asked. A row that is too old to answer alone may serve,
 * if it is still there: it may have been deleted meanwhile. */
static int serve_in_need(query_t *query)
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

/* A text that the cache did not recognize, though it knows the token. */
static int is_other_secret(query_t *query)
{
    at_hit_t hit;

    if (!at_cache_get(query->lookup->cache, &query->found->id, &query->tag,
                      &hit, query->ask->pool) ||
        !is_enough(query, &hit)) {
        return 0;
    }
    take_hit(query->found, &hit);
    return 1;
}

/* What the cache does not recognize, or not well enough. */
static apr_status_t find_by_hash(query_t *query, const char *text,
                                 apr_size_t length)
{
    at_credential_t credential;
    apr_status_t status = at_token_parse(text, length, &credential);

    if (status == APR_SUCCESS) {
        query->credential = &credential;
        query->found->id = credential.id;
        if (query->recognized || !is_other_secret(query)) {
            status = look_up(query);
        }
    }
    if (status == AT_EUNAVAILABLE && serve_in_need(query)) {
        status = APR_SUCCESS;
    }
    OPENSSL_cleanse(&credential, sizeof(credential));
    return status;
}

/* The lookup */

apr_status_t at_lookup_find(at_lookup_t *lookup, at_ask_t *ask,
                            const char *text, apr_size_t length,
                            at_found_t *found)
{
    query_t query = {.lookup = lookup, .ask = ask, .found = found};
    at_hit_t hit;

    memset(found, 0, sizeof(*found));
    query.digits = at_token_find_digits(text, length);
    if (!query.digits) {
        return APR_EINVAL;
    }
    at_cache_tag(lookup->cache, text, length, &query.tag);
    query.recognized = recognize(&query, &hit);
    if (query.recognized && is_enough(&query, &hit)) {
        take_hit(found, &hit);
        return APR_SUCCESS;
    }
    return find_by_hash(&query, text, length);
}

static void note_without_a_spot(at_lookup_t *lookup, const at_id_t *id,
                                apr_int64_t now)
{
    at_use_t use = {.id = *id, .when = now};

    if (!at_cache_uses_keep(lookup->cache, &use)) {
        at_lastused_flush_note(lookup->flush, &use);
    }
}

/* Only to know which tokens are in use. Where another virtual host has last uses
 * of the same table written, the moment would pass for one of those. */
static void note_without_writing(at_lookup_t *lookup, const at_found_t *found,
                                 apr_int64_t now)
{
    at_use_t use = {.when = now, .spot = found->spot};

    if (found->on_cache && !at_cache_uses_are_written(lookup->cache) &&
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
    else if (!found->on_cache ||
             !at_cache_uses_note(lookup->cache, found->spot, now)) {
        note_without_a_spot(lookup, &found->id, now);
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

void at_lookup_forget(at_lookup_t *lookup, const at_id_t *id)
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
