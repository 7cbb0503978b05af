/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares a request's path with the path of the manager's <Location>.
 */
#include "httpd/manager/location.h"

#include <string.h>

const char *at_location_path_within(const request_rec *r)
{
    const char *path = at_config_dir(r)->manager.path;
    apr_size_t length;

    if (r->proxyreq == PROXYREQ_PROXY || !path || !r->uri) {
        return NULL;
    }
    length = strlen(path);
    if (strncmp(r->uri, path, length) != 0 ||
        (r->uri[length] != '\0' && r->uri[length] != '/')) {
        return NULL;
    }
    return r->uri + length;
}
