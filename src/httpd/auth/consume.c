/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes credentials that were judged, or that carry a token of ours, from a
 * request while its handler runs.
 *
 * Before the handler the field stays, because mod_cache, <If> and the modules
 * of other AuthTypes read it. So each request that httpd derives from the
 * client's request (a sub-request, an internal redirect, an ErrorDocument)
 * gets the field back. The field is also present while the answer passes
 * mod_cache's filter, which stores no answer to a request with Authorization.
 *
 * A value that the configuration sets in the field for a backend stays.
 */
#include "httpd/auth/consume.h"

#include <string.h>

#include <http_config.h>
#include <util_filter.h>
#include <apr_strings.h>

#include "core/token/token.h"
#include "httpd/auth/auth.h"
#include "httpd/auth/basic.h"
#include "httpd/auth/credentials.h"
#include "httpd/auth/decision.h"
#include "httpd/auth/private.h"
#include "httpd/config/accept.h"
#include "httpd/config/config.h"

static ap_filter_rec_t *filter_handle;

/* Set each time the configuration is read. */
static int is_cached;

/* Which fields */

/* The decision whose fields have to be removed; NULL if none have. */
static at_decision_t *consumed(const request_rec *r, at_decision_t *decision)
{
    return decision && decision->fields &&
                   !at_config_dir(r)->forward_credentials
               ? decision
               : NULL;
}

/* The part of the field's value that the configuration has set; NULL if none.
 * mod_headers may have appended it to the credentials. */
static const char *configured_part(const char *now, const char *sent)
{
    apr_size_t length;

    if (!now || now == sent) {
        return NULL;
    }
    length = strlen(sent);
    if (strncmp(now, sent, length) != 0) {
        return now;
    }
    if (!now[length]) {
        return NULL;
    }
    return now[length] == ',' ? now + length + 1 + strspn(now + length + 1, " ")
                              : now;
}

/* Derived requests */

/* The values that the configuration had set before the credentials were
 * restored, by the names of their fields, are saved in the derived request's
 * own module configuration. NULL: there are none. */
static const char *saved_configured(const request_rec *r, const char *name)
{
    const apr_table_t *saved =
        r->main || r->prev
            ? ap_get_module_config(r->request_config, &accesstoken_module)
            : NULL;

    return saved ? apr_table_get(saved, name) : NULL;
}

static void save_configured(request_rec *r, const char *name, const char *value)
{
    apr_table_t *saved =
        ap_get_module_config(r->request_config, &accesstoken_module);

    if (!saved) {
        saved = apr_table_make(r->pool, 1);
        ap_set_module_config(r->request_config, &accesstoken_module, saved);
    }
    apr_table_setn(saved, name, value);
}

/* A sub-request shares its parent's table of header fields. An internal
 * redirect takes over its predecessor's table after this hook. */
static void restore_field(request_rec *r, const request_rec *from,
                          at_decision_t *decision, const at_field_t *field)
{
    const char *now = apr_table_get(from->headers_in, field->name);
    const char *configured = now;

    if (now && strcmp(now, field->value) == 0) {
        configured = saved_configured(from, field->name);
    }
    if (configured) {
        save_configured(r, field->name, configured);
    }
    if (now && strcmp(now, field->value) == 0) {
        return;
    }
    if (r->main && r->headers_in == from->headers_in) {
        r->headers_in = apr_table_copy(r->pool, r->headers_in);
    }
    apr_table_setn(r->main ? r->headers_in : from->headers_in, field->name,
                   field->value);
    decision->is_hidden = 0;
}

int at_consume_inherit(request_rec *r)
{
    const request_rec *from = r->main ? r->main : r->prev;
    at_decision_t *decision = from ? at_decision(r) : NULL;
    const at_field_t *field = decision ? decision->fields : NULL;

    for (; field; field = field->next) {
        restore_field(r, from, decision, field);
    }
    return OK;
}

/* Before the handler */

