/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of displaced uses: last uses of tokens that were evicted before these
 * were written.
 */
#include "fixture_rows.h"

#include "core/cache/cache_uses.h"

#define SIZE AT_CACHE_SIZE_MIN
#define PLACES AT_CACHE_DISPLACED
#define TOKENS (PLACES + 2)

/* Tokens of one set, none of which is in the cache. */
typedef struct setting_t {
    at_cache_t *cache;
    sample_t sample[TOKENS];
    apr_pool_t *pool;
} setting_t;

static setting_t open_on(void **state)
{
    support_t *support = *state;
    setting_t setting = {.cache = support_cache(SIZE), .pool = support->pool};

    sample_make_same_set(setting.cache, setting.sample, TOKENS);
    at_cache_uses_begin_writing(setting.cache);
    return setting;
}

/* The token is put, used and evicted; its use is returned if there was no
 * place for it. */
static at_use_t displace(setting_t *setting, int number, apr_int64_t when)
{
    const sample_t *sample = &setting->sample[number];
    at_use_t use;

    assert_true(at_cache_uses_note(
        setting->cache, sample_put(setting->cache, sample, 5000), when));
    at_cache_drop(setting->cache, &sample->id, &use);
    return use;
}

static apr_int64_t last_use(const setting_t *setting, int number)
{
    return at_cache_uses_of(setting->cache, &setting->sample[number].id);
}

static void write_all(setting_t *setting)
{
    apr_array_header_t *uses =
        at_cache_uses_pending(setting->cache, AT_CACHE_USES_ALL, setting->pool);
    int i;

    for (i = 0; i < uses->nelts; i++) {
        at_cache_uses_written(setting->cache,
                              &APR_ARRAY_IDX(uses, i, at_use_t));
    }
}

static void a_displaced_use_is_found_and_pending(void **state)
{
    setting_t setting = open_on(state);
    apr_array_header_t *uses;

    assert_true(displace(&setting, 0, 7000).when == AT_TIME_NONE);
    assert_true(last_use(&setting, 0) == 7000);
    assert_true(last_use(&setting, 1) == AT_TIME_NONE);
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
    uses = at_cache_uses_pending(setting.cache, AT_CACHE_USES_DISPLACED,
                                 setting.pool);
    assert_int_equal(uses->nelts, 1);
    assert_memory_equal(&APR_ARRAY_IDX(uses, 0, at_use_t).id,
                        &setting.sample[0].id, sizeof(at_id_t));
    assert_true(APR_ARRAY_IDX(uses, 0, at_use_t).when == 7000);
    at_cache_uses_written(setting.cache, &APR_ARRAY_IDX(uses, 0, at_use_t));
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
    /* A list may have read the row before the use was written. */
    assert_true(last_use(&setting, 0) == 7000);
}

static void a_token_that_comes_back_has_two_uses(void **state)
{
    setting_t setting = open_on(state);
    at_spot_t spot;

    displace(&setting, 0, 7000);
    spot = sample_put(setting.cache, &setting.sample[0], 5000);
    assert_true(last_use(&setting, 0) == 7000);
    assert_true(at_cache_uses_note(setting.cache, spot, 8000));
    assert_true(last_use(&setting, 0) == 8000);
    assert_int_equal(at_cache_uses_count(setting.cache), 2);
    assert_int_equal(at_cache_uses_pending(
                         setting.cache, AT_CACHE_USES_DISPLACED, setting.pool)
                         ->nelts,
                     1);
    write_all(&setting);
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
}

static void a_displaced_use_is_not_replaced_by_an_earlier_one(void **state)
{
    setting_t setting = open_on(state);
    at_use_t early = {.id = setting.sample[0].id, .when = 6000};

    displace(&setting, 0, 7000);
    assert_true(displace(&setting, 0, 8000).when == AT_TIME_NONE);
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
    assert_true(last_use(&setting, 0) == 8000);
    assert_true(at_cache_uses_keep(setting.cache, &early));
    assert_true(last_use(&setting, 0) == 8000);
}

