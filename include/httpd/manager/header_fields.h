/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header fields of the manager's answers, of its page and of the page's
 * files, whatever mod_headers and mod_expires are configured to do.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_HEADER_FIELDS_H
#define ACCESSTOKEN_HTTPD_MANAGER_HEADER_FIELDS_H

#include <httpd.h>

/** The request is the manager's, so no answer to it may be stored. */
void at_header_fields_begin(request_rec *r);

/** The answer is the page, which has a Content-Security-Policy. */
void at_header_fields_page(request_rec *r);

/** The answer is a file of the page, which browsers may cache for ever. */
void at_header_fields_asset(request_rec *r);

/** Hooks: insert_filter and insert_error_filter, after those of mod_headers. */
void at_header_fields_insert(request_rec *r);

/** Register the output filter; called with the hooks. */
void at_header_fields_register(void);

#endif
