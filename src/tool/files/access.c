/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the rights of a file from its mode, without becoming the user.
 */
#include "tool/files/access.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#define GROUPS_MAX 256

const char *at_access_user_name(uid_t user, apr_pool_t *p)
{
    const struct passwd *found = getpwuid(user);

    return found ? apr_pstrdup(p, found->pw_name)
                 : apr_psprintf(p, "user %lu", (unsigned long)user);
}

const char *at_access_folder(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');

    if (!slash) {
        return ".";
    }
    return slash == path ? "/"
                         : apr_pstrmemdup(p, path, (apr_size_t)(slash - path));
}

const char *at_access_server_user(const char *configured)
{
    static const char *const usual[] = {"www-data", "apache", "httpd", "http",
                                        "_www"};
    apr_size_t i;

    if (configured && getpwnam(configured)) {
        return configured;
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

/* R_OK, W_OK and X_OK are the bits of the last digit of a mode. */
int at_access_allows(const char *user, const char *path, int rights)
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
    return (mode & rights) == rights;
}

/* A folder that not all users may enter protects what lies in it. */
int at_access_is_world_readable(const char *path, apr_pool_t *p)
{
    char *real = realpath(path, NULL);
    const char *one = apr_pstrdup(p, real ? real : path);
    struct stat found;
    int may = stat(one, &found) == 0 && (found.st_mode & S_IROTH);

    free(real);
    while (may && *one == '/' && one[1]) {
        one = at_access_folder(one, p);
        may = stat(one, &found) == 0 && (found.st_mode & S_IXOTH);
    }
    return may;
}
