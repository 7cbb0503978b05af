/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hands out the settings that hold for a server and for a request.
 */
#include "httpd/config.h"

at_server_t *at_config_server(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &accesstoken_module);
}

const at_dir_t *at_config_dir(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &accesstoken_module);
}
