/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of reading the body of a POST: what is accepted, and each fault.
 */
#include "support.h"

#include <stdlib.h>

#include "core/token/json.h"
#include "core/token/scopes.h"
#include "core/token/text.h"

#define KEY "\xf0\x9f\x94\x91" /* U+1F511, four bytes */

/* In a buffer of exactly that length, without a terminating NUL. */
static apr_status_t parse(const char *body, apr_size_t length,
                          at_new_token_t *token, apr_array_header_t **faults,
                          apr_pool_t *p)
{
    char *copy = malloc(length ? length : 1);
    apr_status_t status;

    assert_non_null(copy);
    memcpy(copy, body, length);
    *faults = apr_array_make(p, 1, sizeof(at_fault_t));
    status = at_json_read_new_token(copy, length, token, *faults);
    free(copy);
    return status;
}

static void accepted(void **state, const char *body, apr_int64_t lifetime,
                     const char *description)
{
    support_t *support = *state;
    apr_array_header_t *faults;
    at_new_token_t token;

    if (parse(body, strlen(body), &token, &faults, support->pool)) {
        fail_msg("%s was refused: %s", body,
                 APR_ARRAY_IDX(faults, 0, at_fault_t).detail);
    }
    assert_int_equal(faults->nelts, 0);
    assert_true(token.lifetime == lifetime);
    assert_string_equal(token.description, description);
}

/* The pointers of the faults, one in a line, as they were found. */
static const char *refusal(void **state, const char *body, apr_size_t length)
{
    static const at_new_token_t untouched = {-77, "untouched", "neither"};
    support_t *support = *state;
    apr_array_header_t *faults;
    at_new_token_t token = untouched;
    const char *pointers = "";
    int i;

    if (parse(body, length, &token, &faults, support->pool) != APR_EINVAL) {
        fail_msg("%.*s was accepted", (int)length, body);
    }
    assert_true(faults->nelts > 0);
    assert_memory_equal(&token, &untouched, sizeof(token));
    for (i = 0; i < faults->nelts; i++) {
        at_fault_t *fault = &APR_ARRAY_IDX(faults, i, at_fault_t);

        assert_true(fault->detail[0] != '\0');
        pointers = apr_pstrcat(support->pool, pointers, *pointers ? "\n" : "",
                               fault->pointer, NULL);
    }
    return pointers;
}

#define REFUSED(body, pointers)                                                \
    assert_string_equal(refusal(state, body, sizeof(body) - 1), pointers)

/* The detail of the only fault must contain this text. */
static void has_detail(void **state, const char *body, const char *part)
{
    support_t *support = *state;
    apr_array_header_t *faults;
    at_new_token_t token;

    assert_int_equal(parse(body, strlen(body), &token, &faults, support->pool),
                     APR_EINVAL);
    assert_int_equal(faults->nelts, 1);
    if (!strstr(APR_ARRAY_IDX(faults, 0, at_fault_t).detail, part)) {
        fail_msg("'%s' does not say '%s'",
                 APR_ARRAY_IDX(faults, 0, at_fault_t).detail, part);
    }
}

static void all_members_are_optional(void **state)
{
    accepted(state, "{}", AT_JSON_LIFETIME_DEFAULT, "");
    accepted(state, " \t\r\n{ } \n", AT_JSON_LIFETIME_DEFAULT, "");
    accepted(state, "{\"description\":\"nightly export\"}",
             AT_JSON_LIFETIME_DEFAULT, "nightly export");
    accepted(state, "{\"lifetimeSeconds\":31536000}", 31536000, "");
    accepted(state, "{\"description\":\"\",\"lifetimeSeconds\":60}", 60, "");
}

static void whole_lifetimes_are_accepted(void **state)
{
    accepted(state, "{\"lifetimeSeconds\":1}", 1, "");
    accepted(state, "{\"lifetimeSeconds\":-1}", AT_JSON_LIFETIME_NEVER, "");
    accepted(state, "{\"lifetimeSeconds\":-1.0}", AT_JSON_LIFETIME_NEVER, "");
    accepted(state, "{\"lifetimeSeconds\":100.0}", 100, "");
    accepted(state, "{\"lifetimeSeconds\":1e2}", 100, "");
    accepted(state, "{\"lifetimeSeconds\":1E+2}", 100, "");
    accepted(state, "{\"lifetimeSeconds\":5000e-3}", 5, "");
    accepted(state, "{\"lifetimeSeconds\":253402300799}", 253402300799, "");
}

