/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generates, shows and deletes tokens.
 *
 * The statement names the owner, and the owner of the row is compared again
 * here. A token of another user gets the same answer as one that does not
 * exist; only the log distinguishes them.
 */
#include "httpd/manager/api.h"

#include <string.h>

#include <http_core.h>
#include <http_log.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "core/token/json.h"
#include "core/token/scopes.h"
#include "core/token/token.h"
#include "httpd/auth/decision.h"
#include "httpd/config/config.h"
#include "httpd/manager/reply.h"
#include "httpd/process/service.h"
#include "httpd/process/service_log.h"

APLOG_USE_MODULE(accesstoken);

static const char no_such_token[] = "There is no such token.";

/* Generate */

static int is_json(request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    apr_size_t length = type ? strcspn(type, "; \t") : 0;

    return length == strlen("application/json") &&
           ap_cstr_casecmpn(type, "application/json", length) == 0;
}

static int read_new_token(request_rec *r, at_new_token_t *new_token)
{
    apr_array_header_t *faults = apr_array_make(r->pool, 1, sizeof(at_fault_t));
    const char *body;
    apr_size_t length;
    int status;

    if (!is_json(r)) {
        at_reply_problem(r, HTTP_UNSUPPORTED_MEDIA_TYPE,
                         "Send the request as Content-Type: application/json.");
        return DONE;
    }
    status = at_reply_read_body(r, &body, &length);
    if (status == HTTP_REQUEST_ENTITY_TOO_LARGE) {
        at_reply_problem(r, status,
                         "The body is too large; at most 16 KiB are "
                         "allowed.");
        return DONE;
    }
    if (status != OK) {
        at_reply_problem(r, status, "The body could not be read.");
        return DONE;
    }
    if (at_json_read_new_token(body, length, new_token, faults) !=
        APR_SUCCESS) {
        at_reply_faults(r, faults);
        return DONE;
    }
    return OK;
}

static int refuse_member(request_rec *r, const char *pointer,
                         const char *detail)
{
    apr_array_header_t *faults = apr_array_make(r->pool, 1, sizeof(at_fault_t));
    at_fault_t *fault = apr_array_push(faults);

    fault->pointer = pointer;
    fault->detail = detail;
    at_reply_faults(r, faults);
    return DONE;
}

static int refuse_lifetime(request_rec *r, const char *detail)
{
    return refuse_member(r, "#/lifetimeSeconds", detail);
}

/* A default above the maximum means the maximum. */
apr_int64_t at_api_default_lifetime(const at_dir_t *dir)
{
    if (dir->max_lifetime != AT_CONFIG_UNLIMITED &&
        (dir->default_lifetime == AT_CONFIG_NEVER ||
         dir->default_lifetime > dir->max_lifetime)) {
        return dir->max_lifetime;
    }
    return dir->default_lifetime;
}

static int set_times(request_rec *r, const at_new_token_t *new_token,
                     at_row_t *row)
{
    const at_dir_t *dir = at_config_dir(r);
    apr_int64_t most = dir->max_lifetime;
    apr_int64_t lifetime = new_token->lifetime;

    if (lifetime == AT_JSON_LIFETIME_DEFAULT) {
        lifetime = at_api_default_lifetime(dir);
    }
    row->created_at = at_clock_now();
    row->expires_at = AT_TIME_NONE;
    row->last_used = AT_TIME_NONE;
    row->deleted_at = AT_TIME_NONE;
    if (most != AT_CONFIG_UNLIMITED && (lifetime < 0 || lifetime > most)) {
        return refuse_lifetime(
            r, apr_psprintf(r->pool,
                            "lifetimeSeconds may be at most %" APR_INT64_T_FMT
                            " here, and tokens that never expire are not "
                            "allowed",
                            most));
    }
    if (lifetime == AT_JSON_LIFETIME_NEVER) {
        return OK;
    }
    if (lifetime > (AT_TIME_MAX - row->created_at) / 1000) {
        return refuse_lifetime(
            r, "lifetimeSeconds is too large: no token may expire after the "
               "year 9999; -1 means never");
    }
    row->expires_at = row->created_at + lifetime * 1000;
    return OK;
}

