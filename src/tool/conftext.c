/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a configuration file as text, and takes it apart into lines.
 */
#include "tool/conftext.h"

#include <apr_file_io.h>
#include <apr_strings.h>

#include "tool/includes.h"

#define FILE_MAX (16 * 1048576) /* more is no configuration */

char *at_conftext_line(char *text, int *lines)
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

const char *at_conftext_load(const char *path, char **text, apr_pool_t *p)
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
        return apr_psprintf(p, "%s cannot be read: %s%s", path,
                            apr_strerror(status, why, sizeof(why)),
                            APR_STATUS_IS_EACCES(status) ? "; " AT_INCLUDES_CURE
                                                         : "");
    }
    return NULL;
}
