/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the only decision: is a token valid, on this evidence, at this
 * time?
 */
#include "support.h"

#include "core/token/token.h"

static at_credential_t known(void)
{
    static const char token[] = "mat_0MBUmC4MVL2No0V00TeBq6003aUlTJC7tjlCTQj2u"
                                "NU3MFagCXG9LRKRcwGkBIDlf3Km8Me";
    at_credential_t credential;

    assert_int_equal(at_token_parse(token, sizeof(token) - 1, &credential),
                     APR_SUCCESS);
    return credential;
}

static at_row_t row_of(const at_credential_t *credential)
{
    at_row_t row = {.id = credential->id,
                    .user = "alice",
                    .description = "",
                    .created_at = 1000,
                    .expires_at = AT_TIME_NONE,
                    .last_used = AT_TIME_NONE,
                    .deleted_at = AT_TIME_NONE};

    memcpy(row.hash, credential->hash, AT_HASH_SIZE);
    return row;
}

static at_verdict_e verdict_of(const at_row_t *row,
                               const at_credential_t *credential,
                               apr_int64_t now)
{
    at_terms_t terms;
    at_evidence_t evidence = {.terms = &terms,
                              .reason = row->reason,
                              .proven = at_token_proves(credential, row->hash)};

    at_terms_fill(&terms, row);
    return at_token_verdict(&evidence, now);
}

static void a_token_expires_to_the_millisecond(void **state)
{
    at_credential_t credential;
    at_row_t row;

    (void)state;
    credential = known();
    row = row_of(&credential);
    row.expires_at = 1547585908175;
    assert_int_equal(verdict_of(&row, &credential, 1547585908174),
                     AT_TOKEN_VALID);
    assert_int_equal(verdict_of(&row, &credential, 1547585908175),
                     AT_TOKEN_EXPIRED);
    assert_int_equal(verdict_of(&row, &credential, 1547585908176),
                     AT_TOKEN_EXPIRED);
    assert_int_equal(verdict_of(&row, &credential, 0), AT_TOKEN_VALID);
    row.expires_at = 0;
    assert_int_equal(verdict_of(&row, &credential, 0), AT_TOKEN_EXPIRED);
    row.expires_at = AT_TIME_NONE;
    assert_int_equal(verdict_of(&row, &credential, AT_TIME_MAX),
                     AT_TOKEN_VALID);
}

/* A client that does not know the secret learns nothing else about the row. */
static void a_verdict_names_the_first_reason(void **state)
{
    at_credential_t credential;
    at_row_t row;

    (void)state;
    credential = known();
    row = row_of(&credential);
    row.expires_at = 2000;
    assert_int_equal(verdict_of(&row, &credential, 3000), AT_TOKEN_EXPIRED);
    row.deleted_at = 1500;
    assert_int_equal(verdict_of(&row, &credential, 3000), AT_TOKEN_DELETED);
    assert_int_equal(verdict_of(&row, &credential, 1000), AT_TOKEN_DELETED);
    row.hash[AT_HASH_SIZE - 1] ^= 1;
    assert_int_equal(verdict_of(&row, &credential, 3000),
                     AT_TOKEN_WRONG_SECRET);
    row.reason = "user_name is no user name";
    assert_int_equal(verdict_of(&row, &credential, 3000), AT_TOKEN_BROKEN);
}

static void every_bit_of_the_hash_counts(void **state)
{
    at_credential_t credential;
    at_row_t row;
    int bit;

    (void)state;
    credential = known();
    row = row_of(&credential);
    for (bit = 0; bit < 8 * AT_HASH_SIZE; bit++) {
        row.hash[bit / 8] ^= 1 << bit % 8;
        assert_int_equal(verdict_of(&row, &credential, 0),
                         AT_TOKEN_WRONG_SECRET);
        row.hash[bit / 8] ^= 1 << bit % 8;
    }
    assert_int_equal(verdict_of(&row, &credential, 0), AT_TOKEN_VALID);
}

/* Code that reads the terms crashes here. */
static void the_terms_are_not_read_without_proof(void **state)
{
    at_evidence_t evidence = {.terms = NULL, .proven = 0};

    (void)state;
    assert_int_equal(at_token_verdict(&evidence, 0), AT_TOKEN_WRONG_SECRET);
    evidence.reason = "created_at is no time";
    evidence.proven = 1;
    assert_int_equal(at_token_verdict(&evidence, 0), AT_TOKEN_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_expires_to_the_millisecond),
        cmocka_unit_test(a_verdict_names_the_first_reason),
        cmocka_unit_test(every_bit_of_the_hash_counts),
        cmocka_unit_test(the_terms_are_not_read_without_proof),
    };

    return cmocka_run_group_tests_name("token_verdict", tests, NULL, NULL);
}
