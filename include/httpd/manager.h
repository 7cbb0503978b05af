/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager: takes its location over and sends each request to an endpoint.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_H
#define ACCESSTOKEN_HTTPD_MANAGER_H

#include <httpd.h>

/** Hook: translate_name, before all others; the location is ours. */
int at_manager_claim(request_rec *r);

/** Hook: map_to_storage; no folder and no .htaccess stands behind it. */
int at_manager_keep(request_rec *r);

/** Hook: fixups; so that nobody else thinks it has no handler. */
int at_manager_name_handler(request_rec *r);

/** Hook: handler, before all others. */
int at_manager_handle(request_rec *r);

#endif
