/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service: one table with everything that a server process needs to use it.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_SERVICE_H
#define ACCESSTOKEN_HTTPD_PROCESS_SERVICE_H

#include <httpd.h>

#include "core/lookup.h"
#include "httpd/process/lastused_log.h"
#include "httpd/process/outage_log.h"

/** A table, the lookup in it, its background jobs and its logs. */
typedef struct at_service_t {
    const char *name; /* of the table */
    at_dbpool_t *dbpool;
    at_table_t *table;
    at_lastused_flush_t *flush;
    at_lookup_t *lookup;
    at_outage_log_t *read_outage;
    at_outage_log_t *write_outage;
    at_lastused_log_t *lastused_log;
    int has_ended; /* set by at_stop() */
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
 * A token was deleted: drop it from the caches of all services of this process,
 * because two servers may name the same table in two ways.
 */
void at_service_drop(const at_id_t *id);

#endif
