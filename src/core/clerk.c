/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a presented token: its id and the shelf's tag of its text are
 * enough to find it there. Only a token that is not there, or not to be trusted
 * any more, is checked, hashed and looked up.
 *
 * A row is put on the shelf only by the text that proves its hash, so the tag
 * beside it is that of the right token: another text is another secret.
 */
#include "core/clerk.h"

#include <openssl/crypto.h>

#include "core/flights.h"
#include "core/purger.h"
#include "core/tally.h"
#include "core/uses.h"

struct at_clerk_t {
    at_desk_t *desk;
    at_shelf_t *shelf;
    at_scribe_t *scribe;
    at_clerk_config_t config;
};

/* One question, from its text to what is found. */
typedef struct quest_t {
    at_clerk_t *clerk;
    at_ask_t *ask;
    const char *digits; /* that name the id in the token's text */
    at_tag_t tag;
    at_credential_t *credential;
    int recognized; /* by the shelf, though perhaps too long ago */
    at_found_t *found;
} quest_t;

/* The shelf */

/* How far what the shelf knows may be trusted. A row that is older than the ttl
 * is read anew, unless the table does not answer at the moment. */
static at_trust_e trust(const at_clerk_t *clerk, const at_hit_t *hit,
                        apr_int64_t now)
{
    at_trust_e far;

    if (!clerk->config.cache) {
        return AT_TRUST_NONE;
    }
    far =
        at_contact_trust(clerk->shelf, &clerk->config.rules, hit->read_at, now);
    if (far == AT_TRUST_FULL && now - hit->read_at >= clerk->config.ttl) {
        return AT_TRUST_SECOND;
    }
    return far;
}

static void take_hit(at_found_t *found, const at_hit_t *hit)
{
    found->id = hit->id;
    found->evidence.grant = hit->grant;
    found->evidence.proven = hit->proven;
    found->from_shelf = 1;
    found->on_shelf = 1;
    found->spot = hit->spot;
}

static int is_enough(const quest_t *quest, const at_hit_t *hit)
{
    at_trust_e far = trust(quest->clerk, hit, at_time_monotonic());

    quest->found->alone = far == AT_TRUST_ALONE;
    return far == AT_TRUST_FULL || far == AT_TRUST_ALONE;
}

/* The table */

/* A use that found no place on the shelf any more, of whatever virtual host. */
static void note_displaced(at_clerk_t *clerk, const at_use_t *use)
{
    if (use->when != AT_TIME_NONE && at_uses_are_written(clerk->shelf)) {
        at_scribe_note(clerk->scribe, use);
    }
}

static void put_away(quest_t *quest, const at_row_t *row,
                     const at_ticket_t *ticket)
{
    at_clerk_t *clerk = quest->clerk;
    at_found_t *found = quest->found;
    at_entry_t entry = {.id = &found->id,
                        .tag = &quest->tag,
                        .grant = found->evidence.grant,
                        .last_used = row->last_used,
                        .ticket = *ticket};
    at_use_t evicted;

    found->on_shelf =
        at_shelf_put(clerk->shelf, &entry, &found->spot, &evicted);
    note_displaced(clerk, &evicted);
}

static void take_row(quest_t *quest, const at_row_t *row,
                     const at_ticket_t *ticket)
{
    at_evidence_t *evidence = &quest->found->evidence;
    at_grant_t *grant;

    evidence->fault = row->fault;
    if (row->fault) {
        return;
    }
    evidence->proven = at_token_proves(quest->credential, row->hash);
    if (evidence->proven) {
        grant = apr_palloc(quest->ask->pool, sizeof(*grant));
        at_grant_fill(grant, row);
        evidence->grant = grant;
        put_away(quest, row, ticket);
    }
}

/* Does the shelf have a row that the table denies? Another secret says nothing
 * against it, unless the shelf has recognized that one. */
static int is_outdated(const quest_t *quest, apr_status_t status)
{
    const at_evidence_t *evidence = &quest->found->evidence;
    int denied =
        status == APR_NOTFOUND ||
        (status == APR_SUCCESS &&
         (evidence->fault || (quest->recognized && !evidence->proven)));
    at_hit_t hit;

    return denied && at_shelf_get(quest->clerk->shelf, &quest->found->id,
                                  &quest->tag, &hit, quest->ask->pool);
}

