/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the script and those that it reads, and exports what is known at its end.
 */
#include "tool/envvars.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "tool/script_commands.h"

#define DEPTH_MAX 8      /* of scripts that read each other */
#define LENGTH_MAX 65536 /* more is no envvars */

/* @return false if it is there, and cannot be read; `text` is NULL if it is not
 *         there. */
static int load(const char *path, const char **text, apr_pool_t *p)
{
    apr_size_t length = LENGTH_MAX;
    char *read = apr_pcalloc(p, LENGTH_MAX + 1);
    apr_file_t *file;
    apr_status_t status =
        apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, p);

    *text = NULL;
    if (status != APR_SUCCESS) {
        return APR_STATUS_IS_ENOENT(status);
    }
    status = apr_file_read_full(file, read, length, &length);
    apr_file_close(file);
    *text = read;
    return APR_STATUS_IS_EOF(status);
}

/* @return false if its end is not known. */
int at_script_read(at_script_t *script, const char *path)
{
    int levels = script->levels->nelts;
    const at_verdict_e joined = script->joined;
    const char *text;
    at_script_level_t *level;

    if (script->depth >= DEPTH_MAX || !load(path, &text, script->pool)) {
        return 0;
    }
    if (!text) {
        return 1;
    }
    script->depth++;
    level = apr_array_push(script->levels);
    memset(level, 0, sizeof(*level));
    level->runs = joined;
    script->joined = AT_YES;
    at_script_follow(script, text);
    script->depth--;
    script->has_ended = 0;
    script->joined = joined;
    while (script->levels->nelts > levels) {
        apr_array_pop(script->levels);
    }
    return 1;
}

static void export_all(const at_script_t *script)
{
    apr_hash_index_t *i;

    for (i = apr_hash_first(NULL, script->variables); i; i = apr_hash_next(i)) {
        const at_script_variable_t *variable = apr_hash_this_val(i);

        if (variable->is_exported == AT_YES && variable->value) {
            setenv(apr_hash_this_key(i), variable->value, 0);
        }
    }
}

/* Debian's apache2ctl gives the folder to the script. */
static void set_folder(at_script_t *script, const char *path)
{
    char *full = NULL;
    at_script_variable_t *folder = at_script_variable(script, "APACHE_CONFDIR");

    if (!folder->value &&
        apr_filepath_merge(&full, NULL, path, 0, script->pool) == APR_SUCCESS) {
        folder->value = apr_pstrmemdup(script->pool, full,
                                       (apr_size_t)(strrchr(full, '/') - full));
        folder->is_exported = AT_YES;
    }
}

int at_envvars_read(const char *path, apr_pool_t *p)
{
    at_script_t script = {.pool = p,
                          .variables = apr_hash_make(p),
                          .levels =
                              apr_array_make(p, 8, sizeof(at_script_level_t)),
                          .joined = AT_YES,
                          .last = AT_YES};

    if (access(path, F_OK) != 0) {
        return 0;
    }
    set_folder(&script, path);
    if (at_script_read(&script, path)) {
        export_all(&script);
    }
    return 1;
}
