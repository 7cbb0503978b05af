/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of SipHash-2-4 with 128 bits: its authors' vectors, and OpenSSL's
 * results for all lengths that a token may have.
 */
#include "support.h"

#include <openssl/evp.h>

#include "core/token/siphash.h"
#include "core/token/token.h"

/* The first of the authors' vectors: of the bytes 0, 1, 2, ... */
static const char *const published[] = {
    "a3817f04ba25a8e66df67214c7550293", "da87c1d86b99af44347659119b22fc45",
    "8177228da4a45dc7fca38bdef60affe4", "9c70b60c5267a94e5f33b6b02985ed51"};

static void make_key(unsigned char key[AT_SIPHASH_KEY_SIZE], int first)
{
    int i;

    for (i = 0; i < AT_SIPHASH_KEY_SIZE; i++) {
        key[i] = (unsigned char)(first + i);
    }
}

static void the_published_vectors_are_reproduced(void **state)
{
    static const char input[] = {0, 1, 2};
    unsigned char key[AT_SIPHASH_KEY_SIZE];
    apr_size_t i, j;

    (void)state;
    make_key(key, 0);
    for (i = 0; i < COUNT(published); i++) {
        unsigned char bytes[16];
        apr_uint64_t hash[2];
        char text[33];

        at_siphash(input, i, key, hash);
        memcpy(bytes, hash, sizeof(bytes));
        for (j = 0; j < sizeof(bytes); j++) {
            apr_snprintf(text + 2 * j, 3, "%02x", bytes[j]);
        }
        assert_string_equal(text, published[i]);
    }
}

static void by_openssl(const char *text, apr_size_t length,
                       const unsigned char *key, unsigned char bytes[16])
{
    EVP_PKEY *secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_SIPHASH, NULL, key,
                                                    AT_SIPHASH_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    apr_size_t size = 16;

    assert_non_null(secret);
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, secret), 1);
    assert_int_equal(EVP_DigestSignUpdate(context, text, length), 1);
    assert_int_equal(EVP_DigestSignFinal(context, bytes, &size), 1);
    assert_int_equal(size, 16);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(secret);
}

static void every_length_is_hashed_as_openssl_does(void **state)
{
    unsigned char key[AT_SIPHASH_KEY_SIZE];
    char text[AT_TOKEN_SIZE + 8];
    apr_size_t length, i;

    (void)state;
    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char)(i * 37 + 200); /* also bytes that are negative */
    }
    for (length = 0; length <= AT_TOKEN_LENGTH_MAX; length++) {
        unsigned char bytes[16];
        apr_uint64_t hash[2];

        make_key(key, (int)length * 3);
        by_openssl(text + length % 8, length, key, bytes);
        at_siphash(text + length % 8, length, key, hash);
        assert_memory_equal(hash, bytes, sizeof(bytes));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_are_reproduced),
        cmocka_unit_test(every_length_is_hashed_as_openssl_does),
    };

    return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