/* Has the field been set or extended since the decision read it? */
static int is_changed(const apr_array_header_t *fields, const at_field_t *field)
{
    const apr_table_entry_t *one = (const apr_table_entry_t *)fields->elts;
    const apr_table_entry_t *end = one + fields->nelts;
    apr_uint32_t sum;

    while (one < end && one->val != field->value) {
        one++;
    }
    if (one == end) {
        return 1;
    }
    for (sum = one->key_checksum, one++; one < end; one++) {
        if (one->key_checksum == sum &&
            ap_cstr_casecmp(one->key, field->name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The value that the configuration has set for the backend; NULL if none,
 * or if it contains a token again, in another form. */
static const char *value_for_backend(request_rec *r, const at_field_t *field)
{
    const char *configured = NULL;

    if (is_changed(apr_table_elts(r->headers_in), field)) {
        configured = configured_part(
            apr_table_getm(r->pool, r->headers_in, field->name), field->value);
    }
    if (configured && at_credentials_carry_token(configured, r->pool)) {
        return NULL;
    }
    return configured ? configured : saved_configured(r, field->name);
}

static void set_field(request_rec *r, const char *name, const char *value)
{
    if (value) {
        apr_table_setn(r->headers_in, name, value);
    }
    else {
        apr_table_unset(r->headers_in, name);
    }
}

static void remove_fields(request_rec *r, const at_decision_t *decision)
{
    const at_field_t *field;

    for (field = decision->fields; field; field = field->next) {
        set_field(r, field->name, value_for_backend(r, field));
    }
}

/* The module's own variables are the only ones of most requests. */
static int is_own(const apr_table_entry_t *variable, const at_terms_t *terms)
{
    return terms && (variable->val == terms->id_text ||
                     variable->val == terms->expires_text);
}

static int are_all_own(const apr_array_header_t *variables,
                       const at_terms_t *terms)
{
    const apr_table_entry_t *one = (const apr_table_entry_t *)variables->elts;
    const apr_table_entry_t *end = one + variables->nelts;

    while (one < end && is_own(one, terms)) {
        one++;
    }
    return one == end;
}

/* The name of the first variable whose value contains this text. */
static const char *variable_with(const apr_array_header_t *variables,
                                 const char *text)
{
    const apr_table_entry_t *one = (const apr_table_entry_t *)variables->elts;
    const apr_table_entry_t *end = one + variables->nelts;

    for (; one < end; one++) {
        if (one->val && strstr(one->val, text)) {
            return one->key;
        }
    }
    return NULL;
}

/* A text shorter than any token may be in a variable by chance. */
static void remove_variables_with(request_rec *r, const char *text,
                                  apr_size_t length)
{
    const apr_array_header_t *variables = apr_table_elts(r->subprocess_env);
    const char *name;

    if (length < AT_TOKEN_LENGTH_MIN) {
        return;
    }
    text = apr_pstrmemdup(r->pool, text, length);
    while ((name = variable_with(variables, text))) {
        apr_table_unset(r->subprocess_env, name);
    }
}

static void remove_variables_with_words(request_rec *r, const char *value)
{
    static const char separators[] = " \t,=\"";

    while (*(value += strspn(value, separators))) {
        apr_size_t length = strcspn(value, separators);

        remove_variables_with(r, value, length);
        value += length;
    }
}

static void remove_decoded_variables(request_rec *r, const char *value)
{
    at_basic_t basic;

    if (at_credentials_is_basic(value)) {
        at_basic_read(value, r->pool, &basic);
        remove_variables_with(r, basic.user, basic.user_length);
        remove_variables_with(r, basic.password, basic.password_length);
    }
}

/* SetEnvIf and RewriteRule may have copied a field or a part of it into a
 * variable, and may have decoded it. */
static void remove_variables_of(request_rec *r, const at_decision_t *decision)
{
    const at_field_t *field;

    if (are_all_own(apr_table_elts(r->subprocess_env), decision->terms)) {
        return;
    }
    if (decision->token.text) {
        remove_variables_with(r, decision->token.text, decision->token.length);
    }
    for (field = decision->fields; field; field = field->next) {
        remove_variables_with_words(r, field->value);
        remove_decoded_variables(r, field->value);
    }
}

static void remove_variables(request_rec *r, const at_decision_t *decision)
{
    for (; decision; decision = decision->previous) {
        remove_variables_of(r, decision);
    }
}

/* The answer */

/* Output filter: restores the field while mod_cache's filter decides. */
static apr_status_t show_to_cache(ap_filter_t *filter,
                                  apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    const at_decision_t *decision = filter->ctx;
    const char *name = decision->authorization.name;
    const char *now = apr_table_get(r->headers_in, name);
    apr_status_t status;

    apr_table_setn(r->headers_in, name, decision->authorization.value);
    status = ap_pass_brigade(filter->next, brigade);
    set_field(r, name, now);
    return status;
}

/* A filter of this type runs before CACHE_SAVE, whose type is just below
 * AP_FTYPE_CONTENT_SET. */
void at_consume_register(void)
{
    filter_handle = ap_register_output_filter(
        "ACCESSTOKEN_CREDENTIALS", show_to_cache, NULL, AP_FTYPE_RESOURCE);
}

int at_consume_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *server)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)server;
    is_cached = ap_find_linked_module("mod_cache.c") != NULL;
    return OK;
}

int at_consume(request_rec *r)
{
    at_decision_t *decision = consumed(r, at_decision(r));

    if (at_accept_has_fields()) {
        at_private_insert(r);
    }
    if (!decision) {
        return DECLINED;
    }
    if (is_cached && decision->authorization.value) {
        ap_add_output_filter_handle(filter_handle, decision, r, r->connection);
    }
    if (r->main && r->headers_in == r->main->headers_in) {
        r->headers_in = apr_table_copy(r->pool, r->headers_in);
    }
    remove_fields(r, decision);
    remove_variables(r, decision);
    decision->is_hidden = !r->main;
    return DECLINED;
}

/* Needed where the handler did not run, for this request or for one that httpd
 * derived from it. */
int at_consume_for_log(request_rec *r)
{
    at_decision_t *decision;

    if (!at_decision(r)) {
        at_auth_note_unneeded(r);
    }
    decision = consumed(r, at_decision(r));
    if (!decision || (decision->is_hidden && !r->next)) {
        return DECLINED;
    }
    for (; r; r = r->next) {
        remove_fields(r, decision);
        remove_variables(r, decision);
    }
    return DECLINED;
}
