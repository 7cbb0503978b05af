/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A word for each piece of news; mostly there is none, and it is only read.
 */
#include "core/news.h"

#include "shelf_inside.h"

void at_news_note(at_shelf_t *shelf, at_news_e what)
{
    atomic_fetch_add(&shelf->header->news[what], 1);
}

apr_uint64_t at_news_take(at_shelf_t *shelf, at_news_e what)
{
    at_word_t *word = &shelf->header->news[what];

    return at_shelf_load(word) == 0 ? 0 : atomic_exchange(word, 0);
}
