/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of outages as states: what is logged when, and when an outage is over.
 */
#include "support.h"

#include "core/cache/outage.h"

#define NOW 50000

static int note(at_outage_t *outage, apr_int64_t now, apr_uint64_t expected)
{
    apr_uint64_t refused = 1;
    int logged = at_outage_note(outage, now, &refused);

    assert_int_equal(refused, expected);
    return logged;
}

static void the_beginning_is_logged_and_then_every_ten_seconds(void **state)
{
    at_outage_t outage = {0};

    (void)state;
    assert_false(at_outage_lasts(&outage));
    assert_true(note(&outage, NOW, 1));
    assert_true(at_outage_lasts(&outage));
    assert_false(note(&outage, NOW, 2));
    assert_false(note(&outage, NOW + 9999, 3));
    assert_true(note(&outage, NOW + 10000, 4));
    assert_false(note(&outage, NOW + 19999, 5));
    assert_true(note(&outage, NOW + 20000, 6));
}

static void the_end_has_the_duration_and_the_refused_requests(void **state)
{
    at_outage_t outage = {0};
    at_outage_end_t end;

    (void)state;
    note(&outage, NOW, 1);
    note(&outage, NOW + 500, 2);
    assert_true(at_outage_over(&outage, NOW + 4000, &end));
    assert_int_equal(end.length, 4000);
    assert_int_equal(end.refused, 2);
    assert_false(at_outage_lasts(&outage));
    assert_false(at_outage_over(&outage, NOW + 4000, &end));
}

static void a_failure_that_refused_no_request_is_not_counted(void **state)
{
    at_outage_t outage = {0};
    at_outage_end_t end;
    apr_uint64_t refused = 0;

    (void)state;
    assert_true(at_outage_note(&outage, NOW, &refused));
    assert_int_equal(refused, 0);
    assert_true(at_outage_over(&outage, NOW + 1000, &end));
    assert_int_equal(end.refused, 0);
}

static void a_success_does_not_end_it_while_others_fail(void **state)
{
    at_outage_t outage = {0};
    at_outage_end_t end;
    apr_int64_t i;

    (void)state;
    assert_true(note(&outage, NOW, 1));
    for (i = 1; i < 19; i++) {
        assert_false(at_outage_over(&outage, NOW + i * 500 - 1, &end));
        assert_false(note(&outage, NOW + i * 500, (apr_uint64_t)i + 1));
    }
    assert_false(at_outage_over(&outage, NOW + 18 * 500 + 999, &end));
    assert_true(at_outage_over(&outage, NOW + 18 * 500 + 1000, &end));
}

static void a_success_from_before_it_does_not_end_it(void **state)
{
    at_outage_t outage = {0};
    at_outage_end_t end;

    (void)state;
    note(&outage, NOW, 1);
    assert_false(at_outage_over(&outage, NOW - 2000, &end));
    assert_true(at_outage_lasts(&outage));
}

static void the_next_outage_begins_at_zero(void **state)
{
    at_outage_t outage = {0};
    at_outage_end_t end;

    (void)state;
    note(&outage, NOW, 1);
    assert_true(at_outage_over(&outage, NOW + 1000, &end));
    assert_true(note(&outage, NOW + 1001, 1));
    assert_true(at_outage_over(&outage, NOW + 3001, &end));
    assert_int_equal(end.length, 2000);
    assert_int_equal(end.refused, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_beginning_is_logged_and_then_every_ten_seconds),
        cmocka_unit_test(the_end_has_the_duration_and_the_refused_requests),
        cmocka_unit_test(a_failure_that_refused_no_request_is_not_counted),
        cmocka_unit_test(a_success_does_not_end_it_while_others_fail),
        cmocka_unit_test(a_success_from_before_it_does_not_end_it),
        cmocka_unit_test(the_next_outage_begins_at_zero),
    };

    return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
