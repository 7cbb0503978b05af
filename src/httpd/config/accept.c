/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the directives that say in which ways a location accepts tokens. Every
 * error message names the argument and says what would be right.
 */
#include "httpd/config/accept.h"

#include <stdatomic.h>
#include <string.h>

#include <http_config.h>
#include <apr_strings.h>

/* Set when a section or .htaccess file names a field. If none does, no request
 * is searched for one. */
static atomic_int has_fields;

/* Fields that cannot be tokens, because HTTP or httpd itself needs them. */
static const char *const needed[] = {"Accept",
                                     "Connection",
                                     "Content-Length",
                                     "Content-Type",
                                     "Cookie",
                                     "Expect",
                                     "Host",
                                     "HTTP2-Settings",
                                     "Keep-Alive",
                                     "Origin",
                                     "Proxy-Authorization",
                                     "Range",
                                     "Referer",
                                     "Sec-WebSocket-Key",
                                     "TE",
                                     "Trailer",
                                     "Transfer-Encoding",
                                     "Upgrade",
                                     "Via",
                                     "X-Forwarded-For",
                                     NULL};

static int is_needed(const char *name)
{
    const char *const *one;

    for (one = needed; *one; one++) {
        if (ap_cstr_casecmp(name, *one) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_in(const apr_array_header_t *names, const char *name)
{
    int i;

    for (i = 0; names && i < names->nelts; i++) {
        if (ap_cstr_casecmp(APR_ARRAY_IDX(names, i, const char *), name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A field name is a token in the sense of RFC 9110, 5.6.2. */
static int is_field_name(const char *name)
{
    return *name && *ap_scan_http_token(name) == '\0';
}

static const char *add_field(const cmd_parms *cmd, const char *arg,
                             unsigned int *ways, apr_array_header_t *fields)
{
    const char *name = arg + strlen("header:");

    if (!is_field_name(name)) {
        return at_settings_refuse(cmd, arg,
                                  "names no header field; write its name after "
                                  "the colon, such as header:X-Api-Key");
    }
    if (is_needed(name)) {
        return at_settings_refuse(cmd, arg,
                                  "cannot be a token, because HTTP uses this "
                                  "field; choose another name, such as "
                                  "header:X-Api-Key");
    }
    if (ap_cstr_casecmp(name, "Authorization") == 0) {
        *ways |= AT_WAY_PLAIN;
    }
    else if (!is_in(fields, name)) {
        *ways |= AT_WAY_FIELD;
        has_fields = 1;
        APR_ARRAY_PUSH(fields, const char *) = name;
    }
    return NULL;
}

static const char *add_way(const cmd_parms *cmd, const char *arg,
                           unsigned int *ways, apr_array_header_t *fields)
{
    if (ap_cstr_casecmpn(arg, "header:", strlen("header:")) == 0) {
        return add_field(cmd, arg, ways, fields);
    }
    if (ap_cstr_casecmp(arg, "bearer") == 0) {
        *ways |= AT_WAY_BEARER;
    }
    else if (ap_cstr_casecmp(arg, "basic") == 0) {
        *ways |= AT_WAY_BASIC;
    }
    else {
        return at_settings_refuse(cmd, arg,
                                  "is no way to send a token; write bearer, "
                                  "basic or header:Name");
    }
    return NULL;
}

const char *at_accept_read_ways(const cmd_parms *cmd,
                                const at_setting_t *setting, const char *line,
                                void *field)
{
    at_dir_t *dir = (at_dir_t *)((char *)field - setting->offset);
    apr_array_header_t *fields =
        apr_array_make(cmd->pool, 1, sizeof(const char *));
    unsigned int ways = 0;

    while (*line) {
        const char *error =
            add_way(cmd, ap_getword_conf(cmd->pool, &line), &ways, fields);

        if (error) {
            return error;
        }
    }
    if (!ways) {
        return "AccessTokenAccept needs at least one way to send a token: "
               "bearer, basic or header:Name";
    }
    dir->accept.ways = ways;
    dir->accept.fields = fields->nelts > 0 ? fields : NULL;
    return NULL;
}

int at_accept_has_fields(void)
{
    return has_fields;
}

const char *at_accept_read_basic_user(const cmd_parms *cmd,
                                      const at_setting_t *setting,
                                      const char *arg, void *field)
{
    int is_owner = ap_cstr_casecmp(arg, "owner") == 0;

    (void)setting;
    if (!is_owner && ap_cstr_casecmp(arg, "any") != 0) {
        return at_settings_refuse(
            cmd, arg, "is no rule for the user name; write any or owner");
    }
    *(at_basic_user_e *)field =
        is_owner ? AT_BASIC_USER_OWNER : AT_BASIC_USER_ANY;
    return NULL;
}

const char *at_accept_add_provider(cmd_parms *cmd, void *conf, const char *name)
{
    at_dir_t *dir = conf;
    apr_array_header_t *others =
        (apr_array_header_t *)dir->basic_providers.others;

    if (!ap_find_linked_module("mod_auth_basic.c")) {
        return "AuthBasicProvider needs mod_auth_basic; load it "
               "(a2enmod auth_basic)";
    }
    dir->basic_providers.is_set = 1;
    if (strcmp(name, "accesstoken") == 0) {
        dir->basic_providers.tokens = 1;
        return NULL;
    }
    if (!others) {
        others = apr_array_make(cmd->pool, 1, sizeof(const char *));
        dir->basic_providers.others = others;
    }
    APR_ARRAY_PUSH(others, const char *) = name;
    return NULL;
}
