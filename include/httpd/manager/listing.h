/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of tokens, page by page.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_LISTING_H
#define ACCESSTOKEN_HTTPD_MANAGER_LISTING_H

#include "httpd/manager/api.h"

/** Endpoint: GET of the manager itself. */
int at_listing(at_call_t *call);

#endif
