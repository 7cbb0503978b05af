/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our section of mod_status: how tokens are validated, in figures.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_STATUSPAGE_H
#define ACCESSTOKEN_HTTPD_PROCESS_STATUSPAGE_H

#include <httpd.h>

/** Hook: mod_status's status_hook, if that module is there. */
int at_statuspage_write(request_rec *r, int flags);

#endif
