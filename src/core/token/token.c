/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mints tokens, parses them and decides whether they are valid. The security
 * of the product depends on this file and on auth.c.
 *
 * Typos and junk fail the check digits, before anything is hashed or looked
 * up. The id names the row; only the hash of the whole text proves the secret.
 */
#include "core/token/token.h"

#include <pthread.h>
#include <string.h>

#include <apr_lib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "core/token/hex.h"

#define ID_DIGITS AT_TOKEN_ID_DIGITS
#define SECRET_DIGITS 43
#define CHECK_DIGITS 6
#define BODY_DIGITS (ID_DIGITS + SECRET_DIGITS + CHECK_DIGITS)

#define ID_SIZE 16
#define SECRET_SIZE 32

#define PREFIX_MIN 2
#define PREFIX_MAX 31

_Static_assert(PREFIX_MIN + 1 + BODY_DIGITS == AT_TOKEN_LENGTH_MIN &&
                   PREFIX_MAX + 1 + BODY_DIGITS == AT_TOKEN_LENGTH_MAX,
               "a prefix, an underscore and the digits");

static const char base62[] = "0123456789"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz";

#define NONE 64 /* not a digit */

/* The value of each character as a digit, from '0' to 'z'. */
static const unsigned char digit_values['z' - '0' + 1] = {
    0,    1,    2,    3,    4,    5,    6,  7,  8,  9,  NONE,
    NONE, NONE, NONE, NONE, NONE, NONE, 10, 11, 12, 13, 14,
    15,   16,   17,   18,   19,   20,   21, 22, 23, 24, 25,
    26,   27,   28,   29,   30,   31,   32, 33, 34, 35, NONE,
    NONE, NONE, NONE, NONE, NONE, 36,   37, 38, 39, 40, 41,
    42,   43,   44,   45,   46,   47,   48, 49, 50, 51, 52,
    53,   54,   55,   56,   57,   58,   59, 60, 61};

static unsigned int digit_value(char c)
{
    unsigned int at = (unsigned char)c - (unsigned int)'0';

    return at < sizeof(digit_values) ? digit_values[at] : NONE;
}

/* A big-endian number of at most 32 bytes, left-padded to `width` digits. */
static void encode(const unsigned char *number, apr_size_t size, char *digits,
                   apr_size_t width)
{
    unsigned char rest[SECRET_SIZE];
    apr_size_t i;

    memcpy(rest, number, size);
    while (width-- > 0) {
        unsigned int remainder = 0;

        for (i = 0; i < size; i++) {
            unsigned int part = remainder << 8 | rest[i];

            rest[i] = (unsigned char)(part / 62);
            remainder = part % 62;
        }
        digits[width] = base62[remainder];
    }
    OPENSSL_cleanse(rest, sizeof(rest));
}

/* The alphabet is in the order of ASCII, so numbers compare like texts. These
 * are the largest ones: 2^128 - 1 and 2^256 - 1. */
static const char id_max[] = "7n42DGM5Tflk9n8mt7Fhc7";
static const char secret_max[] = "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1";

static int fits(const char *digits, int count, const char *max)
{
    unsigned int wrong = 0;
    int i;

    for (i = 0; i < count; i++) {
        wrong |= digit_value(digits[i]);
    }
    return !(wrong & NONE) && memcmp(digits, max, (size_t)count) <= 0;
}

/* An id is computed as four limbs of 32 bits, the most significant first. Five
 * digits at a time fit into a limb; the first two are left over. */
#define LIMBS 4
#define FIVE_DIGITS 916132832u /* 62 to the power of 5 */
#define FIRST_DIGITS 2

/* limbs = limbs * FIVE_DIGITS + number */
static void append(apr_uint32_t limbs[LIMBS], apr_uint32_t number)
{
    apr_uint64_t carry = number;
    int i;

    for (i = LIMBS; i-- > 0; carry >>= 32) {
        carry += (apr_uint64_t)limbs[i] * FIVE_DIGITS;
        limbs[i] = (apr_uint32_t)carry;
    }
}

