/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lives as long as a server process: the desks to its databases, and for
 * each table a service.
 */
#ifndef ACCESSTOKEN_HTTPD_CHILD_H
#define ACCESSTOKEN_HTTPD_CHILD_H

#include <httpd.h>

#include "core/clerk.h"
#include "httpd/trouble.h"
#include "httpd/uselog.h"

/** A table and what this process remembers about reaching it. */
typedef struct at_service_t {
    const char *name; /* of the table */
    at_desk_t *desk;
    at_table_t *table;
    at_clerk_t *clerk;
    at_trouble_t *reading;
    at_trouble_t *writing;
    at_uselog_t *uses;
    int has_ended; /* at the stop */
} at_service_t;

/** Hook: is every driver there? In time for apachectl -t. */
int at_child_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *server);

/** Hook: make the folder of the default database, as root still. */
int at_child_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                         server_rec *server);

/** Hook: a process begins. */
void at_child_init(apr_pool_t *pchild, server_rec *server);

/** The service of a request's table. */
at_service_t *at_child_service(const request_rec *r);

/**
 * A token was deleted: forget it in whatever table of this process. Two servers
 * may name the same table in two ways.
 */
void at_child_forget(const at_id_t *id);

/** Let the log know, once, that a question had no answer, or that one had. */
void at_child_heed_read(request_rec *r, const at_ask_t *ask,
                        apr_status_t status);

/** The same where the shelf has answered: the table was asked a moment ago. */
void at_child_heed_contact(request_rec *r);

/** The same where the shelf has answered because the table could not. */
void at_child_heed_absence(request_rec *r, const at_ask_t *ask);

/** The same for a change. */
void at_child_heed_write(request_rec *r, const at_ask_t *ask,
                         apr_status_t status);

#endif
