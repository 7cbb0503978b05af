/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a server process, whatever the MPM and the way to stop it.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_STOP_H
#define ACCESSTOKEN_HTTPD_PROCESS_STOP_H

#include <apr_errno.h>

/**
 * A pre-cleanup of the process's pool: end the connection pools, and wait for what they write.
 * May run in a signal handler.
 *
 * @param services  an array of at_service_t *
 */
apr_status_t at_stop(void *services);

#endif
