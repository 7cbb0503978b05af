/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers with OAuth 2.0 protected resource metadata (RFC 9728).
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_METADATA_H
#define ACCESSTOKEN_HTTPD_MANAGER_METADATA_H

#include <httpd.h>

/**
 * Hook: translate_name, before that of the manager. Claims the address of
 * metadata, if its resource has any.
 */
int at_metadata_translate(request_rec *r);

/** Hook: map_to_storage and type_checker; metadata are in no file. */
int at_metadata_skip(request_rec *r);

/** Hook: access_checker_ex, last; metadata need no authentication. */
int at_metadata_access(request_rec *r);

/** Hook: handler, before that of the manager. */
int at_metadata_answer(request_rec *r);

/** Register the output filter; called with the hooks. */
void at_metadata_register(void);

#endif
