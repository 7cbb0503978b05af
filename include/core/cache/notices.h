/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What befell a table and harmed nobody: kept until somebody has a log to tell.
 */
#ifndef ACCESSTOKEN_CORE_CACHE_NOTICES_H
#define ACCESSTOKEN_CORE_CACHE_NOTICES_H

#include "core/cache/cache.h"

typedef enum {
    AT_NOTICE_RECONNECTED, /* a connection was dead, and a fresh one works */
    AT_NOTICE_REPLACED,    /* the file is another one */
    AT_NOTICE_CREATED      /* the table was missing and was made */
} at_notice_e;

#define AT_NOTICES 3

void at_notices_note(at_cache_t *cache, at_notice_e what);

/** How often that happened since somebody has taken the news; takes it. */
apr_uint64_t at_notices_take(at_cache_t *cache, at_notice_e what);

#endif
