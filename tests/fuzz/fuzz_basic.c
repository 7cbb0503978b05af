/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: Basic credentials, which must be read as mod_auth_basic reads
 * them with apr_base64.
 */
#include "fuzz.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_general.h>
#include <apr_pools.h>

#include "httpd/auth/basic.h"

const char fuzz_seeds[] = "basic";

static int is_base64(const char *text)
{
    text += strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "abcdefghijklmnopqrstuvwxyz0123456789+/");
    return text[strspn(text, "=")] == '\0';
}

static void compare(const char *value, apr_pool_t *p)
{
    const char *encoded = value + strlen("Basic");
    char *user;
    char *password;
    at_basic_t basic;

    encoded += strspn(encoded, " \t");
    user = apr_palloc(p, (apr_size_t)apr_base64_decode_len(encoded) + 1);
    user[apr_base64_decode_binary((unsigned char *)user, encoded)] = '\0';
    password = strchr(user, ':');
    if (password) {
        *password++ = '\0';
    }
    FUZZ_HOLDS(at_basic_read(value, p, &basic) == is_base64(encoded));
    FUZZ_HOLDS(strcmp(basic.user, user) == 0);
    FUZZ_HOLDS(strcmp(basic.password, password ? password : "") == 0);
    FUZZ_HOLDS(basic.user_length == strlen(user));
    FUZZ_HOLDS(basic.password_length == strlen(basic.password));
    FUZZ_HOLDS(at_basic_is_owner(basic.user, basic.user));
    at_basic_is_owner(basic.user, basic.password);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *pool;
    char *value = malloc(size + sizeof("Basic"));

    FUZZ_HOLDS(value);
    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    memcpy(value, "Basic", strlen("Basic"));
    memcpy(value + strlen("Basic"), data, size);
    value[strlen("Basic") + size] = '\0';
    compare(value, pool);
    apr_pool_clear(pool);
    free(value);
    return 0;
}
