/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads httpd configuration files as far as is needed to know what they say of
 * access tokens: includes, virtual hosts, variables and conditions.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_H
#define ACCESSTOKEN_TOOL_CONF_H

#include <apr_tables.h>

/** The name under which a <VirtualHost> is seen when it begins. */
#define AT_CONF_HOST "<VirtualHost>"

/** One directive. The texts live as long as the pool of the reading. */
typedef struct at_conf_line_t {
    const char *name;
    const char *words; /* what stands behind it, variables replaced */
    const char *where; /* "file:line" */
    int host;          /* which virtual host it stands in; 0: in none */
    const char *label; /* what that <VirtualHost> says */
    int is_partial;    /* it holds for some requests of the host only */
    /** Why it cannot be known whether httpd heeds it, in words; or NULL. */
    const char *doubt;
    const char *server_root;
} at_conf_line_t;

typedef void at_conf_seen_t(void *data, const at_conf_line_t *line);

/**
 * Read a file and what it includes; each directive is seen in its turn. Define,
 * LoadModule and the like are heeded and not seen; Include is seen only where it
 * cannot be followed.
 *
 * @param server_root  where relative paths begin until ServerRoot says it
 * @return NULL; or a sentence that says which file cannot be read.
 */
const char *at_conf_read(const char *path, const char *server_root,
                         at_conf_seen_t *seen, void *data, apr_pool_t *p);

/** Take the next word, with quotes and backslashes as httpd takes them. */
const char *at_conf_word(const char **rest, apr_pool_t *p);

#endif
