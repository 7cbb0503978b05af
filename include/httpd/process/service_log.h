/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the error log is told about reaching a service's table.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_SERVICE_LOG_H
#define ACCESSTOKEN_HTTPD_PROCESS_SERVICE_LOG_H

#include "httpd/process/service.h"

/** Let the log know, once, that a question had no answer, or that one had. */
void at_service_log_read(request_rec *r, const char *reason,
                         apr_status_t status);

/** The same where the cache has answered: the table was asked a moment ago. */
void at_service_log_freshness(request_rec *r);

/** The same where the cache has answered because the table could not. */
void at_service_log_absence(request_rec *r, const char *reason);

/** The same for a change. */
void at_service_log_write(request_rec *r, const char *reason,
                          apr_status_t status);

#endif
