/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinguishes requests of the manager's own page and of programs from
 * requests of other sites.
 *
 * The browser itself sets Sec-Fetch-Site, so that field decides if it is
 * present. Over plain HTTP browsers send only Origin. Programs send neither.
 */
#include "httpd/manager/crosssite.h"

#include <string.h>

#include <http_core.h>
#include <http_protocol.h>
#include <apr_strings.h>
#include <apr_uri.h>

static apr_port_t port_of(const apr_uri_t *uri)
{
    return uri->port ? uri->port : apr_uri_port_of_scheme(uri->scheme);
}

/* An origin (RFC 6454, 7) has a scheme, a host and perhaps a port, nothing
 * else. */
static int is_origin(const apr_uri_t *uri)
{
    return uri->scheme && uri->hostname && !uri->user && !uri->password &&
           !uri->path && !uri->query && !uri->fragment;
}

/* Compares scheme, host and port with those of the request. */
static int is_this_origin(request_rec *r, const char *origin)
{
    const char *host = apr_table_get(r->headers_in, "Host");
    apr_uri_t theirs, ours;
    const char *here;

    if (!host) {
        return 0;
    }
    here = apr_pstrcat(r->pool, ap_http_scheme(r), "://", host, NULL);
    if (apr_uri_parse(r->pool, origin, &theirs) != APR_SUCCESS ||
        apr_uri_parse(r->pool, here, &ours) != APR_SUCCESS || !ours.hostname ||
        !is_origin(&theirs)) {
        return 0;
    }
    return ap_cstr_casecmp(theirs.scheme, ours.scheme) == 0 &&
           ap_cstr_casecmp(theirs.hostname, ours.hostname) == 0 &&
           port_of(&theirs) == port_of(&ours);
}

int at_crosssite(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");

    if (site) {
        return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    }
    return origin && !is_this_origin(r, origin);
}
