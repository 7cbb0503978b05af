/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stops a server process, under every MPM and at every kind of stop.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_STOP_H
#define ACCESSTOKEN_HTTPD_PROCESS_STOP_H

#include <apr_errno.h>

/**
 * A pre-cleanup of the process's pool: ends the connection pools, and waits
 * until they have written the last uses. May run in a signal handler.
 *
 * @param services  an array of at_service_t *
 */
apr_status_t at_stop(void *services);

#endif