/* Without this check a limited token could generate one with more scopes. */
static int exceeds_own(at_call_t *call, const at_new_token_t *new_token)
{
    request_rec *r = call->r;
    const char *own = at_decision_scopes(r);

    if (!own || (new_token->scopes &&
                 !at_scopes_find_other(new_token->scopes, own, r->pool))) {
        return 0;
    }
    at_reply_problem(r, HTTP_FORBIDDEN,
                     apr_pstrcat(r->pool,
                                 "The access token of this request is limited "
                                 "to scopes, and may only generate tokens that "
                                 "are limited to some of them: ",
                                 own, NULL));
    return 1;
}

static int set_scopes(at_call_t *call, const at_new_token_t *new_token,
                      at_row_t *row)
{
    request_rec *r = call->r;
    const char *allowed = at_config_dir(r)->scopes;
    const char *error;

    if (exceeds_own(call, new_token)) {
        return DONE;
    }
    row->scopes = new_token->scopes;
    if (!new_token->scopes) {
        return OK;
    }
    if (!allowed) {
        return refuse_member(r, "#/scopes",
                             "tokens cannot be limited to scopes here");
    }
    error = at_scopes_find_other(new_token->scopes, allowed, r->pool);
    if (error) {
        return refuse_member(r, "#/scopes",
                             apr_pstrcat(r->pool, "'", error,
                                         "' is not a scope that may be given "
                                         "here; these are: ",
                                         allowed, NULL));
    }
    error = at_scopes_check(new_token->scopes, call->user);
    return error ? refuse_member(r, "#/scopes",
                                 apr_pstrcat(r->pool, "scopes ", error, NULL))
                 : OK;
}

static int answer_insert(at_call_t *call, apr_status_t status,
                         const char *value, const at_row_t *row)
{
    request_rec *r = call->r;
    char id[AT_TOKEN_ID_SIZE];

    if (status == AT_ELIMIT) {
        return at_reply_problem(r, HTTP_FORBIDDEN,
                                apr_psprintf(r->pool,
                                             "You have %" APR_INT64_T_FMT
                                             " live tokens, the maximum here; "
                                             "delete one first.",
                                             at_config_dir(r)->max_per_user));
    }
    if (status != APR_SUCCESS) {
        return at_reply_unavailable(r);
    }
    at_token_format_id(&row->id, id);
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "user %s generated token %s",
                  call->user, id);
    apr_table_setn(r->headers_out, "Location",
                   apr_pstrcat(r->pool, at_reply_relative_prefix(r), id, NULL));
    return at_reply_token(r, value,
                          at_json_token(row, row->created_at, call->all));
}

static int mint_and_insert(at_call_t *call, at_row_t *row)
{
    request_rec *r = call->r;
    char value[AT_TOKEN_SIZE];
    at_credential_t credential;
    apr_status_t status =
        at_token_mint(at_config_server(r->server)->prefix, value, &credential);
    int answer;

    if (status != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, r,
                      "no token generated: the system's random generator or "
                      "SHA-256 of OpenSSL failed");
        answer = at_reply_unavailable(r);
        goto done;
    }
    row->id = credential.id;
    memcpy(row->hash, credential.hash, sizeof(row->hash));
    call->op.row = row;
    call->op.limit = at_config_dir(r)->max_per_user;
    status = at_table_insert(&call->op);
    at_service_log_write(r, call->op.reason, status);
    answer = answer_insert(call, status, value, row);
done:
    OPENSSL_cleanse(value, sizeof(value));
    return answer;
}

int at_api_generate(at_call_t *call)
{
    request_rec *r = call->r;
    at_row_t row = {.user = call->user};
    at_new_token_t new_token;

    if (at_decision_by_token(r) && !at_config_dir(r)->issue_with_token) {
        return at_reply_problem(r, HTTP_FORBIDDEN,
                                "A request that is itself authenticated by an "
                                "access token may not generate tokens here.");
    }
    if (read_new_token(r, &new_token) != OK ||
        set_times(r, &new_token, &row) != OK ||
        set_scopes(call, &new_token, &row) != OK) {
        return OK; /* the problem has been sent */
    }
    row.description = new_token.description;
    return mint_and_insert(call, &row);
}

