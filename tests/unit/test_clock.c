/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of clocks, RFC 3339 texts and durations.
 */
#include "support.h"

#include <apr_time.h>

#include "core/token/clock.h"

static void a_time_is_written_as_rfc_3339(void **state)
{
    static const struct {
        apr_int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {999, "1970-01-01T00:00:00.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1547585908175, "2019-01-15T20:58:28.175Z"},
        {2147483648000, "2038-01-19T03:14:08.000Z"},
        {4107542399999, "2100-02-28T23:59:59.999Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {AT_TIME_MAX, "9999-12-31T23:59:59.999Z"},
    };
    char text[AT_CLOCK_TEXT_SIZE];
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        at_clock_format(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_duration_has_a_number_and_an_optional_unit(void **state)
{
    static const struct {
        const char *text;
        char unit;
        apr_int64_t seconds;
    } cases[] = {
        {"0", 's', 0},
        {"0d", 's', 0},
        {"1", 's', 1},
        {"1", 'm', 60},
        {"1", 'h', 3600},
        {"1", 'd', 86400},
        {"30s", 'd', 30},
        {"5m", 's', 300},
        {"2h", 's', 7200},
        {"365d", 's', 31536000},
        {"007s", 's', 7},
        {"36500d", 's', 3153600000},
        {"36500", 'd', 3153600000},
        {"876000h", 's', 3153600000},
        {"52560000m", 's', 3153600000},
        {"3153600000s", 'd', 3153600000},
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        apr_int64_t seconds = -7;

        assert_int_equal(
            at_clock_parse_duration(cases[i].text, cases[i].unit, &seconds),
            APR_SUCCESS);
        assert_true(seconds == cases[i].seconds);
    }
}

static void a_text_that_is_no_duration_is_refused(void **state)
{
    static const char *const cases[] = {
        "", "s", "d", "-1", "+1", " 1", "1 ", "1 s", "1ss", "1sd", "1w", "1y",
        "1S", "1D", "1.5h", "1,5h", "1e3", "0x10", "1\n", "s1", "5 parsecs",
        "never", "\xd9\xa1", "1\xc2\xa0s", "36501d", "876001h", "52560001m",
        "3153600001s", "3153600001",
        /* In 32 or 64 bits these would overflow to small numbers. */
        "4294967296s", "4294967296d", "9223372036854775807s",
        "9223372036854775808", "18446744073709551616s", "18446744073709551617",
        "213503982334602d",
        "99999999999999999999999999999999999999999999999999999999999d",
        "00000000000000000000000000000000000000000000000000000000x"};
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        apr_int64_t seconds = -7;

        if (at_clock_parse_duration(cases[i], 's', &seconds) != APR_EINVAL) {
            fail_msg("'%s' was taken for a duration", cases[i]);
        }
        assert_true(seconds == -7);
    }
}

static void a_number_without_a_unit_needs_a_known_default(void **state)
{
    apr_int64_t seconds = -7;

    (void)state;
    assert_int_equal(at_clock_parse_duration("5", 'x', &seconds), APR_EINVAL);
    assert_int_equal(at_clock_parse_duration("5", '\0', &seconds), APR_EINVAL);
    assert_true(seconds == -7);
}

static void the_wall_clock_counts_milliseconds(void **state)
{
    apr_int64_t before = apr_time_as_msec(apr_time_now());
    apr_int64_t now = at_clock_now();
    apr_int64_t after = apr_time_as_msec(apr_time_now());

    (void)state;
    assert_true(before <= now && now <= after);
}

static void the_monotonic_clock_goes_forward(void **state)
{
    apr_int64_t before = at_clock_monotonic();
    apr_int64_t after;

    (void)state;
    apr_sleep(5000);
    after = at_clock_monotonic();
    assert_true(after >= before + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_written_as_rfc_3339),
        cmocka_unit_test(a_duration_has_a_number_and_an_optional_unit),
        cmocka_unit_test(a_text_that_is_no_duration_is_refused),
        cmocka_unit_test(a_number_without_a_unit_needs_a_known_default),
        cmocka_unit_test(the_wall_clock_counts_milliseconds),
        cmocka_unit_test(the_monotonic_clock_goes_forward),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
