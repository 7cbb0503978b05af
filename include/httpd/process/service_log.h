/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs whether a service's table can be reached.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_SERVICE_LOG_H
#define ACCESSTOKEN_HTTPD_PROCESS_SERVICE_LOG_H

#include "httpd/process/service.h"

/** The table was read with this status: log the begin or end of an outage. */
void at_service_log_read(request_rec *r, const char *reason,
                         apr_status_t status);

/** The cache answered, so the table has answered a revocation query lately. */
void at_service_log_hit(request_rec *r);

/** The cache answered because the table could not be read. */
void at_service_log_stale_hit(request_rec *r, const char *reason);

/** The table was written with this status. */
void at_service_log_write(request_rec *r, const char *reason,
                          apr_status_t status);

#endif
