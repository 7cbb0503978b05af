/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that another site made a browser send.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_CROSSSITE_H
#define ACCESSTOKEN_HTTPD_MANAGER_CROSSSITE_H

#include <httpd.h>

/** Does the request come from another site? Asked of unsafe methods only. */
int at_crosssite(request_rec *r);

#endif