static apr_status_t ask_table(quest_t *quest, apr_int64_t now)
{
    at_clerk_t *clerk = quest->clerk;
    const at_id_t *id = &quest->found->id;
    at_ticket_t ticket = at_shelf_ticket(clerk->shelf, id, now);
    at_row_t *row = NULL;
    apr_time_t begun = apr_time_now();
    apr_status_t status = at_table_find(quest->ask, id, NULL, &row);
    apr_time_t took = apr_time_now() - begun;

    at_tally_add(clerk->shelf, AT_TALLY_LOOKUPS, 1);
    at_tally_add(clerk->shelf, AT_TALLY_LOOKUP_USEC,
                 took > 0 ? (apr_uint64_t)took : 0);
    if (status == APR_SUCCESS) {
        take_row(quest, row, &ticket);
    }
    if (is_outdated(quest, status)) {
        at_clerk_forget(quest->clerk, &quest->found->id);
    }
    return status;
}

static int recognize(const quest_t *quest, at_hit_t *hit)
{
    return at_shelf_recognize(quest->clerk->shelf, quest->digits, &quest->tag,
                              hit, quest->ask->pool);
}

/* Has another request put the token on the shelf? */
static int ask_shelf_again(quest_t *quest)
{
    at_hit_t hit;

    if (!recognize(quest, &hit) || !is_enough(quest, &hit)) {
        return 0;
    }
    at_tally_add(quest->clerk->shelf, AT_TALLY_SHARED, 1);
    take_hit(quest->found, &hit);
    return 1;
}

/* Of requests that come with the same cold token at once, one asks and the
 * others wait for what it puts on the shelf; who finds nothing there, asks with
 * what is left of the time. While the breaker is open nobody waits for the one
 * that sees whether it is over. */
static apr_status_t look_up(quest_t *quest)
{
    at_clerk_t *clerk = quest->clerk;
    apr_int64_t now = at_time_monotonic();
    apr_int64_t most = clerk->config.timeout - clerk->config.timeout / 8;
    at_flight_t flight;
    apr_status_t status;

    if (!clerk->config.cache || at_desk_is_open(clerk->desk)) {
        return ask_table(quest, now);
    }
    at_table_begin(quest->ask, now);
    if (!at_flights_begin(clerk->shelf, &quest->found->id, now, most,
                          &flight)) {
        at_flights_await(clerk->shelf, &flight, most);
        if (ask_shelf_again(quest)) {
            return APR_SUCCESS;
        }
    }
    status = ask_table(quest, at_time_monotonic());
    at_flights_land(clerk->shelf, &flight);
    if (status == AT_EUNAVAILABLE && ask_shelf_again(quest)) {
        return APR_SUCCESS;
    }
    return status;
}

/* The table could not be asked. A row that is too old to answer alone may serve,
 * if it is still there: it may have been deleted meanwhile. */
static int serve_in_need(quest_t *quest)
{
    at_clerk_t *clerk = quest->clerk;
    at_hit_t hit;

    if (!clerk->config.cache || !recognize(quest, &hit) ||
        at_contact_age(clerk->shelf, hit.read_at, at_time_monotonic()) >
            clerk->config.rules.stale) {
        return 0;
    }
    take_hit(quest->found, &hit);
    quest->found->alone = 1;
    return 1;
}

/* A text that the shelf did not recognize, though it knows the token. */
static int is_other_secret(quest_t *quest)
{
    at_hit_t hit;

    if (!at_shelf_get(quest->clerk->shelf, &quest->found->id, &quest->tag, &hit,
                      quest->ask->pool) ||
        !is_enough(quest, &hit)) {
        return 0;
    }
    take_hit(quest->found, &hit);
    return 1;
}

/* What the shelf does not recognize, or not well enough. */
static apr_status_t find_by_hash(quest_t *quest, const char *text,
                                 apr_size_t length)
{
    at_credential_t credential;
    apr_status_t status = at_token_parse(text, length, &credential);

    if (status == APR_SUCCESS) {
        quest->credential = &credential;
        quest->found->id = credential.id;
        if (quest->recognized || !is_other_secret(quest)) {
            status = look_up(quest);
        }
    }
    if (status == AT_EUNAVAILABLE && serve_in_need(quest)) {
        status = APR_SUCCESS;
    }
    OPENSSL_cleanse(&credential, sizeof(credential));
    return status;
}

/* The clerk */

