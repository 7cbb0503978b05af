/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the URL of AccessTokenAddress. The page writes it between quotation
 * marks into commands for a shell, so characters that end those are refused,
 * although a URL may contain an apostrophe.
 */
#include "httpd/config/address.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

#define PORT_DIGITS 5
#define PORT_MAX 65535

/* The first character that is not one of a URL (RFC 3986), or NULL. */
static const char *odd_character(const char *url)
{
    for (; *url; url++) {
        int is_escape =
            url[0] == '%' && apr_isxdigit(url[1]) && apr_isxdigit(url[2]);

        if (!is_escape && !apr_isalnum(*url) &&
            !strchr("-._~:/?#[]@!$&()*+,;=", *url)) {
            return url;
        }
    }
    return NULL;
}

static int is_port(const char *text)
{
    apr_size_t length = strlen(text);
    apr_int64_t number = length <= PORT_DIGITS ? apr_atoi64(text) : 0;

    return strspn(text, "0123456789") == length && number > 0 &&
           number <= PORT_MAX;
}

/* What is wrong with the URL; NULL if nothing is. */
static const char *fault_of(const cmd_parms *cmd, const char *url)
{
    const char *odd = odd_character(url);
    apr_status_t status;
    apr_uri_t uri;

    if (ap_cstr_casecmpn(url, "http://", 7) != 0 &&
        ap_cstr_casecmpn(url, "https://", 8) != 0) {
        return "does not begin with http:// or https://";
    }
    if (odd && (apr_isspace(*odd) || *odd == '\'')) {
        return "contains a blank or an apostrophe; a URL has %20 or %27 "
               "instead";
    }
    if (odd) {
        return "contains a character that is not one of a URL, or a % without "
               "two hexadecimal digits";
    }
    if (strchr(url, '#')) {
        return "contains a fragment (#), which is not sent to a server";
    }
    status = apr_uri_parse(cmd->temp_pool, url, &uri);
    if (uri.port_str && !is_port(uri.port_str)) {
        return "has a port that is not a number from 1 to 65535";
    }
    if (status != APR_SUCCESS || !uri.hostname || !*uri.hostname) {
        return "names no host";
    }
    return NULL;
}

/* The message does not repeat a password. */
static int has_userinfo(const char *url)
{
    const char *authority = ap_strstr_c(url, "//");

    return authority &&
           memchr(authority + 2, '@', strcspn(authority + 2, "/?#")) != NULL;
}

const char *at_address_read(const cmd_parms *cmd, const at_setting_t *setting,
                            const char *arg, void *field)
{
    const char *fault;

    if (ap_cstr_casecmp(arg, setting->keyword) == 0) {
        *(const char **)field = NULL;
        return NULL;
    }
    if (has_userinfo(arg)) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           ": the URL contains a user name or a password, "
                           "which the page would show to all users; write it "
                           "without",
                           NULL);
    }
    fault = fault_of(cmd, arg);
    if (fault) {
        return at_settings_refuse(
            cmd, arg,
            apr_pstrcat(cmd->pool, fault,
                        "; write an address such as "
                        "https://www.example.com/api/report, or none",
                        NULL));
    }
    *(const char **)field = arg;
    return NULL;
}
