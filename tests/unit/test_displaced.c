/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of last uses whose tokens had to leave the cache before they were written.
 */
#include "goods.h"

#include "core/uses.h"

#define SIZE AT_SHELF_LEAST
#define PLACES AT_SHELF_DISPLACED
#define TOKENS (PLACES + 2)

/* Tokens of one set, none of which is there. */
typedef struct setting_t {
    at_shelf_t *shelf;
    goods_t goods[TOKENS];
    apr_pool_t *pool;
} setting_t;

static setting_t open_on(void **state)
{
    support_t *support = *state;
    setting_t setting = {.shelf = support_shelf(SIZE), .pool = support->pool};

    goods_make_neighbours(setting.shelf, setting.goods, TOKENS);
    at_uses_begin_writing(setting.shelf);
    return setting;
}

/* It comes, is used and has to go; the use that found no place is handed out. */
static at_use_t displace(setting_t *setting, int number, apr_int64_t when)
{
    const goods_t *goods = &setting->goods[number];
    at_use_t use;

    assert_true(at_uses_note(setting->shelf,
                             goods_put(setting->shelf, goods, 5000), when));
    at_shelf_drop(setting->shelf, &goods->id, &use);
    return use;
}

static apr_int64_t last_use(const setting_t *setting, int number)
{
    return at_uses_of(setting->shelf, &setting->goods[number].id);
}

static void write_all(setting_t *setting)
{
    apr_array_header_t *uses =
        at_uses_pending(setting->shelf, AT_USES_ALL, setting->pool);
    int i;

    for (i = 0; i < uses->nelts; i++) {
        at_uses_written(setting->shelf, &APR_ARRAY_IDX(uses, i, at_use_t));
    }
}

static void a_displaced_use_is_known_and_pending(void **state)
{
    setting_t setting = open_on(state);
    apr_array_header_t *uses;

    assert_true(displace(&setting, 0, 7000).when == AT_TIME_NONE);
    assert_true(last_use(&setting, 0) == 7000);
    assert_true(last_use(&setting, 1) == AT_TIME_NONE);
    assert_int_equal(at_uses_count(setting.shelf), 1);
    uses = at_uses_pending(setting.shelf, AT_USES_DISPLACED, setting.pool);
    assert_int_equal(uses->nelts, 1);
    assert_memory_equal(&APR_ARRAY_IDX(uses, 0, at_use_t).id,
                        &setting.goods[0].id, sizeof(at_id_t));
    assert_true(APR_ARRAY_IDX(uses, 0, at_use_t).when == 7000);
    at_uses_written(setting.shelf, &APR_ARRAY_IDX(uses, 0, at_use_t));
    assert_int_equal(at_uses_count(setting.shelf), 0);
    /* A list may have read the row before it was written. */
    assert_true(last_use(&setting, 0) == 7000);
}

static void a_token_that_comes_back_has_two_uses(void **state)
{
    setting_t setting = open_on(state);
    at_spot_t spot;

    displace(&setting, 0, 7000);
    spot = goods_put(setting.shelf, &setting.goods[0], 5000);
    assert_true(last_use(&setting, 0) == 7000);
    assert_true(at_uses_note(setting.shelf, spot, 8000));
    assert_true(last_use(&setting, 0) == 8000);
    assert_int_equal(at_uses_count(setting.shelf), 2);
    assert_int_equal(
        at_uses_pending(setting.shelf, AT_USES_DISPLACED, setting.pool)->nelts,
        1);
    write_all(&setting);
    assert_int_equal(at_uses_count(setting.shelf), 0);
}

static void a_displaced_use_does_not_go_back(void **state)
{
    setting_t setting = open_on(state);
    at_use_t early = {.id = setting.goods[0].id, .when = 6000};

    displace(&setting, 0, 7000);
    assert_true(displace(&setting, 0, 8000).when == AT_TIME_NONE);
    assert_int_equal(at_uses_count(setting.shelf), 1);
    assert_true(last_use(&setting, 0) == 8000);
    assert_true(at_uses_keep(setting.shelf, &early));
    assert_true(last_use(&setting, 0) == 8000);
}

static void what_finds_no_place_is_handed_out(void **state)
{
    setting_t setting = open_on(state);
    at_use_t late = {.id = setting.goods[PLACES].id, .when = 9000};
    at_use_t use;
    int i;

    for (i = 0; i < PLACES; i++) {
        assert_true(displace(&setting, i, 7000 + i).when == AT_TIME_NONE);
    }
    use = displace(&setting, PLACES, 8000);
    assert_true(use.when == 8000);
    assert_memory_equal(&use.id, &setting.goods[PLACES].id, sizeof(at_id_t));
    assert_false(at_uses_keep(setting.shelf, &late));
    assert_int_equal(at_uses_count(setting.shelf), PLACES);
    assert_true(displace(&setting, 3, 9000).when == AT_TIME_NONE);
    for (i = 0; i < PLACES; i++) {
        assert_true(last_use(&setting, i) == (i == 3 ? 9000 : 7000 + i));
    }
}

/* The place of the one that was used longest ago is the first to be used again. */
static void written_ones_make_room(void **state)
{
    setting_t setting = open_on(state);
    at_use_t old;
    int i;

    for (i = 0; i < PLACES; i++) {
        displace(&setting, i, 7000 + (i + 5) % PLACES);
    }
    old = APR_ARRAY_IDX(
        at_uses_pending(setting.shelf, AT_USES_ALL, setting.pool), 3, at_use_t);
    write_all(&setting);
    assert_true(displace(&setting, PLACES, 8000).when == AT_TIME_NONE);
    assert_true(last_use(&setting, 3) == AT_TIME_NONE);
    assert_true(last_use(&setting, 4) == 7001);
    assert_true(last_use(&setting, PLACES) == 8000);
    old.when = 9000;
    at_uses_written(setting.shelf, &old); /* that place is another token's */
    assert_int_equal(at_uses_count(setting.shelf), 1);
}

static void little_room_is_told_once(void **state)
{
    setting_t setting = open_on(state);
    int i;

    for (i = 0; i < PLACES / 2; i++) {
        displace(&setting, i, 7000);
        assert_false(at_uses_take_crowd(setting.shelf));
    }
    displace(&setting, i, 7000);
    assert_true(at_uses_take_crowd(setting.shelf));
    assert_false(at_uses_take_crowd(setting.shelf));
    write_all(&setting);
    displace(&setting, i + 1, 7000);
    assert_false(at_uses_take_crowd(setting.shelf));
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

/* At no moment is it in neither place: whoever dies then, or looks, finds it. */
static void a_use_is_never_away_while_it_moves(void **state)
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

static void nothing_is_kept_where_nothing_is_written(void **state)
{
    setting_t setting = {.shelf = support_shelf(SIZE)};

    (void)state;
    goods_make_neighbours(setting.shelf, setting.goods, TOKENS);
    assert_true(displace(&setting, 0, 7000).when == 7000);
    assert_int_equal(at_uses_count(setting.shelf), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_displaced_use_is_known_and_pending),
        SUPPORT_TEST(a_token_that_comes_back_has_two_uses),
        SUPPORT_TEST(a_displaced_use_does_not_go_back),
        SUPPORT_TEST(what_finds_no_place_is_handed_out),
        SUPPORT_TEST(written_ones_make_room),
        SUPPORT_TEST(little_room_is_told_once),
        SUPPORT_TEST(a_use_is_never_away_while_it_moves),
        SUPPORT_TEST(nothing_is_kept_where_nothing_is_written),
    };

    return cmocka_run_group_tests_name("displaced", tests, support_begin,
                                       support_end);
}
