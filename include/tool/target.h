/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which database and table are meant: by -d and -t, by the environment, by a
 * configuration of httpd, or by default.
 */
#ifndef ACCESSTOKEN_TOOL_TARGET_H
#define ACCESSTOKEN_TOOL_TARGET_H

#include "tool/args.h"

/** Nothing is to be purged. */
#define AT_TARGET_NEVER APR_INT64_C(-1)

typedef struct at_target_t {
    const char *driver;
    const char *params; /* "" if only a driver was named */
    const char *table;
    const char *prefix;
    apr_int64_t purge_after;   /* seconds, or AT_TARGET_NEVER */
    const char *source;        /* where the database is named, for a person */
    const char *configuration; /* the file that was read; NULL: none */
    const char *server_user;   /* under whom httpd runs, as far as it is said */
    int is_default;            /* it is the module's own default database */
    int is_told; /* the person has said it, or does not want to hear it */
} at_target_t;

/** What a command does not want to know may be undecided. */
typedef struct at_wants_t {
    int prefix;
    int purge_after;
} at_wants_t;

/**
 * Find it out. What is wrong has been said on standard error.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE; AT_EXIT_FILE.
 */
at_exit_e at_target_find(const at_args_t *args, const at_wants_t *wants,
                         at_target_t *target, apr_pool_t *p);

#endif
