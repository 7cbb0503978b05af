/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmarks of the core, without httpd.
 *
 *   bench_core memory                            parse, hash, verdict, cache
 *   bench_core table DRIVER PARAMS ROWS          fills an empty database first
 *   bench_core lookups DRIVER PARAMS COUNT       in a table that `table` filled
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_dbd.h>
#include <apr_general.h>

#define NS APR_INT64_C(1000000000)

apr_int64_t bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS + now.tv_nsec;
}

void bench_report(const char *what, double value, const char *unit)
{
    printf("%-58s %14.1f %s\n", what, value, unit);
    fflush(stdout);
}

void bench_check(int holds, const char *words)
{
    if (!holds) {
        fprintf(stderr, "bench_core: %s\n", words);
        exit(1);
    }
}

double bench_repeat(void (*work)(void *data), void *data, int milliseconds)
{
    apr_int64_t begun = bench_now();
    apr_int64_t took = 0;
    apr_int64_t runs = 0;
    int i;

    while (took < milliseconds * (NS / 1000)) {
        for (i = 0; i < 64; i++) {
            work(data);
        }
        runs += 64;
        took = bench_now() - begun;
    }
    return (double)took / (double)runs;
}

void bench_mint(bench_token_t *token)
{
    bench_check(at_token_mint(AT_TOKEN_PREFIX, token->text,
                              &token->credential) == APR_SUCCESS,
                "no token could be minted");
    token->length = strlen(token->text);
    token->row = (at_row_t){.id = token->credential.id,
                            .user = "alice",
                            .description = "bench",
                            .created_at = at_clock_now(),
                            .expires_at = at_clock_now() + 86400000,
                            .last_used = AT_TIME_NONE,
                            .deleted_at = AT_TIME_NONE};
    memcpy(token->row.hash, token->credential.hash, sizeof(token->row.hash));
}

int main(int argc, const char *const *argv)
{
    apr_pool_t *pool;

    bench_check(apr_initialize() == APR_SUCCESS &&
                    apr_pool_create(&pool, NULL) == APR_SUCCESS &&
                    apr_dbd_init(pool) == APR_SUCCESS,
                "APR cannot be used");
    if (argc == 2 && strcmp(argv[1], "memory") == 0) {
        bench_memory(pool);
        return 0;
    }
    if (argc == 5 && strcmp(argv[1], "table") == 0) {
        bench_table(argv[2], argv[3], (int)strtol(argv[4], NULL, 10), pool);
        return 0;
    }
    if (argc == 5 && strcmp(argv[1], "lookups") == 0) {
        bench_lookups(argv[2], argv[3], (int)strtol(argv[4], NULL, 10), pool);
        return 0;
    }
    fprintf(stderr, "usage: bench_core memory | table DRIVER PARAMS ROWS | "
                    "lookups DRIVER PARAMS COUNT\n");
    return 2;
}
