/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of tokens, page by page.
 */
#ifndef ACCESSTOKEN_HTTPD_LISTING_H
#define ACCESSTOKEN_HTTPD_LISTING_H

#include "httpd/api.h"

/** Endpoint: GET of the manager itself. */
int at_listing(at_visit_t *visit);

#endif