static void a_use_without_a_free_place_is_returned(void **state)
{
    setting_t setting = open_on(state);
    at_use_t late = {.id = setting.sample[PLACES].id, .when = 9000};
    at_use_t use;
    int i;

    for (i = 0; i < PLACES; i++) {
        assert_true(displace(&setting, i, 7000 + i).when == AT_TIME_NONE);
    }
    use = displace(&setting, PLACES, 8000);
    assert_true(use.when == 8000);
    assert_memory_equal(&use.id, &setting.sample[PLACES].id, sizeof(at_id_t));
    assert_false(at_cache_uses_keep(setting.cache, &late));
    assert_int_equal(at_cache_uses_count(setting.cache), PLACES);
    assert_true(displace(&setting, 3, 9000).when == AT_TIME_NONE);
    for (i = 0; i < PLACES; i++) {
        assert_true(last_use(&setting, i) == (i == 3 ? 9000 : 7000 + i));
    }
}

/* The place of the oldest use is reused first. */
static void places_of_written_uses_are_reused(void **state)
{
    setting_t setting = open_on(state);
    at_use_t old;
    int i;

    for (i = 0; i < PLACES; i++) {
        displace(&setting, i, 7000 + (i + 5) % PLACES);
    }
    old = APR_ARRAY_IDX(
        at_cache_uses_pending(setting.cache, AT_CACHE_USES_ALL, setting.pool),
        3, at_use_t);
    write_all(&setting);
    assert_true(displace(&setting, PLACES, 8000).when == AT_TIME_NONE);
    assert_true(last_use(&setting, 3) == AT_TIME_NONE);
    assert_true(last_use(&setting, 4) == 7001);
    assert_true(last_use(&setting, PLACES) == 8000);
    old.when = 9000;
    at_cache_uses_written(setting.cache,
                          &old); /* its place is that of another token */
    assert_int_equal(at_cache_uses_count(setting.cache), 1);
}

static void nearly_full_places_are_reported_once(void **state)
{
    setting_t setting = open_on(state);
    int i;

    for (i = 0; i < PLACES / 2; i++) {
        displace(&setting, i, 7000);
        assert_false(at_cache_uses_take_nearly_full(setting.cache));
    }
    displace(&setting, i, 7000);
    assert_true(at_cache_uses_take_nearly_full(setting.cache));
    assert_false(at_cache_uses_take_nearly_full(setting.cache));
    write_all(&setting);
    displace(&setting, i + 1, 7000);
    assert_false(at_cache_uses_take_nearly_full(setting.cache));
}

#define ROUNDS 50000

typedef struct watch_t {
    setting_t *setting;
    _Atomic(int) has_ended;
    int went_back;
} watch_t;

static void *watch(void *data)
{
    watch_t *watch = data;
    apr_int64_t latest = AT_TIME_NONE;

    while (!watch->has_ended) {
        apr_int64_t now = last_use(watch->setting, 0);

        watch->went_back += now < latest;
        latest = now > latest ? now : latest;
    }
    return NULL;
}

/* It is never in neither place: a process that dies then loses no use, and one
 * that reads then finds it. */
static void a_use_is_always_in_one_of_the_places_while_it_moves(void **state)
{
    setting_t setting = open_on(state);
    watch_t watching = {.setting = &setting};
    pthread_t thread;
    int i;

    assert_int_equal(pthread_create(&thread, NULL, watch, &watching), 0);
    for (i = 0; i < ROUNDS; i++) {
        displace(&setting, 0, 7000 + i);
    }
    watching.has_ended = 1;
    pthread_join(thread, NULL);
    assert_int_equal(watching.went_back, 0);
    assert_true(last_use(&setting, 0) == 7000 + ROUNDS - 1);
}

static void no_use_is_kept_if_uses_are_not_written(void **state)
{
    setting_t setting = {.cache = support_cache(SIZE)};

    (void)state;
    sample_make_same_set(setting.cache, setting.sample, TOKENS);
    assert_true(displace(&setting, 0, 7000).when == 7000);
    assert_int_equal(at_cache_uses_count(setting.cache), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_displaced_use_is_found_and_pending),
        SUPPORT_TEST(a_token_that_comes_back_has_two_uses),
        SUPPORT_TEST(a_displaced_use_is_not_replaced_by_an_earlier_one),
        SUPPORT_TEST(a_use_without_a_free_place_is_returned),
        SUPPORT_TEST(places_of_written_uses_are_reused),
        SUPPORT_TEST(nearly_full_places_are_reported_once),
        SUPPORT_TEST(a_use_is_always_in_one_of_the_places_while_it_moves),
        SUPPORT_TEST(no_use_is_kept_if_uses_are_not_written),
    };

    return cmocka_run_group_tests_name("cache_displaced", tests, support_begin,
                                       support_end);
}
