/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that root creates must not stay root's, or httpd could not write to
 * it. The folder may belong to another user, so no symbolic link is followed.
 */
#include "tool/files/create.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/db/dbfile.h"
#include "tool/files/access.h"
#include "tool/output/messages.h"

/* The user that has to own what root creates in a folder: the owner of the
 * folder, or httpd's user in a folder of root. NULL: the caller. */
static const struct passwd *new_owner(const char *server_user,
                                      const char *folder)
{
    struct stat found;

    if (geteuid() != 0) {
        return NULL;
    }
    if (stat(folder, &found) == 0 && found.st_uid != 0) {
        return getpwuid(found.st_uid);
    }
    return server_user ? getpwnam(server_user) : NULL;
}

static at_exit_e fail(const char *what, const char *path)
{
    at_message_error("%s %s cannot be created: %s", what, path,
                     strerror(errno));
    return AT_EXIT_FILE;
}

static at_exit_e create_folder(const char *server_user, const char *folder)
{
    const struct passwd *owner = new_owner(server_user, folder);

    if (mkdir(folder, 0700) != 0) {
        return fail("the folder", folder);
    }
    if (owner && lchown(folder, owner->pw_uid, owner->pw_gid) != 0) {
        at_message_error("%s cannot be given to the user %s: %s", folder,
                         owner->pw_name, strerror(errno));
    }
    at_message_note("Created the folder %s%s%s.", folder,
                    owner ? ", owner " : "", owner ? owner->pw_name : "");
    return AT_EXIT_DONE;
}

at_exit_e at_create_database_file(const char *path, const char *server_user,
                                  int makes_folder, apr_pool_t *p)
{
    const char *folder = at_access_folder(path, p);
    const struct passwd *owner;
    struct stat made;
    gid_t group = (gid_t)-1;
    int is_shared, file;

    if (makes_folder && access(folder, F_OK) != 0) {
        at_exit_e status = create_folder(server_user, folder);

        if (status != AT_EXIT_DONE) {
            return status;
        }
    }
    file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno == EEXIST ? AT_EXIT_DONE : fail("the file", path);
    }
    owner = new_owner(server_user, folder);
    is_shared = at_dbfile_group(path, &group);
    if (owner &&
        fchown(file, owner->pw_uid, is_shared ? group : owner->pw_gid) != 0) {
        at_message_error("%s cannot be given to the user %s: %s", path,
                         owner->pw_name, strerror(errno));
    }
    if (is_shared && fstat(file, &made) == 0 && made.st_gid == group) {
        (void)fchmod(file, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
    }
    close(file);
    at_message_note("Created the file %s%s%s.", path, owner ? ", owner " : "",
                    owner ? owner->pw_name : "");
    return AT_EXIT_DONE;
}
