/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps answers to a token in a field of its own out of shared caches, which
 * know only Authorization.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_PRIVATE_H
#define ACCESSTOKEN_HTTPD_AUTH_PRIVATE_H

#include <httpd.h>

/** Register the output filter; called with the hooks. */
void at_private_register(void);

/** Hook: insert_filter and insert_error_filter; adds it where it is needed. */
void at_private_insert(request_rec *r);

#endif