/* Show and delete */

/* In lower case, as in all log lines; the client may have sent capitals. */
static const char *id_text(const at_call_t *call, const at_id_t *id)
{
    char *text = apr_palloc(call->r->pool, AT_TOKEN_ID_SIZE);

    at_token_format_id(id, text);
    return text;
}

/* Finds the token of this user; NULL: of any user. */
static apr_status_t find(at_call_t *call, const at_id_t *id, const char *user,
                         at_row_t **row)
{
    apr_status_t status;

    call->op.id = *id;
    call->op.user = user;
    status = at_table_find(&call->op);
    *row = call->op.row;
    return status;
}

static void log_other_owner(at_call_t *call, const at_id_t *id)
{
    at_row_t *row;

    if (call->all || find(call, id, NULL, &row) != APR_SUCCESS || row->reason ||
        strcmp(row->user, call->user) == 0) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, call->r,
                  "user %s asked for token %s, which belongs to %s", call->user,
                  id_text(call, id), row->user);
}

static int answer_not_found(at_call_t *call)
{
    return at_reply_problem(call->r, HTTP_NOT_FOUND, no_such_token);
}

static int answer_not_owned(at_call_t *call, const at_id_t *id)
{
    log_other_owner(call, id);
    return answer_not_found(call);
}

/* The owner that the statement requires; NULL for any. */
static const char *required_owner(const at_call_t *call)
{
    return call->all ? NULL : call->user;
}

int at_api_show(at_call_t *call)
{
    at_row_t *row;
    apr_status_t status;
    at_id_t id;

    if (at_token_parse_id(call->name, &id) != APR_SUCCESS) {
        return answer_not_found(call);
    }
    status = find(call, &id, required_owner(call), &row);
    at_service_log_read(call->r, call->op.reason, status);
    if (status == APR_NOTFOUND) {
        return answer_not_owned(call, &id);
    }
    if (status != APR_SUCCESS) {
        return at_reply_unavailable(call->r);
    }
    if (row->reason || row->deleted_at != AT_TIME_NONE ||
        (!call->all && strcmp(row->user, call->user) != 0)) {
        return answer_not_found(call);
    }
    at_lookup_refresh(call->lookup, row);
    return at_reply_json(call->r, HTTP_OK,
                         at_json_token(row, at_clock_now(), call->all));
}

/* The owner of a token, for the log. Only a manager of all users' tokens
 * has to read the row for it. */
static const char *owner_of(at_call_t *call, const at_id_t *id)
{
    at_row_t *row;

    if (!call->all) {
        return call->user;
    }
    if (find(call, id, NULL, &row) != APR_SUCCESS || row->reason) {
        return "an unknown user";
    }
    return row->user;
}

int at_api_delete(at_call_t *call)
{
    const char *owner;
    apr_status_t status;
    at_id_t id;

    if (at_token_parse_id(call->name, &id) != APR_SUCCESS) {
        return answer_not_found(call);
    }
    owner = owner_of(call, &id);
    call->op.id = id;
    call->op.user = required_owner(call);
    call->op.when = at_clock_now();
    status = at_table_delete(&call->op);
    /* Whatever the status: a deletion may have taken effect although its
     * answer was lost, also an earlier one by another request. Dropping
     * the token costs no more than a lookup. */
    at_service_drop(&id);
    at_service_log_write(call->r, call->op.reason, status);
    if (status == APR_NOTFOUND) {
        return answer_not_owned(call, &id);
    }
    if (status != APR_SUCCESS) {
        return at_reply_unavailable(call->r);
    }
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, call->r,
                  "user %s deleted token %s of %s", call->user,
                  id_text(call, &id), owner);
    return at_reply_empty(call->r, HTTP_NO_CONTENT);
}
