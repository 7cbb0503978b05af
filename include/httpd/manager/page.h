/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Access Tokens page: which requests want it, the page itself, its files,
 * and the description of the API.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_PAGE_H
#define ACCESSTOKEN_HTTPD_MANAGER_PAGE_H

#include "httpd/manager/api.h"

/** Does the request rather want HTML than JSON? */
int at_page_wanted(const request_rec *r);

/** Endpoint: the page. */
int at_page_show(at_visit_t *visit);

/** Endpoint: a file of the page; visit->name is assets/<version>/<file>. */
int at_page_asset(at_visit_t *visit);

/** Endpoint: openapi.json. */
int at_page_openapi(at_visit_t *visit);

#endif
