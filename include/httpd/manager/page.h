/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Access Tokens page: which requests get it, the page itself, its files,
 * and the description of the API.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_PAGE_H
#define ACCESSTOKEN_HTTPD_MANAGER_PAGE_H

#include "httpd/manager/api.h"

/** Does the Accept field prefer HTML to JSON? */
int at_page_wanted(const request_rec *r);

/** Endpoint: the page. */
int at_page_show(at_call_t *call);

/** Endpoint: a file of the page; call->name is assets/<version>/<file>. */
int at_page_asset(at_call_t *call);

/** Endpoint: openapi.json. */
int at_page_openapi(at_call_t *call);

#endif
