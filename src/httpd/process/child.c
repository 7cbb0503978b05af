/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts and stops the module's part of a server process. child_init opens the
 * services. A pre-cleanup of the process's pool ends them: it is the only
 * function that every MPM calls at every kind of stop.
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
                         "installed; on Debian install the package %s",
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

/* Creates only the folder, and only if it does not exist. The server's own
 * user creates the file when it is first needed. */
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
                     "the folder of the default database, %s, could not be "
                     "created; create it for the server's user, or set "
                     "AccessTokenDatabase",
                     AT_STATEDIR);
    }
    if (status != APR_SUCCESS) {
        return OK;
    }
    if (geteuid() == 0 && chown(AT_STATEDIR, ap_unixd_config.user_id,
                                ap_unixd_config.group_id) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, server,
                     "the owner of the folder %s could not be changed to the "
                     "server's user; change it with chown",
                     AT_STATEDIR);
    }
    return OK;
}

void at_child_init(apr_pool_t *pchild, server_rec *server)
{
    apr_pool_pre_cleanup_register(pchild, at_service_open_all(server, pchild),
                                  at_stop);
}
