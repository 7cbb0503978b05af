/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures as OpenMetrics, which Prometheus and its relatives read.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_OPENMETRICS_H
#define ACCESSTOKEN_HTTPD_PROCESS_OPENMETRICS_H

#include <httpd.h>

/** Hook: handler, before that of mod_status; answers /server-status?openmetrics
 *  wherever mod_status would answer /server-status. */
int at_openmetrics_handle(request_rec *r);

#endif
