/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits the text of a file in place, and joins the lines that end in a
 * backslash.
 */
#include "tool/conf/lexer.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "tool/conf/includes.h"

#define FILE_MAX (16 * 1048576) /* a larger file is no configuration */

char *at_lexer_line(char *text, int *lines)
{
    char *in = text;
    char *out = text;

    for (; *in && *in != '\n'; in++) {
        if (*in == '\\' && in[1] == '\r' && in[2] == '\n') {
            in++;
        }
        if (*in == '\\' && in[1] == '\n') {
            in++;
            ++*lines;
            continue;
        }
        if (*in != '\r') {
            *out++ = *in;
        }
    }
    in += *in == '\n';
    *out = '\0';
    return in;
}

const char *at_lexer_load(const char *path, char **text, apr_pool_t *p)
{
    apr_finfo_t found;
    apr_file_t *file;
    apr_size_t length = 0;
    apr_status_t status;
    char why[120];

    status = apr_file_open(&file, path, APR_FOPEN_READ, 0, p);
    if (status == APR_SUCCESS) {
        status =
            apr_file_info_get(&found, APR_FINFO_SIZE | APR_FINFO_TYPE, file);
    }
    if (status == APR_SUCCESS && found.filetype == APR_DIR) {
        return apr_psprintf(p, "%s is a folder", path);
    }
    if (status == APR_SUCCESS && found.size > FILE_MAX) {
        return apr_psprintf(p, "%s is too large for a configuration", path);
    }
    if (status == APR_SUCCESS) {
        *text = apr_pcalloc(p, (apr_size_t)found.size + 1);
        status =
            apr_file_read_full(file, *text, (apr_size_t)found.size, &length);
        (*text)[length] = '\0';
        apr_file_close(file);
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return apr_psprintf(
            p, "%s cannot be read: %s%s", path,
            apr_strerror(status, why, sizeof(why)),
            APR_STATUS_IS_EACCES(status) ? "; " AT_INCLUDES_ADVICE : "");
    }
    return NULL;
}

const char *at_lexer_word(const char **rest, apr_pool_t *p)
{
    const char *c = *rest;
    char quote = 0;
    char *word, *out;

    while (apr_isspace(*c)) {
        c++;
    }
    word = out = apr_palloc(p, strlen(c) + 1);
    if (*c == '"' || *c == '\'') {
        quote = *c++;
    }
    for (; *c && (quote ? *c != quote : !apr_isspace(*c)); c++) {
        if (quote && *c == '\\' && (c[1] == quote || c[1] == '\\')) {
            c++;
        }
        *out++ = *c;
    }
    *out = '\0';
    *rest = *c ? c + 1 : c;
    return word;
}
