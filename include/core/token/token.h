/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token: its text is minted and parsed here, and at_token_verdict() is the
 * only place that decides whether it is valid.
 *
 * <prefix>_<id 22><secret 43><check 6>: id and secret are 128 and 256 bits in
 * base62 (0-9A-Za-z, most significant digit first); check is zlib's CRC-32 of
 * all characters before it. The prefix is for human readers and secret
 * scanners: any is accepted, and the whole text is hashed.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_TOKEN_H
#define ACCESSTOKEN_CORE_TOKEN_TOKEN_H

#include "core/token/status.h"
#include "core/token/terms.h"

/** The default prefix. It is not "mat", which Matrix Authentication Service
 *  uses with the same alphabet and check. */
#define AT_TOKEN_PREFIX "httok"

/** Shortest and longest token in characters; bytes of one with its NUL. */
#define AT_TOKEN_LENGTH_MIN 74
#define AT_TOKEN_LENGTH_MAX 103
#define AT_TOKEN_SIZE (AT_TOKEN_LENGTH_MAX + 1)
/** Bytes of a token id as text (36 characters) with its terminating NUL. */
#define AT_TOKEN_ID_SIZE AT_TERMS_ID_SIZE

/** What the text of a token says: the id of its row, and the hash to
 *  compare. */
typedef struct at_credential_t {
    at_id_t id;
    unsigned char hash[AT_HASH_SIZE];
} at_credential_t;

typedef enum {
    AT_TOKEN_VALID,
    AT_TOKEN_BROKEN,       /* the row cannot be used */
    AT_TOKEN_WRONG_SECRET, /* the id is known, the secret is another one */
    AT_TOKEN_DELETED,
    AT_TOKEN_EXPIRED /* with the right secret only */
} at_verdict_e;

/** Is it a prefix: a letter, followed by 1 to 30 letters, digits or _? */
int at_token_is_prefix(const char *text, apr_size_t length);

/**
 * Mint a new token.
 *
 * The text is the only copy that will ever exist; the caller must wipe it.
 *
 * @param prefix  one that at_token_is_prefix() accepts
 * @return APR_SUCCESS; AT_ENORANDOM; APR_EGENERAL if SHA-256 failed.
 */
apr_status_t at_token_mint(const char *prefix, char text[AT_TOKEN_SIZE],
                           at_credential_t *credential);

/** Digits of the id in a token's text. Each id has exactly one such text. */
#define AT_TOKEN_ID_DIGITS 22

/**
 * Find those digits in a text. This proves nothing, since neither check nor
 * secret are read: it is for callers that compare the whole text by other
 * means.
 *
 * @return NULL if the text cannot be a token.
 */
const char *at_token_find_digits(const char *text, apr_size_t length);

/** Write the digits of an id, without a terminating NUL. */
void at_token_write_digits(const at_id_t *id, char digits[AT_TOKEN_ID_DIGITS]);

/**
 * Parse a presented token; `text` need not end in NUL.
 *
 * @return APR_SUCCESS; APR_EINVAL if it is no token by its syntax or check;
 *         APR_EGENERAL if SHA-256 failed, so that nothing is decided.
 */
apr_status_t at_token_parse(const char *text, apr_size_t length,
                            at_credential_t *credential);

/** Does the credential have this hash, the one of a row? In constant time. */
int at_token_proves(const at_credential_t *credential,
                    const unsigned char hash[AT_HASH_SIZE]);

/** All that is known about a presented token, from the cache or the table. */
typedef struct at_evidence_t {
    const at_terms_t *terms; /* read only if proven and without a reason */
    const char *reason;      /* why the row cannot be used; NULL: it can */
    int proven;              /* the presented text is the text of this token */
} at_evidence_t;

/** The only decision: is the token valid at `now`, on this evidence? */
at_verdict_e at_token_verdict(const at_evidence_t *evidence, apr_int64_t now);

/** Has it expired at `now`? It has from the millisecond of expires_at on. */
int at_token_expired(apr_int64_t expires_at, apr_int64_t now);

/** Write a token id as lower-case UUID text. */
void at_token_format_id(const at_id_t *id, char text[AT_TOKEN_ID_SIZE]);

/**
 * Read a token id from UUID text, in either case.
 *
 * @return APR_SUCCESS; APR_EINVAL if the text is no UUID.
 */
apr_status_t at_token_parse_id(const char *text, at_id_t *id);

#endif