static void other_lifetimes_are_refused(void **state)
{
    static const char *const values[] = {"0",
                                         "-0",
                                         "0.0",
                                         "-2",
                                         "-1.5",
                                         "1.5",
                                         "0.5",
                                         "\"5\"",
                                         "\"\"",
                                         "true",
                                         "false",
                                         "null",
                                         "[1]",
                                         "{\"a\":1}",
                                         "[]",
                                         "{}",
                                         "1e300",
                                         "-1e300",
                                         "1e-300",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "-9223372036854775809",
                                         "18446744073709551617",
                                         "253402300800",
                                         "1.0000000000000002"};
    support_t *support = *state;
    apr_size_t i;

    for (i = 0; i < COUNT(values); i++) {
        const char *body = apr_pstrcat(
            support->pool, "{\"lifetimeSeconds\":", values[i], "}", NULL);

        assert_string_equal(refusal(state, body, strlen(body)),
                            "#/lifetimeSeconds");
    }
    has_detail(state, "{\"lifetimeSeconds\":\"5\"}", "number");
    has_detail(state, "{\"lifetimeSeconds\":1.5}", "whole number");
    has_detail(state, "{\"lifetimeSeconds\":1e300}", "too large");
}

static void numbers_out_of_range_are_refused(void **state)
{
    support_t *support = *state;
    char *digits = apr_palloc(support->pool, 100001);
    const char *body;

    REFUSED("{\"lifetimeSeconds\":1e400}", "#");
    REFUSED("{\"lifetimeSeconds\":-1e400}", "#");
    memset(digits, '9', 100000);
    digits[100000] = '\0';
    body =
        apr_pstrcat(support->pool, "{\"lifetimeSeconds\":", digits, "}", NULL);
    assert_string_equal(refusal(state, body, strlen(body)), "#");
}

static void a_description_is_text(void **state)
{
    support_t *support = *state;
    const char *most = "", *more;
    int i;

    for (i = 0; i < AT_TEXT_DESCRIPTION_MAX; i++) {
        most = apr_pstrcat(support->pool, most, KEY, NULL);
    }
    more =
        apr_pstrcat(support->pool, "{\"description\":\"", most, "x\"}", NULL);
    accepted(
        state,
        apr_pstrcat(support->pool, "{\"description\":\"", most, "\"}", NULL),
        AT_JSON_LIFETIME_DEFAULT, most);
    assert_string_equal(refusal(state, more, strlen(more)), "#/description");
    accepted(state,
             "{\"description\":\"\\u00e9 \\ud83d\\udd11 \\\" \\/ <b>%s\"}",
             AT_JSON_LIFETIME_DEFAULT, "\xc3\xa9 " KEY " \" / <b>%s");
    REFUSED("{\"description\":null}", "#/description");
    REFUSED("{\"description\":5}", "#/description");
    REFUSED("{\"description\":true}", "#/description");
    REFUSED("{\"description\":[\"a\"]}", "#/description");
    REFUSED("{\"description\":\"a\\nb\"}", "#/description");
    REFUSED("{\"description\":\"a\\u001fb\"}", "#/description");
    REFUSED("{\"description\":\"a\\u007fb\"}", "#/description");
    REFUSED("{\"description\":\"a\\u0085b\"}", "#/description");
    has_detail(state, "{\"description\":\"a\\tb\"}", "control character");
    has_detail(state, "{\"description\":7}", "string");
}

