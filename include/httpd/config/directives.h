/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directives: the table that httpd reads, and the four functions with
 * which it creates and merges the settings.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_DIRECTIVES_H
#define ACCESSTOKEN_HTTPD_CONFIG_DIRECTIVES_H

#include "httpd/config/config.h"

extern const command_rec at_directives[];

void *at_directives_create_server(apr_pool_t *p, server_rec *server);
void *at_directives_merge_server(apr_pool_t *p, void *outer, void *inner);
void *at_directives_create_dir(apr_pool_t *p, char *path);
void *at_directives_merge_dir(apr_pool_t *p, void *outer, void *inner);

/** Does the tree, or any section in it, contain a directive of this name? */
int at_directives_contain(const ap_directive_t *tree, const char *name);

/** Is AccessTokenPurgeAfter set for this server, here or outside of it? */
int at_directives_has_purge_after(const at_server_t *server);

#endif
