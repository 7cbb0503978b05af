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
#include <openssl/crypto.h>

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

static void log_broken(request_rec *r, const at_row_t *row)
{
    char text[AT_TOKEN_ID_SIZE];

    at_token_format_id(&row->id, text);
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "token %s refused: its row cannot be used: %s", text,
                  row->fault);
}

static at_judgement_e judge(request_rec *r, const at_row_t *row,
                            const at_credential_t *credential, apr_int64_t now)
{
    switch (at_token_verdict(row, credential, now)) {
    case AT_TOKEN_VALID:
        return AT_ACCEPTED;
    case AT_TOKEN_BROKEN:
        log_broken(r, row);
        return AT_INVALID;
    case AT_TOKEN_WRONG_SECRET:
        log_refusal(r, &credential->id, "wrong secret");
        return AT_INVALID;
    case AT_TOKEN_DELETED:
        log_refusal(r, &credential->id, "deleted");
        return AT_INVALID;
    case AT_TOKEN_EXPIRED:
        log_refusal(r, &credential->id, "expired");
        return AT_EXPIRED;
    }
    return AT_INVALID;
}

static at_judgement_e look_up(request_rec *r, const at_credential_t *credential,
                              apr_pool_t *p, const at_row_t **accepted)
{
    at_service_t *service = at_child_service(r);
    at_ask_t ask = {.table = service->table, .pool = p};
    at_row_t *row = NULL;
    apr_status_t status = at_table_find(&ask, &credential->id, NULL, &row);
    at_judgement_e judgement;
    apr_int64_t now;

    at_child_heed_read(r, &ask, status);
    if (status == APR_NOTFOUND) {
        log_refusal(r, &credential->id, "unknown");
        return AT_INVALID;
    }
    if (status != APR_SUCCESS) {
        return AT_UNDECIDED;
    }
    /* The clock is read after the wait, which an expiry may fall into. */
    now = at_time_now();
    judgement = judge(r, row, credential, now);
    if (judgement == AT_ACCEPTED) {
        at_table_note_use(service->table, row, now);
        *accepted = row;
    }
    return judgement;
}

at_judgement_e at_validate(request_rec *r, const char *text, apr_pool_t *p,
                           const at_row_t **row)
{
    at_credential_t credential;
    apr_status_t status = at_token_parse(text, strlen(text), &credential);
    at_judgement_e judgement;

    if (status == APR_EINVAL) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "token refused: not one by its syntax or check");
        return AT_INVALID;
    }
    if (status != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, r, "SHA-256 failed");
        return AT_UNDECIDED;
    }
    judgement = look_up(r, &credential, p, row);
    OPENSSL_cleanse(&credential, sizeof(credential));
    return judgement;
}
