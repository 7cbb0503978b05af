/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the last post_read_request hook and the first quick_handler hook,
 * httpd's core does one thing: it logs the header fields, if its LogLevel is
 * trace4 or higher. During this time the request has no credentials of any
 * scheme, because a token may be sent as a password, or by mistake without a
 * scheme; and no field with a token, right or with a typing error, whatever its
 * name, because .htaccess may accept one that is not known yet.
 *
 * mod_http2 logs them before the module gets a request, so its LogLevel is
 * limited to trace1.
 */
#include "httpd/auth/tracelog.h"

#include <http_config.h>
#include <http_log.h>

#include "httpd/auth/credentials.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

static const char *const fields[] = {"Authorization", "Proxy-Authorization"};
static const char hidden[] = "[hidden]";

/* Key of r->pool's user data, which no other module uses by chance. */
static const char hidden_fields_key[] = "accesstoken.tracelog.fields";

/* The module that logs the fields; set each time the configuration is read. */
static int log_index = APLOG_NO_MODULE;

static void limit_http2(server_rec *server, apr_pool_t *p)
{
    const module *http2 = ap_find_linked_module("mod_http2.c");
    int is_logged = 0;

    for (; http2 && server; server = server->next) {
        int level = ap_get_server_module_loglevel(server, http2->module_index);

        if (level <= APLOG_TRACE1) {
            continue;
        }
        ap_set_module_loglevel(p, &server->log, http2->module_index,
                               APLOG_TRACE1);
        if (!is_logged++) {
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                         "LogLevel of http2 was lowered to trace1, because "
                         "mod_http2 logs the Authorization field at higher "
                         "levels");
        }
    }
}

int at_tracelog_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *server)
{
    const module *writer = ap_find_linked_module("http_core.c");

    (void)plog;
    (void)ptemp;
    limit_http2(server, pconf);
    log_index = writer ? writer->module_index : APLOG_NO_MODULE;
    return OK;
}

/* The core logs the header fields of the client's request only. */
static int is_traced(const request_rec *r)
{
    return APLOG_R_MODULE_IS_LEVEL(r, log_index, APLOG_TRACE4) && !r->prev &&
           !r->main;
}

static int is_secret(const apr_table_entry_t *field, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (ap_cstr_casecmp(field->key, fields[i]) == 0) {
            return 1;
        }
    }
    return at_credentials_resemble_token(field->val) ||
           at_credentials_carry_token(field->val, p);
}

int at_tracelog_hide(request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    apr_table_t *saved;
    int i;

    if (!is_traced(r)) {
        return DECLINED;
    }
    saved = apr_table_make(r->pool, 2);
    apr_pool_userdata_setn(saved, hidden_fields_key, NULL, r->pool);
    for (i = 0; i < all->nelts; i++) {
        apr_table_entry_t *field = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        if (is_secret(field, r->pool)) {
            apr_table_addn(saved, field->key, field->val);
            field->val = (char *)hidden;
        }
    }
    return DECLINED;
}

static int restore(void *request, const char *name, const char *value)
{
    apr_table_setn(((request_rec *)request)->headers_in, name, value);
    return 1;
}

int at_tracelog_restore(request_rec *r, int lookup)
{
    void *saved = NULL;

    (void)lookup;
    if (!is_traced(r)) {
        return DECLINED;
    }
    apr_pool_userdata_get(&saved, hidden_fields_key, r->pool);
    if (saved) {
        apr_table_do(restore, r, saved, NULL);
    }
    return DECLINED;
}
