/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the last post_read_request hook and the first quick_handler hook,
 * httpd's core does one thing: it logs the header fields, if its LogLevel is
 * trace4 or higher. During this time the request has no credentials of any
 * scheme, because a token may be sent as a password, or by mistake without a
 * scheme.
 *
 * mod_http2 logs them before the module gets a request, so its LogLevel is
 * limited to trace1.
 */
#include "httpd/auth/tracelog.h"

#include <http_config.h>
#include <http_log.h>

#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

static const char *const fields[] = {"Authorization", "Proxy-Authorization"};
static const char hidden[] = "[hidden]";

/* Keys of r->pool's user data, which no other module uses by chance. */
static const char *const keys[] = {"accesstoken.tracelog.origin",
                                   "accesstoken.tracelog.proxy"};

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

int at_tracelog_hide(request_rec *r)
{
    apr_size_t i;

    if (!is_traced(r)) {
        return DECLINED;
    }
    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *value = apr_table_get(r->headers_in, fields[i]);

        if (value) {
            apr_pool_userdata_setn(value, keys[i], NULL, r->pool);
            apr_table_setn(r->headers_in, fields[i], hidden);
        }
    }
    return DECLINED;
}

int at_tracelog_restore(request_rec *r, int lookup)
{
    apr_size_t i;

    (void)lookup;
    if (!is_traced(r)) {
        return DECLINED;
    }
    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        void *value = NULL;

        apr_pool_userdata_get(&value, keys[i], r->pool);
        if (value) {
            apr_table_setn(r->headers_in, fields[i], value);
        }
    }
    return DECLINED;
}