/* limbs = limbs / FIVE_DIGITS; returns the remainder. */
static apr_uint32_t split(apr_uint32_t limbs[LIMBS])
{
    apr_uint64_t rest = 0;
    int i;

    for (i = 0; i < LIMBS; i++) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (apr_uint32_t)(rest / FIVE_DIGITS);
        rest %= FIVE_DIGITS;
    }
    return (apr_uint32_t)rest;
}

static apr_uint32_t decode_some(const char *digits, int count)
{
    apr_uint32_t sum = 0;
    int i;

    for (i = 0; i < count; i++) {
        sum = sum * 62 + digit_value(digits[i]);
    }
    return sum;
}

static void encode_some(apr_uint32_t number, char *digits, int count)
{
    while (count-- > 0) {
        digits[count] = base62[number % 62];
        number /= 62;
    }
}

static void decode_id(const char *digits, at_id_t *id)
{
    apr_uint32_t limbs[LIMBS] = {0};
    int i;

    limbs[LIMBS - 1] = decode_some(digits, FIRST_DIGITS);
    for (i = FIRST_DIGITS; i < ID_DIGITS; i += 5) {
        append(limbs, decode_some(digits + i, 5));
    }
    for (i = 0; i < ID_SIZE; i++) {
        id->data[i] = (unsigned char)(limbs[i / 4] >> (24 - i % 4 * 8));
    }
}

/* CRC-32 as in zlib, four bits at a time, so that the table is one cache
 * line. */
static apr_uint32_t crc32_of(const char *text, apr_size_t length)
{
    static const apr_uint32_t step[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    apr_uint32_t crc = 0xffffffff;
    apr_size_t i;

    for (i = 0; i < length; i++) {
        crc ^= (unsigned char)text[i];
        crc = crc >> 4 ^ step[crc & 15];
        crc = crc >> 4 ^ step[crc & 15];
    }
    return ~crc;
}

static void write_check(const char *text, apr_size_t length,
                        char check[CHECK_DIGITS])
{
    encode_some(crc32_of(text, length), check, CHECK_DIGITS);
}

/* Fetched once: otherwise OpenSSL looks the algorithm up by its name each
 * time, which takes longer than hashing. */
static EVP_MD *sha256;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *algorithm(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, fetch_sha256);
    return sha256 ? sha256 : EVP_sha256();
}

static apr_status_t hash_of(const char *text, apr_size_t length,
                            unsigned char hash[AT_HASH_SIZE])
{
    return EVP_Digest(text, length, hash, NULL, algorithm(), NULL) == 1
               ? APR_SUCCESS
               : APR_EGENERAL;
}

int at_token_is_prefix(const char *text, apr_size_t length)
{
    apr_size_t i;

    if (length < PREFIX_MIN || length > PREFIX_MAX || !apr_isalpha(text[0])) {
        return 0;
    }
    for (i = 1; i < length; i++) {
        if (!apr_isalnum(text[i]) && text[i] != '_') {
            return 0;
        }
    }
    return 1;
}

/* RFC 9562, 5.4: a random UUID has version 4 and variant 10. */
static void mark_version4(at_id_t *id)
{
    id->data[6] = (id->data[6] & 0x0f) | 0x40;
    id->data[8] = (id->data[8] & 0x3f) | 0x80;
}

apr_status_t at_token_mint(const char *prefix, char text[AT_TOKEN_SIZE],
                           at_credential_t *credential)
{
    unsigned char secret[SECRET_SIZE];
    apr_size_t at = strlen(prefix);
    apr_status_t status = AT_ENORANDOM;

    if (RAND_bytes(credential->id.data, ID_SIZE) != 1 ||
        RAND_bytes(secret, sizeof(secret)) != 1) {
        goto done;
    }
    mark_version4(&credential->id);
    memcpy(text, prefix, at);
    text[at++] = '_';
    at_token_write_digits(&credential->id, text + at);
    encode(secret, sizeof(secret), text + at + ID_DIGITS, SECRET_DIGITS);
    at += ID_DIGITS + SECRET_DIGITS;
    write_check(text, at, text + at);
    at += CHECK_DIGITS;
    text[at] = '\0';
    status = hash_of(text, at, credential->hash);
done:
    OPENSSL_cleanse(secret, sizeof(secret));
    return status;
}

