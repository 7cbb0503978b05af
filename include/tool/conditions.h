/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known while a configuration is read: variables, loaded modules; and
 * how far that decides about <IfDefine>, <IfModule> and their like.
 */
#ifndef ACCESSTOKEN_TOOL_CONDITIONS_H
#define ACCESSTOKEN_TOOL_CONDITIONS_H

#include <apr_hash.h>
#include <apr_tables.h>

/** How sure it is that httpd reads a section, the least first. */
typedef enum {
    AT_SURELY_NOT,
    AT_PERHAPS_NOT, /* it cannot be seen here, and is not likely */
    AT_PERHAPS,     /* it cannot be seen here, but is likely */
    AT_SURELY
} at_surety_e;

typedef struct at_knowledge_t {
    apr_pool_t *pool;
    apr_hash_t *variables; /* name -> value; case matters, as in httpd */
    apr_table_t *modules;
    const char *server_root;
} at_knowledge_t;

/** Begin with the environment, and with `envvars` beside the file. */
void at_conditions_begin(at_knowledge_t *knowledge, const char *path,
                         apr_pool_t *p);

/** A line with each ${NAME} replaced that is known. */
const char *at_conditions_expand(const at_knowledge_t *knowledge,
                                 const char *line);

/**
 * Heed Define, UnDefine, LoadModule, ServerRoot.
 *
 * @param surety  how sure it is that httpd reads the line
 * @param unless  the name in an <IfDefine !NAME> that makes it unsure, or ""
 * @return false if it is none of them.
 */
int at_conditions_log(at_knowledge_t *knowledge, const char *name,
                      const char *words, at_surety_e surety,
                      const char *unless);

/** Does httpd read the section? `name` without its bracket. */
at_surety_e at_conditions_judge(const at_knowledge_t *knowledge,
                                const char *name, const char *words);

#endif
