/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memo holds what follows from the text of the credentials alone: where
 * the token is in it, and the tag by which the cache recognizes the token.
 * Whether the token is valid is looked up in the cache each time. A client
 * that shares the connection must not learn from the time of an answer how
 * much of its guess was right, so the texts are compared in constant time.
 * They are wiped when they change and when the connection ends.
 */
#include "httpd/auth/memo.h"

#include <string.h>

#include <openssl/crypto.h>

#include <apr_strings.h>

#include "core/token/text.h"
#include "core/token/token.h"
#include "httpd/config/config.h"
#include "httpd/process/service.h"

/* Longer fields are decoded and hashed in each request. */
#define VALUE_MAX 511

typedef struct memo_t {
    const at_lookup_t *lookup; /* the tag depends on its cache */
    unsigned int way;
    apr_size_t value_length;
    apr_size_t offset; /* of the token in the value, unless it was decoded */
    apr_size_t length; /* of the token */
    at_tag_t tag;
    char value[VALUE_MAX + 1];
    char token[AT_TOKEN_SIZE];       /* decoded from Basic credentials */
    char user[AT_TEXT_USER_MAX + 1]; /* likewise */
} memo_t;

static int is_equal(const char *a, const char *b, apr_size_t length)
{
    apr_uint64_t difference = 0;
    apr_uint64_t left, right;

    for (; length >= sizeof(left); length -= sizeof(left)) {
        memcpy(&left, a, sizeof(left));
        memcpy(&right, b, sizeof(right));
        difference |= left ^ right;
        a += sizeof(left);
        b += sizeof(right);
    }
    for (; length > 0; length--) {
        difference |= (apr_uint64_t)(*a++ ^ *b++);
    }
    return difference == 0;
}

int at_memo_matches(const request_rec *r, const void *kept,
                    at_decision_t *decision)
{
    const memo_t *memo = kept;
    const char *value = decision->authorization.value;

    if (memo->lookup != at_service_of(r)->lookup ||
        !(memo->way & decision->ways) || strlen(value) != memo->value_length ||
        !is_equal(value, memo->value, memo->value_length)) {
        return 0;
    }
    decision->way = memo->way;
    if (memo->way == AT_WAY_BASIC) {
        /* The memo may have another token before this request ends. */
        decision->token.text = apr_pstrmemdup(at_decision_client(r)->pool,
                                              memo->token, memo->length);
        decision->token.user = memo->user;
        decision->token.needs_owner =
            at_config_dir(r)->basic_user == AT_BASIC_USER_OWNER;
    }
    else {
        decision->token.text = value + memo->offset;
    }
    decision->token.length = memo->length;
    decision->token.tag = memo->tag;
    decision->token.is_tagged = 1;
    decision->token.is_from_memo = 1;
    return 1;
}

static apr_status_t wipe(void *memo)
{
    OPENSSL_cleanse(memo, sizeof(memo_t));
    return APR_SUCCESS;
}

static memo_t *empty_memo(conn_rec *c)
{
    memo_t *memo = ap_get_module_config(c->conn_config, &accesstoken_module);

    if (memo) {
        wipe(memo);
        return memo;
    }
    memo = apr_palloc(c->pool, sizeof(*memo));
    apr_pool_cleanup_register(c->pool, memo, wipe, apr_pool_cleanup_null);
    ap_set_module_config(c->conn_config, &accesstoken_module, memo);
    return memo;
}

/* A connection within one of HTTP/2 has only one request. */
static int can_be_kept(const request_rec *r, const at_decision_t *decision)
{
    const at_presented_t *token = &decision->token;

    return !r->connection->master && decision->way != AT_WAY_FIELD &&
           token->length <= AT_TOKEN_LENGTH_MAX &&
           strlen(decision->authorization.value) <= VALUE_MAX &&
           (!token->user || strlen(token->user) <= AT_TEXT_USER_MAX);
}

void at_memo_store(const request_rec *r, const at_decision_t *decision)
{
    const at_presented_t *token = &decision->token;
    const char *value = decision->authorization.value;
    memo_t *memo;

    if (!can_be_kept(r, decision)) {
        return;
    }
    memo = empty_memo(r->connection);
    memo->lookup = at_service_of(r)->lookup;
    memo->way = decision->way;
    memo->value_length = strlen(value);
    memcpy(memo->value, value, memo->value_length + 1);
    if (decision->way == AT_WAY_BASIC) {
        memcpy(memo->token, token->text, token->length);
        memcpy(memo->user, token->user, strlen(token->user) + 1);
    }
    else {
        memo->offset = (apr_size_t)(token->text - value);
    }
    memo->length = token->length;
    memo->tag = token->tag;
}
