/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager: routes each request for its location to an endpoint.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_MANAGER_H
#define ACCESSTOKEN_HTTPD_MANAGER_MANAGER_H

#include <httpd.h>

/** Hook: handler, before all others. */
int at_manager_handle(request_rec *r);

#endif
