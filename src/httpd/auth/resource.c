/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the addresses from the URL as the client has sent it, with the
 * percent-encoding that it has chosen: both sides compare text.
 */
#include "httpd/auth/resource.h"

#include <string.h>

#include <http_core.h>
#include <http_protocol.h>
#include <apr_strings.h>

#include "httpd/auth/decision.h"
#include "httpd/auth/ways.h"
#include "httpd/config/config.h"

static const char well_known[] = "/.well-known/oauth-protected-resource";

/* A longer challenge might exceed the buffers of a proxy in front. */
#define ADDRESS_MAX 1000

/* Path and query */

static int is_plain(unsigned char c)
{
    return c > ' ' && c < 0x7f && !strchr("\"<>\\", c);
}

/* Characters that no URL may contain, and that would end a quoted string. */
static const char *escape(apr_pool_t *p, const char *text, apr_size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    char *escaped = apr_palloc(p, length * 3 + 1);
    char *end = escaped;

    for (; length > 0; text++, length--) {
        unsigned char c = (unsigned char)*text;

        if (is_plain(c)) {
            *end++ = (char)c;
        }
        else {
            *end++ = '%';
            *end++ = digits[c >> 4];
            *end++ = digits[c & 15];
        }
    }
    *end = '\0';
    return escaped;
}

/* What the client has requested: path and query; NULL for OPTIONS *. The
 * request line may have a whole URL. */
static const char *sent_target(const request_rec *client)
{
    const char *target = client->unparsed_uri;

    if (target && *target != '/') {
        target = strstr(target, "://");
        target = target ? target + strcspn(target + 3, "/?#") + 3 : NULL;
    }
    return target && *target != '*'
               ? escape(client->pool, target, strcspn(target, "#"))
               : NULL;
}

const char *at_resource_wanted(const request_rec *r)
{
    const char *target;
    apr_size_t length = strlen(well_known);

    if (r->main || r->prev || r->proxyreq == PROXYREQ_PROXY || !r->uri ||
        strncmp(r->uri, well_known, length) != 0) {
        return NULL;
    }
    target = sent_target(r);
    if (!target || strncmp(target, well_known, length) != 0) {
        return NULL;
    }
    target += length;
    if (*target == '/') {
        return target;
    }
    return *target == '\0' || *target == '?'
               ? apr_pstrcat(r->pool, "/", target, NULL)
               : NULL;
}

/* URLs */

/* Where UseCanonicalName is Off, the client's Host field decides, also about
 * the port: behind a proxy it is not the port on which httpd listens. */
static const char *origin_of(request_rec *r)
{
    apr_port_t port = ap_default_port(r);
    const char *origin = apr_pstrcat(r->pool, ap_http_scheme(r), "://",
                                     ap_get_server_name_for_url(r), NULL);

    if (ap_get_server_name(r) != r->hostname) {
        port = ap_get_server_port(r);
    }
    else if (r->parsed_uri.port_str) {
        port = r->parsed_uri.port;
    }
    return port == ap_default_port(r)
               ? origin
               : apr_psprintf(r->pool, "%s:%u", origin, port);
}

const char *at_resource_url(request_rec *r, const char *target)
{
    const char *origin = origin_of(r);

    return apr_pstrcat(r->pool, escape(r->pool, origin, strlen(origin)), target,
                       NULL);
}

/* The challenge */

int at_resource_has_metadata(request_rec *r)
{
    return at_config_dir(r)->metadata &&
           (at_ways_accepted(r, ap_auth_type(r)) & AT_WAY_BEARER);
}

const char *at_resource_parameter(request_rec *r)
{
    request_rec *client = (request_rec *)at_decision_client(r);
    const char *target;
    const char *address;

    if (client->proxyreq == PROXYREQ_PROXY ||
        !at_resource_has_metadata(client)) {
        return "";
    }
    target = sent_target(client);
    if (!target) {
        return "";
    }
    /* The path of the server's root is not repeated. */
    target += target[0] == '/' && (target[1] == '\0' || target[1] == '?');
    address =
        at_resource_url(client, apr_pstrcat(r->pool, well_known, target, NULL));
    return strlen(address) > ADDRESS_MAX
               ? ""
               : apr_pstrcat(r->pool, ", resource_metadata=\"", address, "\"",
                             NULL);
}
