/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credentials of a connection's last request with a token, so that the
 * next request need not decode and hash the same text again.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_MEMO_H
#define ACCESSTOKEN_HTTPD_AUTH_MEMO_H

#include <httpd.h>

#include "httpd/auth/decision.h"

/**
 * Does the request have the same Authorization field as the last one on its
 * connection that was accepted? Sets the decision's way and token, which still
 * has to be validated like any other.
 */
int at_memo_find(const request_rec *r, at_decision_t *decision);

/** Keep the credentials of an accepted request for the next one. */
void at_memo_keep(const request_rec *r, const at_decision_t *decision);

#endif
