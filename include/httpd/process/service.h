/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service: one table as a server process uses it.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_SERVICE_H
#define ACCESSTOKEN_HTTPD_PROCESS_SERVICE_H

#include <httpd.h>

#include "core/lookup.h"
#include "httpd/process/lastused_log.h"
#include "httpd/process/outage_log.h"

/** A table and what this process remembers about reaching it. */
typedef struct at_service_t {
    const char *name; /* of the table */
    at_dbpool_t *dbpool;
    at_table_t *table;
    at_lastused_flush_t *flush;
    at_lookup_t *lookup;
    at_outage_log_t *reading;
    at_outage_log_t *writing;
    at_lastused_log_t *uses;
    int has_ended; /* at the stop */
} at_service_t;

/**
 * Open the services of all servers.
 *
 * @return an array of at_service_t *, for at_stop()
 */
apr_array_header_t *at_service_open_all(server_rec *server, apr_pool_t *p);

/** The service of a request's table. */
at_service_t *at_service_of(const request_rec *r);

/**
 * A token was deleted: forget it in whatever table of this process. Two servers
 * may name the same table in two ways.
 */
void at_service_forget(const at_id_t *id);

#endif
