/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the JSON of a token.
 */
#include "support.h"

#include <stdlib.h>

#include "core/token/json.h"
#include "core/token/token.h"

#define ID "0bc1d49f-5475-4c62-a0ba-6ad269389ada"

static at_row_t example(void)
{
    at_row_t row = {.user = "alice",
                    .description = "new token",
                    .created_at = 1547585908175,
                    .expires_at = 1579121908175,
                    .last_used = AT_TIME_NONE,
                    .deleted_at = AT_TIME_NONE};

    assert_int_equal(at_token_parse_id(ID, &row.id), APR_SUCCESS);
    memset(row.hash, 0xab, sizeof(row.hash));
    return row;
}

static void shown(const at_row_t *row, apr_int64_t now, int with_user,
                  const char *expected)
{
    json_t *token = at_json_token(row, now, with_user);
    char *text;

    assert_non_null(token);
    text = json_dumps(token, JSON_COMPACT);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    json_decref(token);
}

static void a_token_has_these_members_in_this_order(void **state)
{
    at_row_t row = example();

    (void)state;
    shown(&row, 1547585908175, 0,
          "{\"tokenId\":\"" ID "\",\"description\":\"new token\","
          "\"status\":\"Active\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":\"2020-01-15T20:58:28.175Z\",\"lastUsed\":null}");
}

static void scopes_are_a_list_if_there_are_any(void **state)
{
    at_row_t row = example();

    (void)state;
    row.scopes = "read";
    shown(&row, 1547585908175, 0,
          "{\"tokenId\":\"" ID "\",\"description\":\"new token\","
          "\"status\":\"Active\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":\"2020-01-15T20:58:28.175Z\",\"lastUsed\":null,"
          "\"scopes\":[\"read\"]}");
    row.scopes = "read repo:status";
    shown(&row, 1547585908175, 1,
          "{\"tokenId\":\"" ID "\",\"description\":\"new token\","
          "\"status\":\"Active\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":\"2020-01-15T20:58:28.175Z\",\"lastUsed\":null,"
          "\"scopes\":[\"read\",\"repo:status\"],\"user\":\"alice\"}");
}

static void a_value_that_was_never_set_is_null_or_empty(void **state)
{
    at_row_t row = example();

    (void)state;
    row.description = "";
    row.expires_at = AT_TIME_NONE;
    shown(&row, AT_TIME_MAX, 0,
          "{\"tokenId\":\"" ID "\",\"description\":\"\","
          "\"status\":\"Active\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":null,\"lastUsed\":null}");
}

static void a_token_is_expired_from_its_millisecond_on(void **state)
{
    at_row_t row = example();

    (void)state;
    row.last_used = 1579121908174;
    shown(&row, 1579121908174, 0,
          "{\"tokenId\":\"" ID "\",\"description\":\"new token\","
          "\"status\":\"Active\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":\"2020-01-15T20:58:28.175Z\","
          "\"lastUsed\":\"2020-01-15T20:58:28.174Z\"}");
    shown(&row, 1579121908175, 0,
          "{\"tokenId\":\"" ID "\",\"description\":\"new token\","
          "\"status\":\"Expired\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":\"2020-01-15T20:58:28.175Z\","
          "\"lastUsed\":\"2020-01-15T20:58:28.174Z\"}");
}

static void the_user_is_the_last_member_if_it_is_requested(void **state)
{
    at_row_t row = example();

    (void)state;
    row.description = "</script>\"\\ \xc3\xa9";
    row.expires_at = AT_TIME_NONE;
    shown(&row, 0, 1,
          "{\"tokenId\":\"" ID "\","
          "\"description\":\"</script>\\\"\\\\ \xc3\xa9\","
          "\"status\":\"Active\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":null,\"lastUsed\":null,\"user\":\"alice\"}");
}

static void a_text_that_is_not_utf8_is_shown_as_a_replacement_character(
    void **state)
{
    at_row_t row = example();

    (void)state;
    row.description = "caf\xe9";
    row.user = "\xff";
    row.expires_at = AT_TIME_NONE;
    shown(&row, 0, 1,
          "{\"tokenId\":\"" ID "\",\"description\":\"\xef\xbf\xbd\","
          "\"status\":\"Active\",\"createdAt\":\"2019-01-15T20:58:28.175Z\","
          "\"expiredAt\":null,\"lastUsed\":null,"
          "\"user\":\"\xef\xbf\xbd\"}");
}

static void a_broken_row_can_be_shown(void **state)
{
    at_row_t row = {.reason = "token_id is not a UUID"};
    json_t *token;

    (void)state;
    token = at_json_token(&row, 0, 1);
    assert_non_null(token);
    assert_int_equal(json_object_size(token), 7);
    json_decref(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_has_these_members_in_this_order),
        cmocka_unit_test(scopes_are_a_list_if_there_are_any),
        cmocka_unit_test(a_value_that_was_never_set_is_null_or_empty),
        cmocka_unit_test(a_token_is_expired_from_its_millisecond_on),
        cmocka_unit_test(the_user_is_the_last_member_if_it_is_requested),
        cmocka_unit_test(
            a_text_that_is_not_utf8_is_shown_as_a_replacement_character),
        cmocka_unit_test(a_broken_row_can_be_shown),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
