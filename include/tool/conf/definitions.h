/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration has defined so far: variables, loaded modules and the
 * server root.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_DEFINITIONS_H
#define ACCESSTOKEN_TOOL_CONF_DEFINITIONS_H

#include <apr_hash.h>
#include <apr_tables.h>

/** How certain it is that httpd reads a line, the least certain first. */
typedef enum {
    AT_CERTAINLY_NOT,
    AT_PROBABLY_NOT, /* httoken cannot see it, and it is not likely */
    AT_PROBABLY,     /* httoken cannot see it, but it is likely */
    AT_CERTAINLY
} at_certainty_e;

typedef struct at_definitions_t {
    apr_pool_t *pool;
    apr_hash_t *variables; /* name -> value; case matters, as in httpd */
    apr_table_t *modules;
    const char *server_root;
} at_definitions_t;

/** Begin with the environment, and with the variables of `envvars` beside the
 *  configuration file. */
void at_definitions_begin(at_definitions_t *definitions, const char *path,
                          apr_pool_t *p);

/** A line in which each ${NAME} with a known value is replaced by that
 *  value. */
const char *at_definitions_expand(const at_definitions_t *definitions,
                                  const char *line);

/**
 * Apply Define, UnDefine, LoadModule or ServerRoot.
 *
 * @param certainty  how certain it is that httpd reads the line
 * @param unless     the name in an <IfDefine !NAME> that makes it uncertain,
 *                   or ""
 * @return false if the directive is none of them.
 */
int at_definitions_apply(at_definitions_t *definitions, const char *name,
                         const char *arguments, at_certainty_e certainty,
                         const char *unless);

/** Is the variable defined by the configuration, with a known value? */
int at_definitions_has(const at_definitions_t *definitions, const char *name);

/** A path that is relative to the server root, made absolute. */
const char *at_definitions_path(const at_definitions_t *definitions,
                                const char *path);

#endif
