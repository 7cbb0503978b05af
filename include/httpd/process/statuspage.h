/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module's section of mod_status: figures on tokens, lookups and the
 * cache.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_STATUSPAGE_H
#define ACCESSTOKEN_HTTPD_PROCESS_STATUSPAGE_H

#include <httpd.h>

/** Hook: status_hook of mod_status, if that module is loaded. */
int at_statuspage_write(request_rec *r, int flags);

#endif
