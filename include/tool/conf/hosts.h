/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual hosts of a configuration, and which of them use access tokens.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_HOSTS_H
#define ACCESSTOKEN_TOOL_CONF_HOSTS_H

#include "tool/conf/reader.h"

typedef struct at_hosts_t at_hosts_t;

/** Host 0 is the main server. */
at_hosts_t *at_hosts_make(apr_pool_t *p);

/** Take in a directive of the configuration. */
void at_hosts_add(at_hosts_t *hosts, const at_directive_t *directive);

/** How many hosts there are, the main server among them. */
int at_hosts_count(const at_hosts_t *hosts);

/**
 * Does the main server answer requests itself? It does at an address of Listen
 * that no <VirtualHost> takes as a whole.
 */
int at_hosts_main_is_reached(const at_hosts_t *hosts);

/** Does any host use access tokens? */
int at_hosts_are_used(const at_hosts_t *hosts);

/**
 * The directive by which a host uses access tokens: its own, or one of the
 * main server, whose sections hold in every host.
 *
 * @return NULL if the host uses none, or redirects every request.
 */
const at_directive_t *at_hosts_use(const at_hosts_t *hosts, int host);

/** The host in a message: "the main server", "VirtualHost *:443". */
const char *at_hosts_name(const at_hosts_t *hosts, int host);

#endif
