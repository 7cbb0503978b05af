/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generates, shows and deletes tokens.
 *
 * Whose token it is stands in the question to the table and is compared once
 * more here. A token of somebody else gets the same answer as one that does not
 * exist; only the log tells them apart.
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
#include "httpd/auth/auth.h"
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

static int read_wish(request_rec *r, at_wish_t *wish)
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
                         "The body is too large; 16 KiB is the most.");
        return DONE;
    }
    if (status != OK) {
        at_reply_problem(r, status, "The body could not be read.");
        return DONE;
    }
    if (at_json_read_wish(body, length, wish, faults) != APR_SUCCESS) {
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

static int set_times(request_rec *r, const at_wish_t *wish, at_row_t *row)
{
    const at_dir_t *dir = at_config_dir(r);
    apr_int64_t most = dir->max_lifetime;
    apr_int64_t lifetime = wish->lifetime;

    if (lifetime == AT_JSON_LIFETIME_UNSAID) {
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

/* Else a token could make one that may do more than itself. */
static int exceeds_own(at_visit_t *visit, const at_wish_t *wish)
{
    request_rec *r = visit->r;
    const char *own = at_auth_scopes(r);

    if (!own ||
        (wish->scopes && !at_scopes_beyond(wish->scopes, own, r->pool))) {
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

static int set_scopes(at_visit_t *visit, const at_wish_t *wish, at_row_t *row)
{
    request_rec *r = visit->r;
    const char *allowed = at_config_dir(r)->scopes;
    const char *wrong;

    if (exceeds_own(visit, wish)) {
        return DONE;
    }
    row->scopes = wish->scopes;
    if (!wish->scopes) {
        return OK;
    }
    if (!allowed) {
        return refuse_member(r, "#/scopes",
                             "tokens cannot be limited to scopes here");
    }
    wrong = at_scopes_beyond(wish->scopes, allowed, r->pool);
    if (wrong) {
        return refuse_member(r, "#/scopes",
                             apr_pstrcat(r->pool, "'", wrong,
                                         "' is not a scope that may be given "
                                         "here; these are: ",
                                         allowed, NULL));
    }
    wrong = at_scopes_judge(wish->scopes, visit->user);
    return wrong ? refuse_member(r, "#/scopes",
                                 apr_pstrcat(r->pool, "scopes ", wrong, NULL))
                 : OK;
}

static int answer_insert(at_visit_t *visit, apr_status_t status,
                         const char *value, const at_row_t *row)
{
    request_rec *r = visit->r;
    char id[AT_TOKEN_ID_SIZE];

    if (status == AT_ELIMIT) {
        return at_reply_problem(r, HTTP_FORBIDDEN,
                                apr_psprintf(r->pool,
                                             "You have %" APR_INT64_T_FMT
                                             " live tokens, which is "
                                             "the most here; delete one first.",
                                             at_config_dir(r)->max_per_user));
    }
    if (status != APR_SUCCESS) {
        return at_reply_unavailable(r);
    }
    at_token_format_id(&row->id, id);
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "user %s generated token %s",
                  visit->user, id);
    apr_table_setn(r->headers_out, "Location",
                   apr_pstrcat(r->pool, at_reply_way_in(r), id, NULL));
    return at_reply_token(r, value,
                          at_json_token(row, row->created_at, visit->all));
}

static int mint_and_insert(at_visit_t *visit, at_row_t *row)
{
    request_rec *r = visit->r;
    char value[AT_TOKEN_SIZE];
    at_credential_t credential;
    apr_status_t status =
        at_token_mint(at_config_server(r->server)->prefix, value, &credential);
    int answer;

    if (status != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, r,
                      "no token made: the system's random generator or "
                      "SHA-256 failed");
        answer = at_reply_unavailable(r);
        goto done;
    }
    row->id = credential.id;
    memcpy(row->hash, credential.hash, sizeof(row->hash));
    visit->op.row = row;
    visit->op.limit = at_config_dir(r)->max_per_user;
    status = at_table_insert(&visit->op);
    at_service_log_write(r, visit->op.reason, status);
    answer = answer_insert(visit, status, value, row);
done:
    OPENSSL_cleanse(value, sizeof(value));
    return answer;
}

int at_api_generate(at_visit_t *visit)
{
    request_rec *r = visit->r;
    at_row_t row = {.user = visit->user};
    at_wish_t wish;

    if (at_auth_by_token(r) && !at_config_dir(r)->issue_with_token) {
        return at_reply_problem(r, HTTP_FORBIDDEN,
                                "A request that is itself authenticated by an "
                                "access token may not generate tokens here.");
    }
    if (read_wish(r, &wish) != OK || set_times(r, &wish, &row) != OK ||
        set_scopes(visit, &wish, &row) != OK) {
        return OK; /* the problem has been written */
    }
    row.description = wish.description;
    return mint_and_insert(visit, &row);
}

/* Show and delete */

/* As the log names it everywhere: the client may have written it in capitals. */
static const char *id_text(const at_visit_t *visit, const at_id_t *id)
{
    char *text = apr_palloc(visit->r->pool, AT_TOKEN_ID_SIZE);

    at_token_format_id(id, text);
    return text;
}

/* Finds the token of that user; NULL: of any user. */
static apr_status_t find(at_visit_t *visit, const at_id_t *id, const char *user,
                         at_row_t **row)
{
    apr_status_t status;

    visit->op.id = *id;
    visit->op.user = user;
    status = at_table_find(&visit->op);
    *row = visit->op.row;
    return status;
}

static void log_foreign(at_visit_t *visit, const at_id_t *id)
{
    at_row_t *row;

    if (visit->all || find(visit, id, NULL, &row) != APR_SUCCESS ||
        row->reason || strcmp(row->user, visit->user) == 0) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, visit->r,
                  "user %s asked for token %s, which is %s's", visit->user,
                  id_text(visit, id), row->user);
}

static int not_found(at_visit_t *visit)
{
    return at_reply_problem(visit->r, HTTP_NOT_FOUND, no_such_token);
}

static int not_yours(at_visit_t *visit, const at_id_t *id)
{
    log_foreign(visit, id);
    return not_found(visit);
}

static const char *owner_wanted(const at_visit_t *visit)
{
    return visit->all ? NULL : visit->user;
}

int at_api_show(at_visit_t *visit)
{
    at_row_t *row;
    apr_status_t status;
    at_id_t id;

    if (at_token_parse_id(visit->name, &id) != APR_SUCCESS) {
        return not_found(visit);
    }
    status = find(visit, &id, owner_wanted(visit), &row);
    at_service_log_read(visit->r, visit->op.reason, status);
    if (status == APR_NOTFOUND) {
        return not_yours(visit, &id);
    }
    if (status != APR_SUCCESS) {
        return at_reply_unavailable(visit->r);
    }
    if (row->reason || row->deleted_at != AT_TIME_NONE ||
        (!visit->all && strcmp(row->user, visit->user) != 0)) {
        return not_found(visit);
    }
    at_lookup_refresh(visit->lookup, row);
    return at_reply_json(visit->r, HTTP_OK,
                         at_json_token(row, at_clock_now(), visit->all));
}

/* Whose token it is; only an administrators' manager must ask. */
static const char *owner_of(at_visit_t *visit, const at_id_t *id)
{
    at_row_t *row;

    if (!visit->all) {
        return visit->user;
    }
    if (find(visit, id, NULL, &row) != APR_SUCCESS || row->reason) {
        return "somebody";
    }
    return row->user;
}

int at_api_delete(at_visit_t *visit)
{
    const char *owner;
    apr_status_t status;
    at_id_t id;

    if (at_token_parse_id(visit->name, &id) != APR_SUCCESS) {
        return not_found(visit);
    }
    owner = owner_of(visit, &id);
    visit->op.id = id;
    visit->op.user = owner_wanted(visit);
    visit->op.when = at_clock_now();
    status = at_table_delete(&visit->op);
    /* Whatever the answer: this deletion may hold without one, and so may the one
     * before it that found the token. Forgetting costs a lookup. */
    at_service_forget(&id);
    at_service_log_write(visit->r, visit->op.reason, status);
    if (status == APR_NOTFOUND) {
        return not_yours(visit, &id);
    }
    if (status != APR_SUCCESS) {
        return at_reply_unavailable(visit->r);
    }
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, visit->r,
                  "user %s deleted token %s of %s", visit->user,
                  id_text(visit, &id), owner);
    return at_reply_empty(visit->r, HTTP_NO_CONTENT);
}
