/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detects cross-site requests, which a page of another site made a browser
 * send.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_CROSSSITE_H
#define ACCESSTOKEN_HTTPD_MANAGER_CROSSSITE_H

#include <httpd.h>

/** Is this a cross-site request? For requests with an unsafe method. */
int at_crosssite(request_rec *r);

#endif
