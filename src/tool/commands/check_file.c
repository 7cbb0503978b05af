/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the file of a SQLite database: that it exists, that httpd's user can
 * write it, and that its folder is a safe place for it.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/db/dbfile.h"
#include "tool/commands/check.h"
#include "tool/files/access.h"

/* Why the server cannot use a file; NULL: it can. */
static const char *server_fault(at_check_t *check, const char *path)
{
    apr_pool_t *p = check->tool->pool;
    const char *user = check->server_user;
    const char *folder = at_access_folder(path, p);

    if (!at_access_allows(user, path, R_OK | W_OK)) {
        return apr_psprintf(p,
                            "the web server's user %s may not read and write "
                            "%s; 'chown %s %s' gives it to the server",
                            user, path, user, path);
    }
    if (!at_access_allows(user, folder, R_OK | W_OK | X_OK)) {
        return apr_psprintf(p,
                            "the web server's user %s may not write to %s, "
                            "where SQLite keeps its journal",
                            user, folder);
    }
    return NULL;
}

static void check_server_files(at_check_t *check)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    const char *path = check->tool->datasource->params;
    apr_pool_t *p = check->tool->pool;
    /* An httpd that another user than root starts runs as that user. */
    int is_certain = check->tool->datasource->server_user || geteuid() == 0;
    apr_size_t i;

    if (!check->server_user) {
        at_check_note("file",
                      "the web server's user is not known, so its rights were "
                      "not checked");
        return;
    }
    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        const char *one = apr_pstrcat(p, path, suffixes[i], NULL);
        const char *fault =
            access(one, F_OK) == 0 ? server_fault(check, one) : NULL;

        if (fault && is_certain) {
            at_check_fault(check, AT_EXIT_FILE, "file", fault);
            return;
        }
        if (fault) {
            at_check_note("file", fault);
            return;
        }
    }
    at_check_ok("file", apr_psprintf(p, "%s, which %s may write", path,
                                     check->server_user));
}

static void check_folder(const char *path)
{
    if (at_dbfile_is_in_tmp(path)) {
        at_check_note(
            "file", "is in a temporary folder; with systemd's PrivateTmp httpd "
                    "has a folder of its own, which is deleted when it stops");
    }
    if (at_dbfile_is_mounted(path)) {
        at_check_note("file", "is a mount point itself; rows in its -wal file "
                              "are lost with the container: mount the folder");
    }
}

int at_check_file(at_check_t *check)
{
    const char *path = check->tool->datasource->params;
    apr_pool_t *p = check->tool->pool;
    struct stat found;

    if (!at_sql_is_sqlite(check->tool->datasource->driver)) {
        return 1;
    }
    if (stat(path, &found) != 0) {
        at_check_fault(
            check, AT_EXIT_FILE, "file",
            apr_psprintf(p, "%s: %s%s", path, strerror(errno),
                         errno == ENOENT ? at_connection_file_hint(path) : ""));
        return 0;
    }
    check_server_files(check);
    check_folder(path);
    if (at_access_is_world_readable(path, p)) {
        at_check_note("file",
                      apr_psprintf(p,
                                   "all users of this machine may read it; "
                                   "'chmod o= %s' prevents it",
                                   path));
    }
    if (access(path, R_OK) != 0) {
        at_check_fault(check, AT_EXIT_FILE, "file",
                       apr_psprintf(p, "you (%s) may not read it",
                                    at_access_user_name(geteuid(), p)));
        return 0;
    }
    return 1;
}