apr_status_t at_clerk_find(at_clerk_t *clerk, at_ask_t *ask, const char *text,
                           apr_size_t length, at_found_t *found)
{
    quest_t quest = {.clerk = clerk, .ask = ask, .found = found};
    at_hit_t hit;

    memset(found, 0, sizeof(*found));
    quest.digits = at_token_find_digits(text, length);
    if (!quest.digits) {
        return APR_EINVAL;
    }
    at_shelf_tag(clerk->shelf, text, length, &quest.tag);
    quest.recognized = recognize(&quest, &hit);
    if (quest.recognized && is_enough(&quest, &hit)) {
        take_hit(found, &hit);
        return APR_SUCCESS;
    }
    return find_by_hash(&quest, text, length);
}

static void note_without_a_spot(at_clerk_t *clerk, const at_id_t *id,
                                apr_int64_t now)
{
    at_use_t use = {.id = *id, .when = now};

    if (!at_uses_keep(clerk->shelf, &use)) {
        at_scribe_note(clerk->scribe, &use);
    }
}

/* Only to know which tokens are in use. Where another virtual host has last uses
 * of the same table written, the moment would pass for one of those. */
static void note_without_writing(at_clerk_t *clerk, const at_found_t *found,
                                 apr_int64_t now)
{
    at_use_t use = {.when = now, .spot = found->spot};

    if (found->on_shelf && !at_uses_are_written(clerk->shelf) &&
        at_uses_note(clerk->shelf, found->spot, now)) {
        at_uses_written(clerk->shelf, &use);
    }
}

void at_clerk_note_use(at_clerk_t *clerk, const at_found_t *found,
                       apr_int64_t now)
{
    if (clerk->config.lastused < 0) {
        note_without_writing(clerk, found, now);
    }
    else if (!found->on_shelf ||
             !at_uses_note(clerk->shelf, found->spot, now)) {
        note_without_a_spot(clerk, &found->id, now);
    }
    at_tally_add(clerk->shelf,
                 found->from_shelf ? AT_TALLY_HITS : AT_TALLY_COLD, 1);
    if (found->alone) {
        at_tally_add(clerk->shelf, AT_TALLY_STALE, 1);
    }
    if (clerk->config.lastused == 0) {
        at_scribe_wake(clerk->scribe);
    }
}

void at_clerk_forget(at_clerk_t *clerk, const at_id_t *id)
{
    at_use_t unwritten;

    at_shelf_drop(clerk->shelf, id, &unwritten);
    note_displaced(clerk, &unwritten);
}

static void take_later(at_row_t *row, apr_int64_t used)
{
    row->last_used = used > row->last_used ? used : row->last_used;
}

void at_clerk_refresh(const at_clerk_t *clerk, at_row_t *row)
{
    if (clerk->config.lastused >= 0) {
        take_later(row, at_uses_of(clerk->shelf, &row->id));
        take_later(row, at_scribe_last_use(clerk->scribe, &row->id));
    }
}

int at_clerk_leave(at_clerk_t *clerk)
{
    return at_scribe_leave(clerk->scribe);
}

at_shelf_t *at_clerk_shelf(const at_clerk_t *clerk)
{
    return clerk->shelf;
}

at_clerk_t *at_clerk_open(at_desk_t *desk, at_table_t *table, at_shelf_t *shelf,
                          const at_clerk_config_t *config)
{
    at_clerk_t *clerk = apr_pcalloc(at_desk_pool(desk), sizeof(*clerk));
    at_keeper_config_t keeping = {.revocation = config->rules.interval,
                                  .ttl = config->ttl,
                                  .timeout = config->timeout,
                                  .cache = config->cache,
                                  .create = config->create};
    at_purger_config_t purging = {.after = config->purge_after,
                                  .ttl = config->ttl,
                                  .timeout = config->timeout};
    at_scribe_config_t writing = {.interval = config->lastused,
                                  .heed = config->heed,
                                  .baton = config->baton};
    const at_sql_t *sql = at_table_sql(table);

    clerk->desk = desk;
    clerk->shelf = shelf;
    clerk->config = *config;
    clerk->scribe = at_scribe_open(desk, sql, shelf, &writing);
    at_keeper_open(desk, sql, shelf, clerk->scribe, &keeping);
    if (config->purge_after > 0) {
        at_purger_open(desk, sql, shelf, &purging);
    }
    return clerk;
}
