/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the configuration files of httpd, as far as access tokens need it:
 * includes, virtual hosts, variables and conditions.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_READER_H
#define ACCESSTOKEN_TOOL_CONF_READER_H

#include <apr_tables.h>

/** The name under which the beginning of a <VirtualHost> is visited. */
#define AT_DIRECTIVE_HOST "<VirtualHost>"

/** One directive. Its texts live as long as the pool of the reading. */
typedef struct at_directive_t {
    const char *name;
    const char *arguments;  /* the rest of the line, variables replaced */
    const char *location;   /* "file:line" */
    int host;               /* number of the virtual host around it; 0: none */
    const char *host_label; /* the arguments of that <VirtualHost> */
    int is_partial;         /* it holds for some requests of the host only */
    /** Why httoken cannot know whether httpd reads it, in words; or NULL. */
    const char *doubt;
    const char *server_root;
} at_directive_t;

typedef void at_directive_visit_t(void *data, const at_directive_t *directive);

/**
 * Read a file and what it includes, and visit each directive in its order.
 * Define, LoadModule and the like are applied and not visited; an Include is
 * visited only where httoken cannot follow it.
 *
 * @param server_root  where relative paths begin until a ServerRoot is read
 * @return NULL; or a sentence that says which file cannot be read.
 */
const char *at_reader_read(const char *path, const char *server_root,
                           at_directive_visit_t *visit, void *data,
                           apr_pool_t *p);

#endif
