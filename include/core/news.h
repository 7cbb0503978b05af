/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What befell a table and harmed nobody: kept until somebody has a log to tell.
 */
#ifndef ACCESSTOKEN_CORE_NEWS_H
#define ACCESSTOKEN_CORE_NEWS_H

#include "core/shelf.h"

typedef enum {
    AT_NEWS_RECONNECTED, /* a connection was dead, and a fresh one works */
    AT_NEWS_REPLACED,    /* the file is another one */
    AT_NEWS_CREATED      /* the table was missing and was made */
} at_news_e;

#define AT_NEWS 3

void at_news_note(at_shelf_t *shelf, at_news_e what);

/** How often that happened since somebody has taken the news; takes it. */
apr_uint64_t at_news_take(at_shelf_t *shelf, at_news_e what);

#endif
