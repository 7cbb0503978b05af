/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks of the core share: a clock, a function that repeats, and
 * lines of results, which tests/bench/run reads. There are no limits to pass.
 */
#ifndef ACCESSTOKEN_BENCH_H
#define ACCESSTOKEN_BENCH_H

#include <apr_pools.h>

#include "core/db/store.h"
#include "core/token/token.h"

/** Nanoseconds on the monotonic clock. */
apr_int64_t bench_now(void);

/** Print one line: what was measured, the value and its unit. */
void bench_report(const char *what, double value, const char *unit);

/** Print `words` and exit, unless the condition `holds`. */
void bench_check(int holds, const char *words);

/** Repeat `work` for `milliseconds`; return the nanoseconds of one run. */
double bench_repeat(void (*work)(void *data), void *data, int milliseconds);

/** A token, its credential and its row. */
typedef struct bench_token_t {
    char text[AT_TOKEN_SIZE];
    apr_size_t length;
    at_credential_t credential;
    at_row_t row;
} bench_token_t;

void bench_mint(bench_token_t *token);

/** Parse, hash, verdict, cache; with one thread and with two. */
void bench_memory(apr_pool_t *p);

/** Lookups, lists, generating and last uses in a table of `rows` rows. */
void bench_table(const char *driver, const char *params, int rows,
                 apr_pool_t *p);

/** Only `count` lookups in that table, for callgrind. */
void bench_lookups(const char *driver, const char *params, int count,
                   apr_pool_t *p);

#endif
