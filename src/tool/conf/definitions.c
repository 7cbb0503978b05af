/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the variables that Define sets, over those of the environment, and the
 * names of the modules that LoadModule loads.
 */
#include "tool/conf/definitions.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "tool/conf/envvars.h"
#include "tool/conf/lexer.h"

/* The value of a variable that is defined, with a value that is not known. */
static const char unknown[] = "";

static const char *value_of(const at_definitions_t *definitions,
                            const char *name)
{
    const char *value =
        apr_hash_get(definitions->variables, name, APR_HASH_KEY_STRING);

    if (value == unknown) {
        return NULL;
    }
    return value ? value : getenv(name);
}

/* On Debian, accesstoken.conf lies one folder deeper than envvars. */
static void read_envvars(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');
    const char *folder =
        apr_pstrmemdup(p, path, slash ? (apr_size_t)(slash - path) + 1 : 0);

    if (!at_envvars_read(apr_pstrcat(p, folder, "envvars", NULL), p)) {
        at_envvars_read(apr_pstrcat(p, folder, "../envvars", NULL), p);
    }
}

void at_definitions_begin(at_definitions_t *definitions, const char *path,
                          apr_pool_t *p)
{
    definitions->pool = p;
    definitions->variables = apr_hash_make(p);
    definitions->modules = apr_table_make(p, 64);
    read_envvars(path, p);
}

const char *at_definitions_expand(const at_definitions_t *definitions,
                                  const char *line)
{
    apr_pool_t *p = definitions->pool;
    const char *done = "";
    const char *begin;

    while ((begin = strstr(line, "${")) != NULL) {
        const char *end = strchr(begin, '}');
        const char *value = NULL;

        if (end) {
            value = value_of(
                definitions,
                apr_pstrmemdup(p, begin + 2, (apr_size_t)(end - begin - 2)));
        }
        if (!value) {
            end = begin + 1;
            value = "${";
        }
        done = apr_pstrcat(p, done,
                           apr_pstrmemdup(p, line, (apr_size_t)(begin - line)),
                           value, NULL);
        line = end + 1;
    }
    return apr_pstrcat(p, done, line, NULL);
}

/* A line that httpd may not read leaves the variable unknown, unless it
 * changes nothing. Inside <IfDefine !NAME> the variable NAME is known
 * afterwards: it is defined either there or before. */
static void define(at_definitions_t *definitions, const char *name,
                   const char *value, at_certainty_e certainty,
                   const char *unless)
{
    const char *now =
        apr_hash_get(definitions->variables, name, APR_HASH_KEY_STRING);
    int is_same = now && value && now != unknown && strcmp(now, value) == 0;

    if (certainty < AT_CERTAINLY && !is_same && strcmp(name, unless) != 0) {
        value = unknown;
    }
    apr_hash_set(definitions->variables, name, APR_HASH_KEY_STRING, value);
}

/* <IfModule> takes the name of the module or that of its source file. */
static void load_module(at_definitions_t *definitions, const char *name,
                        const char *file)
{
    apr_pool_t *p = definitions->pool;

    file = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    apr_table_set(definitions->modules, name, "");
    apr_table_set(
        definitions->modules,
        apr_pstrcat(p, apr_pstrndup(p, file, strcspn(file, ".")), ".c", NULL),
        "");
}

int at_definitions_apply(at_definitions_t *definitions, const char *name,
                         const char *arguments, at_certainty_e certainty,
                         const char *unless)
{
    const char *first = at_lexer_word(&arguments, definitions->pool);
    const char *second = at_lexer_word(&arguments, definitions->pool);

    if (strcasecmp(name, "Define") == 0) {
        define(definitions, first, second, certainty, unless);
        return 1;
    }
    if (strcasecmp(name, "UnDefine") == 0) {
        define(definitions, first, NULL, certainty, "");
        return 1;
    }
    if (strcasecmp(name, "LoadModule") == 0) {
        if (certainty >= AT_PROBABLY) {
            load_module(definitions, first, second);
        }
        return 1;
    }
    if (strcasecmp(name, "ServerRoot") == 0 && certainty >= AT_PROBABLY) {
        definitions->server_root = first;
        return 1;
    }
    return 0;
}

int at_definitions_has(const at_definitions_t *definitions, const char *name)
{
    const char *value =
        apr_hash_get(definitions->variables, name, APR_HASH_KEY_STRING);

    return value && value != unknown;
}

const char *at_definitions_path(const at_definitions_t *definitions,
                                const char *path)
{
    return path[0] == '/'
               ? path
               : apr_pstrcat(definitions->pool, definitions->server_root, "/",
                             path, NULL);
}
