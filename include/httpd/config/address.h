/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the argument of AccessTokenAddress, which the page shows to users as
 * an example of an address at which tokens can be used.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_ADDRESS_H
#define ACCESSTOKEN_HTTPD_CONFIG_ADDRESS_H

#include "httpd/config/settings.h"

/** Read an http or https URL, or none; at_settings_read_t. */
const char *at_address_read(const cmd_parms *cmd, const at_setting_t *setting,
                            const char *arg, void *field);

#endif
