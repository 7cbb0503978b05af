/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that failed no request: they are kept until a request can log them,
 * since the core itself does not log.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_NOTICES_H
#define ACCESSTOKEN_CORE_CACHE_NOTICES_H

#include "core/cache/cache.h"

typedef enum {
    AT_NOTICE_RECONNECTED, /* a connection was dead, and a new one works */
    AT_NOTICE_REPLACED,    /* the database's file was replaced */
    AT_NOTICE_CREATED      /* the table did not exist and was created */
} at_notice_e;

#define AT_NOTICES 3

/** The event has happened. */
void at_notices_note(at_cache_t *cache, at_notice_e event);

/** How often it has happened since this was called last; at most one caller
 *  gets each number. */
apr_uint64_t at_notices_take(at_cache_t *cache, at_notice_e event);

#endif
