/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a token's text to a judgement: syntax and check, the row, the verdict.
 *
 * Nothing is let in but by AT_TOKEN_VALID, and nothing is called invalid
 * because it could not be asked.
 */
#include "httpd/validate.h"

#include <string.h>

#include <http_log.h>

#include "core/tally.h"
#include "core/token.h"
#include "httpd/child.h"
#include "httpd/config.h"

APLOG_USE_MODULE(accesstoken);

static void log_refusal(request_rec *r, const at_id_t *id, const char *why)
{
    char text[AT_TOKEN_ID_SIZE];

    at_token_format_id(id, text);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "token %s refused: %s", text,
                  why);
}

static void log_broken(request_rec *r, const at_found_t *found)
{
    char text[AT_TOKEN_ID_SIZE];

    at_token_format_id(&found->id, text);
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "token %s refused: its row cannot be used: %s", text,
                  found->evidence.fault);
}

/* Counted, logged, judged. */
static at_judgement_e refuse(request_rec *r, const at_found_t *found,
                             at_tally_e kind, const char *why)
{
    at_tally_add(at_clerk_shelf(at_child_service(r)->clerk), kind, 1);
    log_refusal(r, &found->id, why);
    return AT_INVALID;
}

static at_judgement_e judge(request_rec *r, const at_found_t *found,
                            apr_int64_t now)
{
    switch (at_token_verdict(&found->evidence, now)) {
    case AT_TOKEN_VALID:
        return AT_ACCEPTED;
    case AT_TOKEN_BROKEN:
        at_tally_add(at_clerk_shelf(at_child_service(r)->clerk),
                     AT_TALLY_BROKEN, 1);
        log_broken(r, found);
        return AT_INVALID;
    case AT_TOKEN_WRONG_SECRET:
        return refuse(r, found, AT_TALLY_WRONG_SECRET, "wrong secret");
    case AT_TOKEN_DELETED:
        return refuse(r, found, AT_TALLY_DELETED, "deleted");
    case AT_TOKEN_EXPIRED:
        refuse(r, found, AT_TALLY_EXPIRED, "expired");
        return AT_EXPIRED;
    }
    return AT_INVALID;
}

static at_judgement_e undecided(request_rec *r)
{
    at_tally_add(at_clerk_shelf(at_child_service(r)->clerk), AT_TALLY_UNDECIDED,
                 1);
    return AT_UNDECIDED;
}

/* There is no verdict without something found. */
static at_judgement_e judge_absence(request_rec *r, const at_found_t *found,
                                    apr_status_t status)
{
    if (status == APR_NOTFOUND) {
        return refuse(r, found, AT_TALLY_UNKNOWN, "unknown");
    }
    if (status == APR_EINVAL) {
        at_tally_add(at_clerk_shelf(at_child_service(r)->clerk),
                     AT_TALLY_MALFORMED, 1);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "token refused: not one by its syntax or check");
        return AT_INVALID;
    }
    if (status != AT_EUNAVAILABLE) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, r, "SHA-256 failed");
    }
    return undecided(r);
}

/* What the log should know of how the table was reached. */
static void heed(request_rec *r, const at_ask_t *ask, const at_found_t *found,
                 apr_status_t status)
{
    if (found->alone) {
        at_child_heed_absence(r, ask);
        return;
    }
    if (found->from_shelf) {
        at_child_heed_contact(r);
        return;
    }
    if (status != APR_EINVAL) {
        at_child_heed_read(r, ask, status);
    }
}

static void heed_crowding(request_rec *r, const at_service_t *service)
{
    int rate =
        at_tally_crowded(at_clerk_shelf(service->clerk), at_time_monotonic());

    if (rate >= 0) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "AccessTokenCacheSize: the memory is full: only %d%% of "
                      "the requests were let in from it since a minute ago; "
                      "more tokens of %s are in use than the %u that fit",
                      rate, service->name,
                      at_shelf_room(at_clerk_shelf(service->clerk)));
    }
}

at_judgement_e at_validate(request_rec *r, const char *text, apr_pool_t *p,
                           const at_grant_t **grant)
{
    at_service_t *service = at_child_service(r);
    at_ask_t ask = {.table = service->table, .pool = p};
    at_found_t found;
    apr_status_t status =
        at_clerk_find(service->clerk, &ask, text, strlen(text), &found);
    at_judgement_e judgement;
    apr_int64_t now;

    heed(r, &ask, &found, status);
    if (status != APR_SUCCESS) {
        return judge_absence(r, &found, status);
    }
    /* The clock is read after the wait, which an expiry may fall into. */
    now = at_time_now();
    judgement = judge(r, &found, now);
    if (judgement == AT_ACCEPTED) {
        at_clerk_note_use(service->clerk, &found, now);
        if (!found.from_shelf && at_config_server(r->server)->cache_size > 0) {
            heed_crowding(r, service);
        }
        *grant = found.evidence.grant;
    }
    return judgement;
}
