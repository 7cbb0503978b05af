/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and files. What root makes here must not be root's, or httpd could not
 * write to it; and it is made in a folder that may be another user's, so no link
 * is followed.
 */
#include "tool/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/db/dbfile.h"
#include "tool/terminal.h"

#define GROUPS_MAX 256

const char *at_owner_name(uid_t user, apr_pool_t *p)
{
    const struct passwd *found = getpwuid(user);

    return found ? apr_pstrdup(p, found->pw_name)
                 : apr_psprintf(p, "user %lu", (unsigned long)user);
}

const char *at_owner_folder(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');

    if (!slash) {
        return ".";
    }
    return slash == path ? "/"
                         : apr_pstrmemdup(p, path, (apr_size_t)(slash - path));
}

const char *at_owner_server(const at_target_t *target)
{
    static const char *const usual[] = {"www-data", "apache", "httpd", "http",
                                        "_www"};
    apr_size_t i;

    if (target->server_user && getpwnam(target->server_user)) {
        return target->server_user;
    }
    for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (getpwnam(usual[i])) {
            return usual[i];
        }
    }
    return NULL;
}

static int is_member(const struct passwd *user, gid_t group)
{
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;
    int i;

    if (user->pw_gid == group) {
        return 1;
    }
    if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0) {
        return 0;
    }
    for (i = 0; i < count && groups[i] != group;) {
        i++;
    }
    return i < count;
}

/* R_OK, W_OK and X_OK are the bits of a mode's last digit. */
int at_owner_may(const char *user, const char *path, int what)
{
    const struct passwd *found = getpwnam(user);
    struct stat file;
    int mode;

    if (!found || stat(path, &file) != 0) {
        return 0;
    }
    if (found->pw_uid == 0) {
        return 1;
    }
    mode = (int)file.st_mode;
    if (file.st_uid == found->pw_uid) {
        mode >>= 6;
    }
    else if (is_member(found, file.st_gid)) {
        mode >>= 3;
    }
    return (mode & what) == what;
}

/* Folders are followed as far as one that not everybody may enter. */
int at_owner_everybody_may_read(const char *path, apr_pool_t *p)
{
    char *real = realpath(path, NULL);
    const char *one = apr_pstrdup(p, real ? real : path);
    struct stat found;
    int may = stat(one, &found) == 0 && (found.st_mode & S_IROTH);

    free(real);
    while (may && *one == '/' && one[1]) {
        one = at_owner_folder(one, p);
        may = stat(one, &found) == 0 && (found.st_mode & S_IXOTH);
    }
    return may;
}

/* Who is to own what root makes in that folder: whoever the folder is given to,
 * else the web server's user. */
static const struct passwd *heir(const at_target_t *target, const char *folder)
{
    struct stat found;
    const char *name;

    if (geteuid() != 0) {
        return NULL;
    }
    if (stat(folder, &found) == 0 && found.st_uid != 0) {
        return getpwuid(found.st_uid);
    }
    name = at_owner_server(target);
    return name ? getpwnam(name) : NULL;
}

static at_exit_e fail(const char *what, const char *path)
{
    at_term_say("%s %s cannot be made: %s", what, path, strerror(errno));
    return AT_EXIT_FILE;
}

static at_exit_e make_folder(const at_target_t *target, const char *folder)
{
    const struct passwd *owner = heir(target, folder);

    if (mkdir(folder, 0700) != 0) {
        return fail("the folder", folder);
    }
    if (owner && lchown(folder, owner->pw_uid, owner->pw_gid) != 0) {
        at_term_say("%s cannot be given to %s: %s", folder, owner->pw_name,
                    strerror(errno));
    }
    at_term_note("made the folder %s%s%s", folder, owner ? ", owner " : "",
                 owner ? owner->pw_name : "");
    return AT_EXIT_DONE;
}

at_exit_e at_owner_make_file(const at_target_t *target, apr_pool_t *p)
{
    const char *path = target->params;
    const char *folder = at_owner_folder(path, p);
    const struct passwd *owner;
    struct stat made;
    gid_t group = (gid_t)-1;
    int is_shared, file;

    if (target->is_default && access(folder, F_OK) != 0) {
        at_exit_e status = make_folder(target, folder);

        if (status != AT_EXIT_DONE) {
            return status;
        }
    }
    file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno == EEXIST ? AT_EXIT_DONE : fail("the file", path);
    }
    owner = heir(target, folder);
    is_shared = at_dbfile_group(path, &group);
    if (owner &&
        fchown(file, owner->pw_uid, is_shared ? group : owner->pw_gid) != 0) {
        at_term_say("%s cannot be given to %s: %s", path, owner->pw_name,
                    strerror(errno));
    }
    if (is_shared && fstat(file, &made) == 0 && made.st_gid == group) {
        (void)fchmod(file, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
    }
    close(file);
    at_term_note("made the file %s%s%s", path, owner ? ", owner " : "",
                 owner ? owner->pw_name : "");
    return AT_EXIT_DONE;
}
