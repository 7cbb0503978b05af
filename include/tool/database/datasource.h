/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data source of a command: the database and the table, as -d and -t, the
 * environment, a configuration of httpd or the defaults name them.
 */
#ifndef ACCESSTOKEN_TOOL_DATABASE_DATASOURCE_H
#define ACCESSTOKEN_TOOL_DATABASE_DATASOURCE_H

#include "tool/cli/args.h"
#include "tool/cli/exit_status.h"

/** The value of purge_after for AccessTokenPurgeAfter never. */
#define AT_PURGE_NEVER APR_INT64_C(-1)

typedef struct at_datasource_t {
    const char *driver;
    const char *params; /* "" if only a driver was named */
    const char *table;
    const char *prefix;
    apr_int64_t purge_after;   /* seconds, or AT_PURGE_NEVER */
    const char *named_by;      /* what names the database, for messages */
    const char *configuration; /* the file that was read; NULL: none */
    const char *server_user;   /* the user of httpd in it; NULL: not known */
    int is_default;            /* it is the module's own default database */
    int is_quiet;              /* do not name it on standard error */
} at_datasource_t;

/** Which settings the command needs; the others may remain ambiguous. */
typedef struct at_needs_t {
    int prefix;
    int purge_after;
} at_needs_t;

/**
 * Find the data source.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE or AT_EXIT_FILE, and the reason was
 *         written.
 */
at_exit_e at_datasource_find(const at_args_t *args, const at_needs_t *needs,
                             at_datasource_t *datasource, apr_pool_t *p);

/** Describe the database for a message, without the secrets of its
 *  parameters. */
const char *at_datasource_describe(const at_datasource_t *datasource,
                                   apr_pool_t *p);

#endif
