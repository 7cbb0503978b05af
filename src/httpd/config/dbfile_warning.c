/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warns, once for each file, about a SQLite database in a temporary folder, or
 * one that is mounted into a container without its folder. Tokens are lost in
 * such places, and nothing else shows it beforehand.
 */
#include "httpd/config/dbfile_warning.h"

#include <string.h>

#include <http_core.h>
#include <http_log.h>

#include "core/db/dbfile.h"
#include "core/db/sql.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

static const char *file_of(const server_rec *server)
{
    const at_server_t *settings = at_config_server(server);

    return at_sql_is_sqlite(settings->database.driver)
               ? settings->database.params
               : NULL;
}

static int was_named_before(const server_rec *first, const server_rec *server)
{
    const char *file = file_of(server);

    for (; first != server; first = first->next) {
        const char *other = file_of(first);

        if (other && strcmp(other, file) == 0) {
            return 1;
        }
    }
    return 0;
}

static void check(server_rec *server)
{
    const char *file = file_of(server);

    if (at_dbfile_is_in_tmp(file)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "AccessTokenDatabase: the file %s is in a temporary "
                     "folder, which the system empties; under systemd's "
                     "PrivateTmp the folder is private to httpd, is removed "
                     "when httpd stops, and httoken opens another file; move "
                     "the file to a folder that lasts",
                     file);
    }
    if (at_dbfile_is_mounted(file)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "AccessTokenDatabase: the file %s is a mount point of its "
                     "own: SQLite's -wal and -shm files are beside it, outside "
                     "of the mount, and their data is lost with the container; "
                     "mount the folder instead of the file",
                     file);
    }
}

int at_dbfile_warning_check(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *server)
{
    server_rec *each;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    for (each = server; each; each = each->next) {
        if (file_of(each) && !was_named_before(server, each)) {
            check(each);
        }
    }
    return OK;
}
