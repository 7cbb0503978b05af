/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a text that a client presents as a token.
 */
#include "fuzz.h"

#include <string.h>

#include "core/token/token.h"

const char fuzz_seeds[] = "token";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    at_credential_t credential, again;
    apr_status_t status = at_token_parse(text, size, &credential);
    const char *found = at_token_find_digits(text, size);
    char digits[AT_TOKEN_ID_DIGITS];

    FUZZ_HOLDS(status == APR_SUCCESS || status == APR_EINVAL);
    if (status == APR_SUCCESS) {
        FUZZ_HOLDS(size >= 74 && size <= AT_TOKEN_LENGTH_MAX);
        FUZZ_HOLDS(at_token_is_prefix(text, size - 72));
        FUZZ_HOLDS(at_token_parse(text, size, &again) == APR_SUCCESS);
        FUZZ_HOLDS(memcmp(&credential, &again, sizeof(again)) == 0);
        FUZZ_HOLDS(found == text + size - 71);
        at_token_write_digits(&credential.id, digits);
        FUZZ_HOLDS(memcmp(digits, found, sizeof(digits)) == 0);
    }
    return 0;
}
