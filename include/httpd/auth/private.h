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

/** Add the filter to the answer to a request with a token in a field of its
 *  own. Hook: insert_error_filter, for the answers that no handler makes. */
void at_private_insert(request_rec *r);

#endif
