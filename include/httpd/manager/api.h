/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints of the manager: generate, show and delete a token. The list is in
 * listing.h.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_API_H
#define ACCESSTOKEN_HTTPD_MANAGER_API_H

#include <httpd.h>

#include "core/lookup.h"
#include "httpd/config/config.h"

/** A call of the API: a request to the manager by an authenticated user. */
typedef struct at_call_t {
    request_rec *r;
    const char *user; /* the authenticated user */
    int all;          /* AccessTokenManager all: the tokens of all users */
    const char *name; /* the path below the manager: "", a token id, ... */
    at_lookup_t *lookup;
    at_op_t op; /* one deadline for all operations of the call */
} at_call_t;

/** Answers a call. Returns OK or an HTTP status. */
typedef int at_endpoint_t(at_call_t *call);

/** The lifetime, in seconds or AT_CONFIG_NEVER, if a request names none. */
apr_int64_t at_api_default_lifetime(const at_dir_t *dir);

int at_api_generate(at_call_t *call);
int at_api_show(at_call_t *call);
int at_api_delete(at_call_t *call);

#endif
