/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header fields that every answer of the manager carries, and those of its
 * page, whatever mod_headers and mod_expires do on the site.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_HEADER_FIELDS_H
#define ACCESSTOKEN_HTTPD_MANAGER_HEADER_FIELDS_H

#include <httpd.h>

/** The request is the manager's: no answer to it may be stored. */
void at_header_fields_begin(request_rec *r);

/** The answer is the page, which has a Content-Security-Policy. */
void at_header_fields_page(request_rec *r);

/** The answer is a file of the page, which may be kept for ever. */
void at_header_fields_asset(request_rec *r);

/** Hook: insert_filter and insert_error_filter, after mod_headers's. */
void at_header_fields_insert(request_rec *r);

/** Registers the output filter; called with the hooks. */
void at_header_fields_register(void);

#endif
