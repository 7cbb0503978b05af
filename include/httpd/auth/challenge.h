/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The challenges of a refused request, one field for each scheme.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_CHALLENGE_H
#define ACCESSTOKEN_HTTPD_AUTH_CHALLENGE_H

#include <httpd.h>

/**
 * Set the challenges, in place of those that another module has set.
 *
 * @param status  401 may offer Basic; another status does not
 * @param error   parameters of RFC 6750, 3, that follow the realm, or ""
 */
void at_challenge_set(request_rec *r, int status, const char *error);

/** In an ErrorDocument's request: the challenges set before it; else NULL. */
apr_table_t *at_challenge_before(const request_rec *r);

/** Undo at_challenge_set(): set the challenges `before` again, or none. */
void at_challenge_restore(request_rec *r, const apr_table_t *before);

#endif
