/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks of the core share: a clock, a way to repeat, and lines of
 * results. Nothing here judges; tests/bench/run reads the lines.
 */
#ifndef ACCESSTOKEN_BENCH_H
#define ACCESSTOKEN_BENCH_H

#include <apr_pools.h>

#include "core/db/store.h"
#include "core/token/token.h"

/** Nanoseconds on a clock that nobody sets. */
apr_int64_t bench_now(void);

/** One line: what was measured, and how many of which unit. */
void bench_report(const char *what, double value, const char *unit);

/** Stops the program, with these words, where something did not work. */
void bench_check(int holds, const char *words);

/** Run `work` until it took `milliseconds`; nanoseconds of one run. */
double bench_repeat(void (*work)(void *data), void *data, int milliseconds);

/** A token, its credential, and a row for it. */
typedef struct bench_token_t {
    char text[AT_TOKEN_SIZE];
    apr_size_t length;
    at_credential_t credential;
    at_row_t row;
} bench_token_t;

void bench_mint(bench_token_t *token);

/** Parse, hash, verdict, cache; at one thread and at two. */
void bench_words(apr_pool_t *p);

/** Lookup, list, generation and last uses of a table of `rows` rows. */
void bench_table(const char *driver, const char *params, int rows,
                 apr_pool_t *p);

/** `count` lookups in that table and nothing else, for callgrind. */
void bench_lookups(const char *driver, const char *params, int count,
                   apr_pool_t *p);

#endif
