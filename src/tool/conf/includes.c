/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds files with glob(). By default glob() takes a folder that may not be
 * read for an empty one; here the two are distinguished.
 */
#include "tool/conf/includes.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

static int is_denial(const char *path, int error)
{
    (void)path;
    return error == EACCES;
}

static int is_dot(const char *path)
{
    const char *name = strrchr(path, '/') + 1;

    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int find(const char *pattern, int flags, apr_array_header_t *paths,
                apr_pool_t *p)
{
    glob_t matches;
    int status = glob(pattern, flags, is_denial, &matches);
    apr_size_t i;

    for (i = 0; status == 0 && i < matches.gl_pathc; i++) {
        if (!(flags & GLOB_PERIOD) || !is_dot(matches.gl_pathv[i])) {
            APR_ARRAY_PUSH(paths, const char *) =
                apr_pstrdup(p, matches.gl_pathv[i]);
        }
    }
    globfree(&matches);
    return status == 0 || status == GLOB_NOMATCH;
}

static int has_wildcard(const char *pattern)
{
    return strpbrk(pattern, "*?[\\") != NULL;
}

/* Where the folder of a file is a pattern, glob() does not say why the file is
 * missing. */
static int may_enter_all(const char *pattern, apr_pool_t *p)
{
    const char *slash = strrchr(pattern, '/');
    apr_array_header_t *folders;
    struct stat found;
    int i;

    if (!slash || slash == pattern) {
        return 1;
    }
    pattern = apr_pstrmemdup(p, pattern, (apr_size_t)(slash - pattern));
    if (!has_wildcard(pattern)) {
        return 1;
    }
    folders = apr_array_make(p, 8, sizeof(const char *));
    if (!find(pattern, 0, folders, p)) {
        return 0;
    }
    for (i = 0; i < folders->nelts; i++) {
        const char *one = APR_ARRAY_IDX(folders, i, const char *);

        if (stat(one, &found) == 0 && S_ISDIR(found.st_mode) &&
            access(one, X_OK) != 0) {
            return 0;
        }
    }
    return 1;
}

int at_includes_find(const char *pattern, apr_array_header_t *paths,
                     apr_pool_t *p)
{
    struct stat found;

    if (has_wildcard(pattern)) {
        return find(pattern, 0, paths, p) && may_enter_all(pattern, p);
    }
    if (lstat(pattern, &found) != 0) {
        return errno == ENOENT || errno == ENOTDIR;
    }
    APR_ARRAY_PUSH(paths, const char *) = pattern;
    return 1;
}

int at_includes_folder(const char *folder, apr_array_header_t *paths,
                       apr_pool_t *p)
{
    return find(apr_pstrcat(p, folder, "/*", NULL), GLOB_PERIOD, paths, p);
}
