/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the last-used queue in the memory of one process.
 */
#include "support.h"

#include "core/jobs/lastused_queue.h"

static at_use_t use_of(apr_pool_t *p, int number, apr_int64_t when)
{
    return (at_use_t){.id = support_row(p, number)->id, .when = when};
}

/* The use was copied, and while it is written the token is used again. */
static void a_use_stays_until_the_latest_is_in_the_table(void **state)
{
    support_t *support = *state;
    at_lastused_queue_t *lastused = at_lastused_queue_open(support->pool);
    at_use_t early = use_of(support->pool, 1, 5000);
    at_use_t late = use_of(support->pool, 1, 6000);
    apr_array_header_t *uses =
        apr_array_make(support->pool, 1, sizeof(at_use_t));

    assert_true(at_lastused_queue_note(lastused, &early));
    at_lastused_queue_copy(lastused, uses);
    assert_int_equal(uses->nelts, 1);
    assert_int_equal(APR_ARRAY_IDX(uses, 0, at_use_t).spot.slot, AT_SPOT_NONE);
    assert_true(at_lastused_queue_note(lastused, &late));
    at_lastused_queue_remove(lastused, &early);
    assert_int_equal(at_lastused_queue_count(lastused), 1);
    assert_true(at_lastused_queue_of(lastused, &early.id) == 6000);
    at_lastused_queue_remove(lastused, &late);
    assert_int_equal(at_lastused_queue_count(lastused), 0);
    assert_true(at_lastused_queue_of(lastused, &early.id) == AT_TIME_NONE);
}

static void the_queue_is_bounded(void **state)
{
    support_t *support = *state;
    at_lastused_queue_t *lastused = at_lastused_queue_open(support->pool);
    at_use_t use = use_of(support->pool, 1, 5000);
    apr_uint32_t i;

    for (i = 0; i < 65536; i++) {
        memcpy(use.id.data, &i, sizeof(i));
        assert_true(at_lastused_queue_note(lastused, &use));
    }
    use.when = 6000; /* of a token that has a use in the queue */
    assert_true(at_lastused_queue_note(lastused, &use));
    assert_true(at_lastused_queue_of(lastused, &use.id) == 6000);
    memcpy(use.id.data, &i, sizeof(i));
    assert_false(at_lastused_queue_note(lastused, &use));
    i--;
    memcpy(use.id.data, &i, sizeof(i));
    at_lastused_queue_remove(lastused, &use);
    use.id.data[8] ^= 1; /* another use gets the place */
    assert_true(at_lastused_queue_note(lastused, &use));
    assert_int_equal(at_lastused_queue_count(lastused), 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_use_stays_until_the_latest_is_in_the_table),
        SUPPORT_TEST(the_queue_is_bounded),
    };

    return cmocka_run_group_tests_name("lastused_queue", tests, support_begin,
                                       support_end);
}
