/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which requests are the manager's: its location is taken from the modules that
 * map addresses to files and backends, and left to those that answer.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_CLAIM_H
#define ACCESSTOKEN_HTTPD_MANAGER_CLAIM_H

#include "httpd/config/config.h"

/** at_claim_path() for a location that has a manager. */
const char *at_claim_path_within(const request_rec *r);

/**
 * What follows the manager's path in the address of the request: "", or from a
 * slash on; NULL if the request is not the manager's. It is asked several times
 * of every request of the server, so most are told here.
 */
static inline const char *at_claim_path(const request_rec *r)
{
    return at_config_dir(r)->manager.mode == AT_MANAGER_OFF
               ? NULL
               : at_claim_path_within(r);
}

/**
 * Hook: translate_name, before all others. Returns what another module answers
 * (a redirect, a refusal, an error); overrules a mapping.
 */
int at_claim_translate(request_rec *r);

/**
 * Hook: map_to_storage; neither a directory nor .htaccess applies, also where a
 * rewrite with [PT] or the lookup of a file has led to the manager.
 */
int at_claim_keep(request_rec *r);

/**
 * Hook: type_checker, before all others: none has to find a type by the file
 * name, or thinks later that the request has no handler.
 */
int at_claim_type(request_rec *r);

#endif
