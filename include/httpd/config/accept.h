/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the directives that say in which ways a location accepts tokens.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_ACCEPT_H
#define ACCESSTOKEN_HTTPD_CONFIG_ACCEPT_H

#include "httpd/config/settings.h"

/** AccessTokenAccept: bearer, basic, header:Name, in any order. */
const char *at_accept_read_ways(const cmd_parms *cmd,
                                const at_setting_t *setting, const char *line,
                                void *field);

/** Does any location accept a token in a field of its own? */
int at_accept_has_fields(void);

/** AccessTokenBasicUser: any or owner. */
const char *at_accept_read_basic_user(const cmd_parms *cmd,
                                      const at_setting_t *setting,
                                      const char *arg, void *field);

/**
 * AuthBasicProvider. httpd gives a directive to every module that has one of
 * that name, and mod_auth_basic does not tell which providers it was given.
 */
const char *at_accept_add_provider(cmd_parms *cmd, void *dir, const char *name);

#endif
