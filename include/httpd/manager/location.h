/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which requests are the manager's: those below the path of a <Location> with
 * AccessTokenManager.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_LOCATION_H
#define ACCESSTOKEN_HTTPD_MANAGER_LOCATION_H

#include "httpd/config/config.h"

/** at_location_path() where AccessTokenManager is not Off. */
const char *at_location_path_within(const request_rec *r);

/**
 * The part of the request's path that follows the manager's path: "", or a
 * slash and the rest. NULL if the request is not the manager's.
 *
 * Several hooks ask this of every request of the server, so the common answer,
 * no manager, is inline.
 */
static inline const char *at_location_path(const request_rec *r)
{
    return at_config_dir(r)->manager.mode == AT_MANAGER_OFF
               ? NULL
               : at_location_path_within(r);
}

#endif
