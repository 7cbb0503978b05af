/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credentials of a connection's last request with a token, so that the
 * next request need not decode and hash the same text again.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_MEMO_H
#define ACCESSTOKEN_HTTPD_AUTH_MEMO_H

#include <httpd.h>

#include "httpd/auth/decision.h"

int at_memo_matches(const request_rec *r, const void *memo,
                    at_decision_t *decision);

/**
 * Does the request have the same Authorization field as the last one on its
 * connection that was accepted? Sets the decision's way and token, which still
 * has to be validated like any other.
 */
static inline int at_memo_find(const request_rec *r, at_decision_t *decision)
{
    const void *memo =
        ap_get_module_config(r->connection->conn_config, &accesstoken_module);

    return memo && at_memo_matches(r, memo, decision);
}

void at_memo_store(const request_rec *r, const at_decision_t *decision);

/**
 * Keep the credentials of an accepted request for the next one. A connection's
 * first request keeps nothing, because many connections have only one.
 */
static inline void at_memo_keep(const request_rec *r,
                                const at_decision_t *decision)
{
    if (r->connection->keepalives > 0 && !decision->token.is_from_memo) {
        at_memo_store(r, decision);
    }
}

#endif