static void scopes_are_a_list_of_words(void **state)
{
    support_t *support = *state;
    static const char body[] = "{\"scopes\":[\"read\",\"write\",\"read\"]}";
    const char *many = "{\"scopes\":[\"a\"";
    apr_array_header_t *faults;
    at_new_token_t token;
    int i;

    assert_int_equal(parse(body, strlen(body), &token, &faults, support->pool),
                     APR_SUCCESS);
    assert_string_equal(token.scopes, "read write");
    for (i = 1; i <= AT_SCOPES_MAX; i++) {
        many = apr_pstrcat(support->pool, many, ",\"a\"", NULL);
    }
    many = apr_pstrcat(support->pool, many, "]}", NULL);
    assert_int_equal(parse("{}", 2, &token, &faults, support->pool),
                     APR_SUCCESS);
    assert_null(token.scopes);
    assert_string_equal(refusal(state, many, strlen(many)), "#/scopes");
    REFUSED("{\"scopes\":[]}", "#/scopes");
    REFUSED("{\"scopes\":\"read\"}", "#/scopes");
    REFUSED("{\"scopes\":{\"read\":1}}", "#/scopes");
    REFUSED("{\"scopes\":[\"read\",\"\"]}", "#/scopes/1");
    REFUSED("{\"scopes\":[\"read write\"]}", "#/scopes/0");
    REFUSED("{\"scopes\":[1,\"a\",\"b\\\"\",null]}",
            "#/scopes/0\n#/scopes/2\n#/scopes/3");
    REFUSED("{\"scopes\":[\"\\u00e9\"]}", "#/scopes/0");
    has_detail(state, "{\"scopes\":[]}", "at least one");
}

static void name_is_accepted_if_there_is_no_description(void **state)
{
    accepted(state, "{\"name\":\"later\"}", AT_JSON_LIFETIME_DEFAULT, "later");
    accepted(state, "{\"name\":\"later\",\"description\":\"d\"}",
             AT_JSON_LIFETIME_DEFAULT, "d");
    accepted(state, "{\"description\":\"d\",\"name\":\"later\"}",
             AT_JSON_LIFETIME_DEFAULT, "d");
    accepted(state, "{\"name\":\"later\",\"description\":\"\"}",
             AT_JSON_LIFETIME_DEFAULT, "");
    REFUSED("{\"name\":5,\"description\":\"d\"}", "#/name");
    REFUSED("{\"name\":\"a\\nb\"}", "#/name");
}

static void unknown_members_are_refused_by_name(void **state)
{
    REFUSED("{\"lifetimeSecond\":60}", "#/lifetimeSecond");
    REFUSED("{\"LifetimeSeconds\":60}", "#/LifetimeSeconds");
    REFUSED("{\"lifetimeSeconds \":60}", "#/lifetimeSeconds%20");
    REFUSED("{\"\":1}", "#/");
    REFUSED("{\"a~b\":1}", "#/a~0b");
    REFUSED("{\"a/b\":1}", "#/a~1b");
    REFUSED("{\"~1\":1}", "#/~01");
    REFUSED("{\"50%\":1}", "#/50%25");
    REFUSED("{\"a b\":1}", "#/a%20b");
    REFUSED("{\"a\\\"b\":1}", "#/a%22b");
    REFUSED("{\"a\\nb\":1}", "#/a%0Ab");
    REFUSED("{\"\xc3\xa9\":1}", "#/%C3%A9");
    REFUSED("{\"\\ud83d\\udd11\":1}", "#/%F0%9F%94%91");
    has_detail(state, "{\"lifetimeSecond\":60}", "'lifetimeSecond'");
}

static void every_fault_is_reported(void **state)
{
    REFUSED("{\"lifetimeSeconds\":0,\"description\":1,\"name\":2,\"x\":3}",
            "#/lifetimeSeconds\n#/description\n#/name\n#/x");
}

static void duplicate_members_are_refused(void **state)
{
    REFUSED("{\"lifetimeSeconds\":1,\"lifetimeSeconds\":1}", "#");
    REFUSED("{\"description\":\"a\",\"description\":\"b\"}", "#");
    REFUSED("{\"name\":\"a\",\"n\\u0061me\":\"b\"}", "#");
}

