/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of OAuth 2.0 protected resource metadata (RFC 9728).
 *
 * Each URL of a location with AccessTokenMetadata On is a resource of its own.
 * RFC 9728, 3.3, lets a client use metadata only if they name the URL that it
 * has requested.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_RESOURCE_H
#define ACCESSTOKEN_HTTPD_AUTH_RESOURCE_H

#include <httpd.h>

/** Is this one of the module's resources: does its location accept Bearer
 *  tokens, with AccessTokenMetadata On? */
int at_resource_has_metadata(request_rec *r);

/**
 * The parameter resource_metadata of a Bearer challenge.
 *
 * @return a comma and the parameter; "" if the resource has no metadata, or
 *         if its address is too long for a header field.
 */
const char *at_resource_parameter(request_rec *r);

/** The path and query of the resource whose metadata this client's request
 *  wants; NULL if it wants none. */
const char *at_resource_wanted(const request_rec *r);

/** The URL of a resource with this path and query, on the request's server. */
const char *at_resource_url(request_rec *r, const char *target);

#endif
