/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the manager's location for the manager, and other addresses for what
 * answers there: modules that map addresses to files and backends are overruled
 * there, modules that answer are not.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_CLAIM_H
#define ACCESSTOKEN_HTTPD_MANAGER_CLAIM_H

#include <httpd.h>
#include <http_request.h>

/**
 * Take a request from the other modules that translate names.
 *
 * @param claim  the translate_name hook that calls this
 * @return OK: no module answers; the request has a file name in no folder, and
 *         no handler yet. Otherwise what a module has answered.
 */
int at_claim_take(request_rec *r, ap_HOOK_translate_name_t *claim);

/**
 * Hook: translate_name, before all others. Returns what another module answers
 * (a redirect, a refusal, an error) and overrules a mapping.
 */
int at_claim_translate(request_rec *r);

/**
 * Hook: map_to_storage, so that neither <Directory> nor .htaccess applies. It
 * also claims requests that reach the manager by a rewrite with [PT] or by the
 * lookup of a file.
 */
int at_claim_map(request_rec *r);

/**
 * Hook: type_checker, before all others, so that no module derives a type from
 * the file name or finds later that the request has no handler.
 */
int at_claim_type(request_rec *r);

#endif