const char *at_token_find_digits(const char *text, apr_size_t length)
{
    if (length <= BODY_DIGITS || text[length - BODY_DIGITS - 1] != '_') {
        return NULL;
    }
    return text + length - BODY_DIGITS;
}

void at_token_write_digits(const at_id_t *id, char digits[AT_TOKEN_ID_DIGITS])
{
    apr_uint32_t limbs[LIMBS] = {0};
    int i;

    for (i = 0; i < ID_SIZE; i++) {
        limbs[i / 4] = limbs[i / 4] << 8 | id->data[i];
    }
    for (i = ID_DIGITS - 5; i >= FIRST_DIGITS; i -= 5) {
        encode_some(split(limbs), digits + i, 5);
    }
    encode_some(limbs[LIMBS - 1], digits, FIRST_DIGITS);
}

static int has_shape(const char *text, apr_size_t length)
{
    apr_size_t prefix;

    if (length < BODY_DIGITS + 1) {
        return 0;
    }
    prefix = length - BODY_DIGITS - 1;
    return text[prefix] == '_' && at_token_is_prefix(text, prefix);
}

static int has_check(const char *text, apr_size_t length)
{
    char check[CHECK_DIGITS];
    apr_size_t covered = length - CHECK_DIGITS;

    write_check(text, covered, check);
    return memcmp(check, text + covered, CHECK_DIGITS) == 0;
}

apr_status_t at_token_parse(const char *text, apr_size_t length,
                            at_credential_t *credential)
{
    const char *body;

    if (!has_shape(text, length) || !has_check(text, length)) {
        return APR_EINVAL;
    }
    body = text + length - BODY_DIGITS;
    if (!fits(body, ID_DIGITS, id_max) ||
        !fits(body + ID_DIGITS, SECRET_DIGITS, secret_max)) {
        return APR_EINVAL;
    }
    decode_id(body, &credential->id);
    return hash_of(text, length, credential->hash);
}

int at_token_proves(const at_credential_t *credential,
                    const unsigned char hash[AT_HASH_SIZE])
{
    return CRYPTO_memcmp(hash, credential->hash, AT_HASH_SIZE) == 0;
}

int at_token_expired(apr_int64_t expires_at, apr_int64_t now)
{
    return expires_at != AT_TIME_NONE && now >= expires_at;
}

at_verdict_e at_token_verdict(const at_evidence_t *evidence, apr_int64_t now)
{
    if (evidence->reason) {
        return AT_TOKEN_BROKEN;
    }
    if (!evidence->proven) {
        return AT_TOKEN_WRONG_SECRET;
    }
    if (evidence->terms->deleted_at != AT_TIME_NONE) {
        return AT_TOKEN_DELETED;
    }
    return at_token_expired(evidence->terms->expires_at, now) ? AT_TOKEN_EXPIRED
                                                              : AT_TOKEN_VALID;
}

/* Bytes of the groups between the hyphens of a UUID (RFC 9562, 4). */
static const int groups[] = {4, 2, 2, 2, 6};

void at_token_format_id(const at_id_t *id, char text[AT_TOKEN_ID_SIZE])
{
    const unsigned char *bytes = id->data;
    apr_size_t i;

    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        at_hex_write(bytes, (apr_size_t)groups[i], text);
        bytes += groups[i];
        text += 2 * groups[i];
        *text++ = '-';
    }
    text[-1] = '\0';
}

apr_status_t at_token_parse_id(const char *text, at_id_t *id)
{
    at_id_t parsed;
    unsigned char *bytes = parsed.data;
    const char *end = text + strlen(text);
    apr_size_t i;

    if (end - text != APR_UUID_FORMATTED_LENGTH) {
        return APR_EINVAL;
    }
    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (!at_hex_read(text, (apr_size_t)groups[i], bytes)) {
            return APR_EINVAL;
        }
        bytes += groups[i];
        text += 2 * groups[i];
        if (text < end && *text++ != '-') {
            return APR_EINVAL;
        }
    }
    *id = parsed;
    return APR_SUCCESS;
}
