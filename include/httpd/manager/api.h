/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoints of the manager: generate, show and delete one token. Listing
 * is in listing.h.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_API_H
#define ACCESSTOKEN_HTTPD_MANAGER_API_H

#include <httpd.h>

#include "core/lookup.h"
#include "httpd/config/config.h"

/** A request to the manager. */
typedef struct at_visit_t {
    request_rec *r;
    const char *user; /* who asks */
    int all;          /* whether everybody's tokens are in reach */
    const char *name; /* what follows the base and its slash: a token id */
    at_lookup_t *lookup;
    at_op_t op; /* all its operations have one deadline */
} at_visit_t;

/** Answers a request; OK or an HTTP status. */
typedef int at_endpoint_t(at_visit_t *visit);

/** Lifetime in seconds where none is asked for, or AT_CONFIG_NEVER. */
apr_int64_t at_api_default_lifetime(const at_dir_t *dir);

int at_api_generate(at_visit_t *visit);
int at_api_show(at_visit_t *visit);
int at_api_delete(at_visit_t *visit);

#endif
