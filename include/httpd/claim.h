/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which requests are the manager's: its location is taken from the modules that
 * map addresses to files and backends, and left to those that answer.
 */
#ifndef ACCESSTOKEN_HTTPD_CLAIM_H
#define ACCESSTOKEN_HTTPD_CLAIM_H

#include <httpd.h>

/**
 * What follows the manager's path in the address of the request: "", or from a
 * slash on; NULL if the request is not the manager's.
 */
const char *at_claim_path(const request_rec *r);

/**
 * Hook: translate_name, before all others. Returns what another module answers
 * (a redirect, a refusal, an error); overrules a mapping.
 */
int at_claim_translate(request_rec *r);

/** Hook: map_to_storage; neither a directory nor .htaccess applies. */
int at_claim_keep(request_rec *r);

/**
 * Hook: type_checker, before all others: none has to find a type by the file
 * name, or thinks later that the request has no handler.
 */
int at_claim_type(request_rec *r);

#endif
