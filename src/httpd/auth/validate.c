/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a token's text to a judgement: syntax and check, the row, the verdict.
 *
 * Only the verdict AT_TOKEN_VALID accepts a request, and no token is called
 * invalid because the table could not be read.
 */
#include "httpd/auth/validate.h"

#include <http_log.h>

#include "core/cache/counters.h"
#include "core/token/token.h"
#include "httpd/auth/basic.h"
#include "httpd/config/config.h"
#include "httpd/process/service.h"
#include "httpd/process/service_log.h"

APLOG_USE_MODULE(accesstoken);

static void log_refusal(request_rec *r, const at_id_t *id, const char *reason)
{
    char text[AT_TOKEN_ID_SIZE];

    at_token_format_id(id, text);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "token %s refused: %s", text,
                  reason);
}

static void log_broken(request_rec *r, const at_found_t *found)
{
    char text[AT_TOKEN_ID_SIZE];

    at_token_format_id(&found->id, text);
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "token %s refused: its row cannot be used: %s", text,
                  found->evidence.reason);
}

static void count(request_rec *r, at_counter_e counter)
{
    at_counters_add(at_lookup_cache(at_service_of(r)->lookup), counter, 1);
}

static at_judgement_e refuse(request_rec *r, const at_found_t *found,
                             at_counter_e counter, const char *reason)
{
    count(r, counter);
    log_refusal(r, &found->id, reason);
    return AT_INVALID;
}

/* AccessTokenBasicUser owner. */
static at_judgement_e judge_user(request_rec *r, const at_found_t *found,
                                 const at_presented_t *presented)
{
    return !presented->needs_owner ||
                   at_basic_is_owner(presented->user,
                                     found->evidence.terms->user)
               ? AT_ACCEPTED
               : refuse(r, found, AT_COUNTER_WRONG_USER,
                        "the user name is not its owner's");
}

static at_judgement_e judge(request_rec *r, const at_found_t *found,
                            const at_presented_t *presented, apr_int64_t now)
{
    switch (at_token_verdict(&found->evidence, now)) {
    case AT_TOKEN_VALID:
        return judge_user(r, found, presented);
    case AT_TOKEN_BROKEN:
        count(r, AT_COUNTER_BROKEN);
        log_broken(r, found);
        return AT_INVALID;
    case AT_TOKEN_WRONG_SECRET:
        return refuse(r, found, AT_COUNTER_WRONG_SECRET, "wrong secret");
    case AT_TOKEN_DELETED:
        return refuse(r, found, AT_COUNTER_DELETED, "deleted");
    case AT_TOKEN_EXPIRED:
        refuse(r, found, AT_COUNTER_EXPIRED, "expired");
        return AT_EXPIRED;
    }
    return AT_INVALID;
}

/* The lookup found no row, so there is none to give a verdict on. */
static at_judgement_e judge_without_row(request_rec *r, const at_found_t *found,
                                        apr_status_t status)
{
    if (status == APR_NOTFOUND) {
        return refuse(r, found, AT_COUNTER_UNKNOWN, "unknown");
    }
    if (status == APR_EINVAL) {
        return AT_NO_TOKEN;
    }
    if (status != AT_EUNAVAILABLE) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, r,
                      "token not validated: SHA-256 of OpenSSL failed");
    }
    count(r, AT_COUNTER_UNDECIDED);
    return AT_UNDECIDED;
}

/* Logs the beginning or end of an outage that the lookup has shown. */
static void log_lookup(request_rec *r, const at_found_t *found,
                       apr_status_t status)
{
    if (found->stale) {
        at_service_log_stale_hit(r, found->reason);
        return;
    }
    if (found->from_cache) {
        at_service_log_hit(r);
        return;
    }
    if (status != APR_EINVAL) {
        at_service_log_read(r, found->reason, status);
    }
}

static void log_full_cache(request_rec *r, const at_service_t *service)
{
    int rate = at_counters_low_hit_rate(at_lookup_cache(service->lookup),
                                        at_clock_monotonic());

    if (rate >= 0) {
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "AccessTokenCacheSize is too small: more tokens of table "
            "%s are in use than the %u that fit into the cache, which "
            "answered only %d%% of the requests in the last minute or "
            "more; set a larger size",
            service->name, at_cache_capacity(at_lookup_cache(service->lookup)),
            rate);
    }
}

static apr_status_t find(const at_service_t *service, at_presented_t *presented,
                         apr_pool_t *p, at_found_t *found)
{
    if (!presented->is_tagged) {
        at_lookup_tag(service->lookup, presented->text, presented->length,
                      &presented->tag);
        presented->is_tagged = 1;
    }
    return at_lookup_find(service->lookup, presented->text, presented->length,
                          &presented->tag, p, found);
}

at_judgement_e at_validate(request_rec *r, at_presented_t *presented,
                           apr_pool_t *p, const at_terms_t **terms)
{
    at_service_t *service = at_service_of(r);
    at_found_t found;
    apr_status_t status = find(service, presented, p, &found);
    at_judgement_e judgement;
    apr_int64_t now;

    log_lookup(r, &found, status);
    if (status != APR_SUCCESS) {
        return judge_without_row(r, &found, status);
    }
    /* The token may have expired while the request waited for the table. */
    now = at_clock_now();
    judgement = judge(r, &found, presented, now);
    if (judgement == AT_ACCEPTED) {
        at_lookup_note_use(service->lookup, &found, now);
        if (!found.from_cache && at_config_server(r->server)->cache_size > 0) {
            log_full_cache(r, service);
        }
        *terms = found.evidence.terms;
    }
    return judgement;
}

at_judgement_e at_validate_refuse_text(request_rec *r)
{
    count(r, AT_COUNTER_MALFORMED);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "token refused: its syntax or check is wrong");
    return AT_INVALID;
}