static void a_body_that_is_no_json_object_is_refused(void **state)
{
    REFUSED("", "#");
    REFUSED(" ", "#");
    REFUSED("[]", "#");
    REFUSED("[{\"lifetimeSeconds\":1}]", "#");
    REFUSED("1", "#");
    REFUSED("\"text\"", "#");
    REFUSED("null", "#");
    REFUSED("{", "#");
    REFUSED("{\"description\":\"a\"", "#");
    REFUSED("{\"description\":\"a", "#");
    REFUSED("{\"description\":\"a\",}", "#");
    REFUSED("{'description':'a'}", "#");
    REFUSED("{description:1}", "#");
    REFUSED("{\"lifetimeSeconds\":01}", "#");
    REFUSED("{\"lifetimeSeconds\":+1}", "#");
    REFUSED("{\"lifetimeSeconds\":0x10}", "#");
    REFUSED("{\"lifetimeSeconds\":NaN}", "#");
    REFUSED("{\"lifetimeSeconds\":Infinity}", "#");
    REFUSED("{} {}", "#");
    REFUSED("{}x", "#");
    REFUSED("{}\0", "#");
    REFUSED("\0{}", "#");
    REFUSED("\xef\xbb\xbf{}", "#"); /* a byte order mark */
    REFUSED("{\0}", "#");
    REFUSED("/* comment */{}", "#");
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
    REFUSED("{\"description\":\"a\\u0000b\"}", "#");
    REFUSED("{\"a\\u0000b\":1}", "#");
    REFUSED("{\"description\":\"a\0b\"}", "#");
    REFUSED("{\"description\":\"\xff\"}", "#");
    REFUSED("{\"description\":\"\xc0\x80\"}", "#");
    REFUSED("{\"description\":\"\xed\xa0\x80\"}", "#");
    REFUSED("{\"description\":\"\\ud83d\"}", "#");
    REFUSED("{\"description\":\"\\udd11\"}", "#");
    REFUSED("{\"caf\xe9\":1}", "#");
    REFUSED("\xe2\x82", "#");
}

/* The text of a response must itself be good JSON. */
static void every_detail_is_utf8(void **state)
{
    static const char *const bodies[] = {"{\"description\":\"\xff\"}",
                                         "\xe2\x82",
                                         "{\"\xf0\x9f",
                                         "{\"a\\nb\":1}",
                                         "{\"a\\u0085b\":1}",
                                         "nonsense\x01\x02"};
    support_t *support = *state;
    apr_size_t i;

    for (i = 0; i < COUNT(bodies); i++) {
        apr_array_header_t *faults;
        json_t *string;
        at_new_token_t token;

        assert_int_equal(
            parse(bodies[i], strlen(bodies[i]), &token, &faults, support->pool),
            APR_EINVAL);
        string = json_string(APR_ARRAY_IDX(faults, 0, at_fault_t).detail);
        assert_non_null(string);
        json_decref(string);
    }
}

static void deep_nesting_is_refused(void **state)
{
    static const char *const openings[] = {"[", "{\"a\":"};
    support_t *support = *state;
    apr_size_t i, j;

    for (i = 0; i < COUNT(openings); i++) {
        apr_size_t length = strlen(openings[i]);
        char *body = apr_palloc(support->pool, 100000 * length);

        for (j = 0; j < 100000; j++) {
            memcpy(body + j * length, openings[i], length);
        }
        assert_string_equal(refusal(state, body, 100000 * length), "#");
    }
}

static void many_members_are_read(void **state)
{
    support_t *support = *state;
    char *body = apr_palloc(support->pool, 20000);
    apr_size_t length = 0;
    int i;

    for (i = 0; i < 1000; i++) {
        length += apr_snprintf(body + length, 20, "%c\"m%d\":%d", i ? ',' : '{',
                               i, i);
    }
    body[length++] = '}';
    assert_non_null(strstr(refusal(state, body, length), "#/m0\n#/m1\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(all_members_are_optional),
        SUPPORT_TEST(whole_lifetimes_are_accepted),
        SUPPORT_TEST(other_lifetimes_are_refused),
        SUPPORT_TEST(numbers_out_of_range_are_refused),
        SUPPORT_TEST(a_description_is_text),
        SUPPORT_TEST(scopes_are_a_list_of_words),
        SUPPORT_TEST(name_is_accepted_if_there_is_no_description),
        SUPPORT_TEST(unknown_members_are_refused_by_name),
        SUPPORT_TEST(every_fault_is_reported),
        SUPPORT_TEST(duplicate_members_are_refused),
        SUPPORT_TEST(a_body_that_is_no_json_object_is_refused),
        SUPPORT_TEST(bytes_that_are_not_utf8_are_refused),
        SUPPORT_TEST(every_detail_is_utf8),
        SUPPORT_TEST(deep_nesting_is_refused),
        SUPPORT_TEST(many_members_are_read),
    };

    return cmocka_run_group_tests_name("json_new_token", tests, support_begin,
                                       support_end);
}
