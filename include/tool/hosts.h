/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts of a configuration: the main server and each <VirtualHost>, and
 * which of them use access tokens.
 */
#ifndef ACCESSTOKEN_TOOL_HOSTS_H
#define ACCESSTOKEN_TOOL_HOSTS_H

#include "tool/conf.h"

typedef struct at_hosts_t at_hosts_t;

/** Host 0 is the main server. */
at_hosts_t *at_hosts_make(apr_pool_t *p);

/** See a directive of the configuration. */
void at_hosts_see(at_hosts_t *hosts, const at_conf_line_t *line);

/** How many there are, the main server among them. */
int at_hosts_count(const at_hosts_t *hosts);

/** Are there requests that reach no virtual host, but the main server? It is so
 * at an address of Listen that no <VirtualHost> takes as a whole. */
int at_hosts_leave_main(const at_hosts_t *hosts);

/** Does any of them use access tokens? */
int at_hosts_are_used(const at_hosts_t *hosts);

/**
 * The directive by which a host uses access tokens, its own or one of the main
 * server, whose sections hold in every host.
 *
 * @return NULL if it uses none, or redirects every request.
 */
const at_conf_line_t *at_hosts_use(const at_hosts_t *hosts, int host);

/** The host for a person: "the main server", "VirtualHost *:443". */
const char *at_hosts_name(const at_hosts_t *hosts, int host);

#endif
