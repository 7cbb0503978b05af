/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the body of a POST that generates a token.
 */
#include "fuzz.h"

#include <string.h>

#include <apr_general.h>

#include "core/token/json.h"
#include "core/token/text.h"

const char fuzz_seeds[] = "new_token";

static void check_new_token(const at_new_token_t *new_token)
{
    FUZZ_HOLDS(new_token->lifetime >= -1);
    FUZZ_HOLDS(new_token->lifetime <= AT_TIME_MAX / 1000);
    FUZZ_HOLDS(new_token->description);
    FUZZ_HOLDS(at_text_check_description(new_token->description) ==
               AT_TEXT_FINE);
    FUZZ_HOLDS(!new_token->scopes || !strpbrk(new_token->scopes, "\"\\\n"));
}

/* A fault is written as JSON and must be printable. */
static void check_fault(const at_fault_t *fault)
{
    json_t *detail = json_string(fault->detail);
    const char *c;

    FUZZ_HOLDS(detail);
    json_decref(detail);
    FUZZ_HOLDS(fault->pointer[0] == '#');
    for (c = fault->pointer + 1; *c; c++) {
        FUZZ_HOLDS(*c > ' ' && *c < 0x7f && *c != '"');
    }
}

static void read_one(const char *body, apr_size_t size, apr_pool_t *p)
{
    apr_array_header_t *faults = apr_array_make(p, 1, sizeof(at_fault_t));
    at_new_token_t new_token;
    int i;

    if (at_json_read_new_token(body, size, &new_token, faults) == APR_SUCCESS) {
        FUZZ_HOLDS(faults->nelts == 0);
        check_new_token(&new_token);
        return;
    }
    FUZZ_HOLDS(faults->nelts > 0);
    for (i = 0; i < faults->nelts; i++) {
        check_fault(&APR_ARRAY_IDX(faults, i, at_fault_t));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int started;
    apr_pool_t *pool;

    if (!started) {
        started = apr_initialize() == APR_SUCCESS;
    }
    apr_pool_create(&pool, NULL);
    read_one((const char *)data, size, pool);
    apr_pool_destroy(pool);
    return 0;
}
