/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Begins and ends a server process: its services are opened in child_init, and
 * ended by a pre-cleanup of the process's pool, the one moment that comes for
 * every MPM and every way to stop.
 */
#include "httpd/process/child.h"

#include <string.h>
#include <unistd.h>

#include <http_log.h>
#include <http_main.h>
#include <mpm_common.h>
#include <unixd.h>
#include <apr_dbd.h>

#include "core/db/driver.h"
#include "httpd/config/config.h"
#include "httpd/process/service.h"
#include "httpd/process/stop.h"

APLOG_USE_MODULE(accesstoken);

int at_child_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *server)
{
    (void)plog;
    (void)ptemp;
    apr_dbd_init(pconf);
    for (; server; server = server->next) {
        const char *driver = at_config_server(server)->database.driver;

        if (at_database_driver_check(driver, pconf) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, server,
                         "AccessTokenDatabase: the apr_dbd driver %s is not "
                         "installed; Debian has it in the package %s",
                         driver, at_driver_package(driver, pconf));
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

static int uses_default_database(server_rec *server)
{
    for (; server; server = server->next) {
        if (strcmp(at_config_server(server)->database.params,
                   AT_CONFIG_DEFAULT_DATABASE) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Only the folder, and only where it is missing: the file is made by the
 * server's own user when it is first needed. */
int at_child_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                         server_rec *server)
{
    const apr_fileperms_t owner_only =
        APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE;

    apr_status_t status = APR_EEXIST;

    (void)pconf;
    (void)plog;
    if (uses_default_database(server)) {
        status = apr_dir_make(AT_STATEDIR, owner_only, ptemp);
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EEXIST(status)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, status, server,
                     "the folder of the default database, %s, cannot be made",
                     AT_STATEDIR);
    }
    if (status != APR_SUCCESS) {
        return OK;
    }
    if (geteuid() == 0 && chown(AT_STATEDIR, ap_unixd_config.user_id,
                                ap_unixd_config.group_id) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, server,
                     "%s cannot be given to the server's user", AT_STATEDIR);
    }
    return OK;
}

void at_child_init(apr_pool_t *pchild, server_rec *server)
{
    apr_pool_pre_cleanup_register(pchild, at_service_open_all(server, pchild),
                                  at_stop);
}
