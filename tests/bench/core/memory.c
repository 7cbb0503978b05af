/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request costs in memory: parsing a token, hashing it, recognizing it
 * in the cache, the verdict, noting its use. Two threads share one cache, and
 * each has tokens of its own.
 */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/cache/cache.h"
#include "core/cache/cache_uses.h"

#define ROUND_MS 300
#define CACHE_SIZE ((apr_size_t)67108864)
#define TOKENS 100000

typedef struct bench_cache_t {
    at_cache_t *cache;
    bench_token_t *tokens;
    int count;
    int next;
    apr_pool_t *pool;
    int work; /* a counter: every 16th step clears the pool */
} bench_cache_t;

static bench_token_t *next_token(bench_cache_t *bench)
{
    bench->next = (bench->next + 7919) % bench->count;
    return &bench->tokens[bench->next];
}

/* As httpd does after a request. */
static void clear_now_and_then(bench_cache_t *bench)
{
    if (++bench->work % 16 == 0) {
        apr_pool_clear(bench->pool);
    }
}

static void parse(void *data)
{
    bench_token_t *token = data;
    at_credential_t credential;

    bench_check(at_token_parse(token->text, token->length, &credential) ==
                    APR_SUCCESS,
                "a token was not parsed");
}

static void judge(void *data)
{
    static at_terms_t terms;
    at_evidence_t evidence = {.terms = &terms, .proven = 1};
    bench_token_t *token = data;

    terms.expires_at = token->row.expires_at;
    terms.deleted_at = AT_TIME_NONE;
    bench_check(at_token_verdict(&evidence, 0) == AT_TOKEN_VALID,
                "a token was refused");
}

static void tag(void *data)
{
    bench_cache_t *bench = data;
    bench_token_t *token = next_token(bench);
    at_tag_t made;

    at_cache_tag(bench->cache, token->text, token->length, &made);
    bench->work += (int)made.half[0] & 1;
}

static void put(void *data)
{
    bench_cache_t *bench = data;
    bench_token_t *token = next_token(bench);
    at_terms_t terms;
    at_tag_t made;
    at_entry_t entry = {.id = &token->row.id, .tag = &made, .terms = &terms};
    at_use_t evicted;
    at_spot_t spot;

    at_terms_fill(&terms, &token->row);
    at_cache_tag(bench->cache, token->text, token->length, &made);
    entry.last_used = AT_TIME_NONE;
    entry.ticket = at_cache_ticket(bench->cache, &token->row.id, 1000);
    bench_check(at_cache_put(bench->cache, &entry, &spot, &evicted),
                "a row was not cached");
}

static void get(void *data)
{
    bench_cache_t *bench = data;
    bench_token_t *token = next_token(bench);
    at_tag_t made;
    at_hit_t hit;

    at_cache_tag(bench->cache, token->text, token->length, &made);
    if (at_cache_find_text(bench->cache,
                           at_token_find_digits(token->text, token->length),
                           &made, &hit, bench->pool)) {
        at_cache_uses_note(bench->cache, hit.spot, bench->work);
    }
    clear_now_and_then(bench);
}

typedef struct run_t {
    void (*work)(void *data);
    bench_cache_t bench;
    double took;
} run_t;

static void *run_one(void *data)
{
    run_t *run = data;

    run->took = bench_repeat(run->work, &run->bench, ROUND_MS);
    return NULL;
}

static void in_two(const char *what, void (*work)(void *data),
                   const bench_cache_t *bench)
{
    run_t runs[2];
    pthread_t threads[2];
    int i;

    for (i = 0; i < 2; i++) {
        runs[i] = (run_t){.work = work, .bench = *bench};
        runs[i].bench.count = bench->count / 2;
        runs[i].bench.tokens += i * runs[i].bench.count;
        apr_pool_create(&runs[i].bench.pool, NULL);
        pthread_create(&threads[i], NULL, run_one, &runs[i]);
    }
    for (i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(runs[i].bench.pool);
    }
    bench_report(what, (runs[0].took + runs[1].took) / 2, "ns");
}

static bench_cache_t make_cache(int count, apr_pool_t *p)
{
    bench_cache_t bench = {.count = count};
    void *memory = mmap(NULL, CACHE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int i;

    bench_check(memory != MAP_FAILED &&
                    at_cache_format(memory, CACHE_SIZE) == APR_SUCCESS,
                "the cache could not be created");
    bench.cache = at_cache_open(memory, p);
    bench.tokens = apr_pcalloc(p, sizeof(bench_token_t) * (apr_size_t)count);
    apr_pool_create(&bench.pool, p);
    for (i = 0; i < count; i++) {
        bench_mint(&bench.tokens[i]);
        put(&bench);
    }
    for (i = 0; i < 2 * count; i++) {
        put(&bench);
    }
    return bench;
}

void bench_memory(apr_pool_t *p)
{
    static const int sizes[] = {2, 1000, TOKENS};
    bench_token_t token;
    char what[64];
    apr_size_t i;

    bench_mint(&token);
    bench_report("parse with check and SHA-256",
                 bench_repeat(parse, &token, ROUND_MS), "ns");
    bench_report("verdict", bench_repeat(judge, &token, ROUND_MS), "ns");
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bench_cache_t bench = make_cache(sizes[i], p);

        bench_report("tag (SipHash-2-4-128)",
                     bench_repeat(tag, &bench, ROUND_MS), "ns");
        snprintf(what, sizeof(what), "tag, get and use, %d tokens, 1 thread",
                 sizes[i]);
        bench_report(what, bench_repeat(get, &bench, ROUND_MS), "ns");
        snprintf(what, sizeof(what), "tag, get and use, %d tokens, 2 threads",
                 sizes[i]);
        in_two(what, get, &bench);
        snprintf(what, sizeof(what), "fill, tag and put, %d tokens, 1 thread",
                 sizes[i]);
        bench_report(what, bench_repeat(put, &bench, ROUND_MS), "ns");
        snprintf(what, sizeof(what), "fill, tag and put, %d tokens, 2 threads",
                 sizes[i]);
        in_two(what, put, &bench);
    }
}
