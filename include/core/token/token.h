/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token: made, taken apart, and judged by the only verdict of the program.
 *
 * <prefix>_<id 22><secret 43><check 6>; id and secret are 128 and 256 bits in
 * base62 (0-9A-Za-z, most significant digit first), check is zlib's CRC-32 over
 * all that stands before it. The prefix is the reader's business, not ours:
 * whatever it is, the whole text is hashed.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_TOKEN_H
#define ACCESSTOKEN_CORE_TOKEN_TOKEN_H

#include "core/token/status.h"
#include "core/token/terms.h"

/** What tokens begin with where nothing else is said. Matrix Authentication
 * Service has taken "mat", with the same alphabet and check. */
#define AT_TOKEN_PREFIX "httok"

/** Shortest and longest token in characters, and room for one with its end. */
#define AT_TOKEN_LENGTH_MIN 74
#define AT_TOKEN_LENGTH_MAX 103
#define AT_TOKEN_SIZE (AT_TOKEN_LENGTH_MAX + 1)
/** Room for a token id as text (36 characters) with its end. */
#define AT_TOKEN_ID_SIZE AT_TERMS_ID_SIZE

/** What a token's text says: which row it means, and the hash to compare. */
typedef struct at_credential_t {
    at_id_t id;
    unsigned char hash[AT_HASH_SIZE];
} at_credential_t;

typedef enum {
    AT_TOKEN_VALID,
    AT_TOKEN_BROKEN,       /* the row has a fault */
    AT_TOKEN_WRONG_SECRET, /* the id is known, the secret is another */
    AT_TOKEN_DELETED,
    AT_TOKEN_EXPIRED /* said only of who knows the secret */
} at_verdict_e;

/** Is it a prefix: a letter, then 1 to 30 letters, digits or _? */
int at_token_is_prefix(const char *text, apr_size_t length);

/**
 * Make a new token.
 *
 * The text is the only copy there will ever be; the caller wipes it.
 *
 * @param prefix  one that at_token_is_prefix() accepts
 * @return APR_SUCCESS; AT_ENORANDOM; APR_EGENERAL if SHA-256 failed.
 */
apr_status_t at_token_mint(const char *prefix, char text[AT_TOKEN_SIZE],
                           at_credential_t *credential);

/** Digits by which a token's text names its id; other texts never name it. */
#define AT_TOKEN_ID_DIGITS 22

/**
 * Where those digits stand in a text, which proves nothing: neither check nor
 * secret are looked at. For who can recognize the whole text by other means.
 *
 * @return NULL if the text cannot be a token's.
 */
const char *at_token_find_digits(const char *text, apr_size_t length);

/** Write an id's digits, without an end. */
void at_token_write_digits(const at_id_t *id, char digits[AT_TOKEN_ID_DIGITS]);

/**
 * Take a presented token apart; `text` need not end in NUL.
 *
 * @return APR_SUCCESS; APR_EINVAL if it is no token by its syntax or check;
 *         APR_EGENERAL if it could not be hashed, so that nothing is decided.
 */
apr_status_t at_token_parse(const char *text, apr_size_t length,
                            at_credential_t *credential);

/** Does the credential's secret belong to a row with this hash? */
int at_token_proves(const at_credential_t *credential,
                    const unsigned char hash[AT_HASH_SIZE]);

/** All that is known about a presented token, wherever it comes from. */
typedef struct at_evidence_t {
    const at_terms_t *terms; /* looked at only if proven and without fault */
    const char *reason;      /* of the row, or NULL */
    int proven;              /* the text that was presented is this token's */
} at_evidence_t;

/** The one decision: does a token hold at `now`, on this evidence? */
at_verdict_e at_token_verdict(const at_evidence_t *evidence, apr_int64_t now);

/** Is it over at `now`? From the very millisecond of expires_at on. */
int at_token_expired(apr_int64_t expires_at, apr_int64_t now);

/** Write a token id as lower-case UUID text. */
void at_token_format_id(const at_id_t *id, char text[AT_TOKEN_ID_SIZE]);

/**
 * Read a token id from UUID text, in either case.
 *
 * @return APR_SUCCESS; APR_EINVAL if it is none.
 */
apr_status_t at_token_parse_id(const char *text, at_id_t *id);

#endif
