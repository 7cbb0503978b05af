/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of a reader and a writer of the same slot of the cache: the reader
 * sees one row or the other, never half of each, nor a row with the use of the
 * other.
 */
#include "fixture_rows.h"

#include <apr_atomic.h>

#include "core/cache/cache_uses.h"

#define SIZE AT_CACHE_SIZE_MIN

typedef struct writer_t {
    at_cache_t *cache;
    sample_t sample[2];
    apr_uint32_t ended;
    pthread_t thread;
} writer_t;

#define WRITES 400000

static void *write_on(void *data)
{
    writer_t *writer = data;
    int i;

    for (i = 0; i < WRITES; i++) {
        sample_try_put(writer->cache, &writer->sample[i % 2],
                       at_cache_ticket(writer->cache, &writer->sample[0].id,
                                       5000 + i % 2));
    }
    apr_atomic_set32(&writer->ended, 1);
    return NULL;
}

static int is_whole(const at_hit_t *hit)
{
    const at_terms_t *terms = hit->terms;
    char letter = hit->read_at == 5000 ? 'a' : 'b';
    apr_size_t length = letter == 'a' ? 255 : 9;
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (terms->user[i] != letter) {
            return 0;
        }
    }
    return terms->text_length == length && terms->user[length] == '\0' &&
           terms->expires_at == letter && terms->deleted_at == letter;
}

/* One id with two terms, which take turns. */
static void a_reader_never_sees_half_of_a_row(void **state)
{
    support_t *support = *state;
    static writer_t writer;
    apr_pool_t *pool;
    int i, hits = 0;

    writer.cache = support_cache(SIZE);
    for (i = 0; i < 2; i++) {
        at_terms_t *terms = &writer.sample[i].terms;

        sample_make(writer.cache, 1, &writer.sample[i]);
        terms->expires_at = terms->deleted_at = 'a' + i;
        terms->text_length = i == 0 ? 255 : 9;
        memset(terms->user, 'a' + i, terms->text_length);
    }
    apr_pool_create(&pool, support->pool);
    assert_int_equal(pthread_create(&writer.thread, NULL, write_on, &writer),
                     0);
    while (!apr_atomic_read32(&writer.ended)) {
        at_hit_t hit;

        if (at_cache_find_id(writer.cache, &writer.sample[0].id,
                             &writer.sample[0].tag, &hit, pool)) {
            hits++;
            assert_true(hit.proven);
            assert_true(is_whole(&hit));
        }
        apr_pool_clear(pool);
    }
    pthread_join(writer.thread, NULL);
    assert_true(hits > 0);
}

/* Two tokens that evict each other from a full set: the others in it have uses
 * in a far future. */
typedef struct rivals_t {
    at_cache_t *cache;
    sample_t sample[2 + AT_CACHE_WAYS - 1];
    apr_uint32_t ended;
    apr_uint32_t evicted;
    apr_uint32_t wrong;
    pthread_t thread;
} rivals_t;

/* The last bit of the time says which token it belongs to. */
static int is_of(apr_int64_t when, int rival)
{
    return when == AT_TIME_NONE || (when & 1) == rival;
}

static void *take_turns(void *data)
{
    rivals_t *rivals = data;
    int i;

    for (i = 0; i < WRITES; i++) {
        at_entry_t entry = sample_entry(
            &rivals->sample[i % 2],
            at_cache_ticket(rivals->cache, &rivals->sample[i % 2].id, 5000));
        at_spot_t spot;
        at_use_t evicted;

        if (at_cache_put(rivals->cache, &entry, &spot, &evicted)) {
            rivals->evicted += evicted.when != AT_TIME_NONE;
            rivals->wrong += !is_of(evicted.when, (i + 1) % 2);
            at_cache_uses_note(rivals->cache, spot, 10000 + i);
        }
    }
    apr_atomic_set32(&rivals->ended, 1);
    return NULL;
}

static void a_reader_never_sees_the_use_of_another_token(void **state)
{
    static rivals_t rivals;
    int i;

    (void)state;
    rivals.cache = support_cache(SIZE);
    sample_make_same_set(rivals.cache, rivals.sample,
                         (int)COUNT(rivals.sample));
    for (i = 2; i < (int)COUNT(rivals.sample); i++) {
        at_cache_uses_note(rivals.cache,
                           sample_put(rivals.cache, &rivals.sample[i], 5000),
                           AT_TIME_MAX);
    }
    assert_int_equal(pthread_create(&rivals.thread, NULL, take_turns, &rivals),
                     0);
    while (!apr_atomic_read32(&rivals.ended)) {
        for (i = 0; i < 2; i++) {
            assert_true(
                is_of(at_cache_uses_of(rivals.cache, &rivals.sample[i].id), i));
        }
    }
    pthread_join(rivals.thread, NULL);
    assert_int_equal(rivals.evicted, WRITES - 1);
    assert_int_equal(rivals.wrong, 0);
}

/* One row that is put and dropped, with a new generation each time, and its
 * uses. */
typedef struct visits_t {
    at_cache_t *cache;
    _Atomic(apr_uint64_t) spot; /* generation and slot */
    apr_uint32_t ended;
    _Atomic(apr_int64_t)
        noted[0x10000]; /* the last one that was noted, by generation */
    pthread_t thread;
} visits_t;

static void *note_on(void *data)
{
    visits_t *visits = data;
    apr_int64_t when;

    for (when = 1; !apr_atomic_read32(&visits->ended); when++) {
        apr_uint64_t spot = visits->spot;
        at_spot_t there = {.slot = (apr_uint32_t)spot,
                           .generation = (apr_uint32_t)(spot >> 32)};

        if (at_cache_uses_note(visits->cache, there, when)) {
            visits->noted[there.generation] = when;
        }
    }
    return NULL;
}

#define VISITS 30000 /* two generations each */

static void a_use_that_was_noted_is_returned(void **state)
{
    static visits_t visits;
    static apr_int64_t handed[0x10000];
    sample_t sample;
    at_use_t use;
    int i;

    (void)state;
    visits.cache = support_cache(SIZE);
    sample_make(visits.cache, 1, &sample);
    visits.spot = (apr_uint64_t)0xffff << 32; /* which never happens */
    assert_int_equal(pthread_create(&visits.thread, NULL, note_on, &visits), 0);
    for (i = 0; i < VISITS; i++) {
        at_spot_t spot = sample_put(visits.cache, &sample, 5000);

        visits.spot = (apr_uint64_t)spot.generation << 32 | spot.slot;
        at_cache_uses_of(visits.cache, &sample.id); /* some time */
        at_cache_drop(visits.cache, &sample.id, &use);
        handed[spot.generation] = use.when == AT_TIME_NONE ? 0 : use.when;
    }
    apr_atomic_set32(&visits.ended, 1);
    pthread_join(visits.thread, NULL);
    for (i = 0; i < 0x10000; i++) {
        assert_true(visits.noted[i] == handed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_reader_never_sees_half_of_a_row),
        SUPPORT_TEST(a_reader_never_sees_the_use_of_another_token),
        SUPPORT_TEST(a_use_that_was_noted_is_returned),
    };

    return cmocka_run_group_tests_name("cache_tearing", tests, support_begin,
                                       support_end);
}
