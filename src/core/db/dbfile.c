/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells SQLite's files apart by device, inode and birth, and keeps a note at the
 * WAL of the file that it belongs to.
 *
 * The note is an extended attribute: it needs no file of its own, outlives every
 * process, goes with the WAL, and any program that links this reads it. It also
 * names the WAL, so that a copy of both files, where all numbers are new, proves
 * nothing and is opened. Where a file system has no such attributes, only the
 * memory of this connection is left.
 *
 * No file is opened here: to close one would take away the locks that SQLite
 * holds on it in this process.
 */
#include "core/db/dbfile.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include <apr_strings.h>

#define NOTE_NAME "user.accesstoken"

static const char replaced[] =
    "the file was replaced, but the -wal beside it is still that of the old "
    "one: stop httpd, remove the files that end in -wal and -shm, start httpd";
static const char gone[] =
    "the file is gone, but its -wal is still there: put the file back, or stop "
    "httpd, remove the files that end in -wal and -shm, start httpd";
static const char moved[] = "the file was replaced while it was opened";

/* All 0 where there is none. */
typedef struct identity_t {
    apr_uint64_t device;
    apr_uint64_t inode;
    apr_int64_t born; /* nanoseconds; 0 where the file system does not tell */
} identity_t;

typedef struct pair_t {
    identity_t file;
    identity_t wal;
    int wal_is_empty;
} pair_t;

struct at_dbfile_t {
    const char *path;
    pair_t seen;         /* before SQLite opened it */
    pair_t known;        /* the pair that is open, or was the last one open */
    char real[PATH_MAX]; /* SQLite follows links, and puts the WAL there */
    char wal[PATH_MAX + 8];
};

at_dbfile_t *at_dbfile_make(const char *path, apr_pool_t *p)
{
    at_dbfile_t *file;

    if (!*path || *path == ':' || strncmp(path, "file:", 5) == 0) {
        return NULL;
    }
    file = apr_pcalloc(p, sizeof(*file));
    file->path = apr_pstrdup(p, path);
    return file;
}

/* Identities */

#ifdef STATX_BTIME
static int identify(const char *path, identity_t *identity)
{
    struct statx found;

    memset(identity, 0, sizeof(*identity));
    if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_BTIME, &found)) {
        return -1;
    }
    identity->device =
        (apr_uint64_t)found.stx_dev_major << 32 | found.stx_dev_minor;
    identity->inode = found.stx_ino;
    if (found.stx_mask & STATX_BTIME) {
        identity->born = (apr_int64_t)found.stx_btime.tv_sec * 1000000000 +
                         found.stx_btime.tv_nsec;
    }
    return found.stx_size == 0;
}
#else
static int identify(const char *path, identity_t *identity)
{
    struct stat found;

    memset(identity, 0, sizeof(*identity));
    if (stat(path, &found) != 0) {
        return -1;
    }
    identity->device = (apr_uint64_t)found.st_dev;
    identity->inode = (apr_uint64_t)found.st_ino;
    return found.st_size == 0;
}
#endif

static int is_there(const identity_t *identity)
{
    return identity->inode != 0;
}

static int is_same(const identity_t *a, const identity_t *b)
{
    return a->device == b->device && a->inode == b->inode && a->born == b->born;
}

static void look(const at_dbfile_t *file, pair_t *pair)
{
    identify(file->path, &pair->file);
    pair->wal_is_empty = identify(file->wal, &pair->wal) == 1;
}

static void resolve(at_dbfile_t *file)
{
    const char *real = realpath(file->path, file->real);

    apr_snprintf(file->wal, sizeof(file->wal), "%s-wal",
                 real ? real : file->path);
}

/* Without the device, whose number may change when the machine starts anew. */
static apr_uint64_t number_of(const identity_t *identity)
{
    const apr_uint64_t odd = 0x9e3779b97f4a7c15u;
    apr_uint64_t number = identity->inode * odd;

    number = (number ^ number >> 32 ^ (apr_uint64_t)identity->born) * odd;
    return number ^ number >> 32;
}

apr_uint64_t at_dbfile_number(const at_dbfile_t *file)
{
    const identity_t *identity = &file->known.file;
    apr_uint64_t number = number_of(identity) + identity->device;

    return is_there(identity) && number == 0 ? 1 : number;
}

/* The note at the WAL. It is short, so that it finds room in the inode. */
typedef struct note_t {
    apr_uint64_t wal;
    apr_uint64_t file;
} note_t;

#ifdef __linux__
static int read_note(const char *wal, note_t *note)
{
    return getxattr(wal, NOTE_NAME, note, sizeof(*note)) == sizeof(*note);
}

static void write_note(const char *wal, const note_t *note)
{
    (void)setxattr(wal, NOTE_NAME, note, sizeof(*note), 0);
}
#else
static int read_note(const char *wal, note_t *note)
{
    (void)wal;
    (void)note;
    return 0;
}

static void write_note(const char *wal, const note_t *note)
{
    (void)wal;
    (void)note;
}
#endif

static void note_pair(const at_dbfile_t *file, const pair_t *pair)
{
    const note_t wanted = {number_of(&pair->wal), number_of(&pair->file)};
    note_t found;

    if (!read_note(file->wal, &found) || found.wal != wanted.wal ||
        found.file != wanted.file) {
        write_note(file->wal, &wanted);
    }
}

/* For certain: what is only likely must not keep a good WAL from being read. The
 * number of an inode comes again, so without its birth memory proves nothing. */
static int is_of_another(const at_dbfile_t *file, const pair_t *pair)
{
    note_t note;

    if (!is_there(&pair->wal)) {
        return 0;
    }
    if (read_note(file->wal, &note) && note.wal == number_of(&pair->wal)) {
        return note.file != number_of(&pair->file);
    }
    return pair->wal.born != 0 && is_same(&pair->wal, &file->known.wal) &&
           !is_same(&pair->file, &file->known.file);
}

/* An empty WAL of another file has nothing to lose, but processes that still
 * have it open may write to it; so a fresh one takes its place. The lock of the
 * folder keeps others from removing that one. The WAL goes last: as long as it is
 * there, nobody opens the file. */
static void part_locked(at_dbfile_t *file)
{
    char index[sizeof(file->wal)];

    look(file, &file->seen);
    if (is_of_another(file, &file->seen) && file->seen.wal_is_empty) {
        apr_snprintf(index, sizeof(index), "%.*s-shm",
                     (int)(strlen(file->wal) - strlen("-wal")), file->wal);
        unlink(index);
        unlink(file->wal);
        look(file, &file->seen);
    }
}

static void folder_of(const char *path, char folder[PATH_MAX])
{
    char *slash;

    apr_cpystrn(folder, path, PATH_MAX);
    slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder] = '\0';
    }
    else {
        apr_cpystrn(folder, ".", PATH_MAX);
    }
}

static void part(at_dbfile_t *file)
{
    char path[PATH_MAX];
    int folder;

    folder_of(file->wal, path);
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0) {
        part_locked(file);
    }
    if (folder >= 0) {
        close(folder);
    }
}

/* Making it */

int at_dbfile_group(const char *path, gid_t *group)
{
    char folder[PATH_MAX];
    struct stat found;

    folder_of(path, folder);
    if (stat(folder, &found) != 0 || (found.st_mode & S_IWOTH)) {
        return 0;
    }
    *group = found.st_gid;
    return (found.st_mode & (S_ISGID | S_IWGRP)) != 0;
}

/* Where that is not possible, SQLite finds the words for it. */
static void make(const char *path)
{
    struct stat made;
    gid_t group;

    if (mknod(path, S_IFREG | S_IRUSR | S_IWUSR, 0) == 0 &&
        at_dbfile_group(path, &group) && lstat(path, &made) == 0 &&
        made.st_gid == group) {
        (void)chmod(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
    }
}

/* A connection's way */

const char *at_dbfile_before(at_dbfile_t *file)
{
    resolve(file);
    look(file, &file->seen);
    if (is_of_another(file, &file->seen)) {
        part(file);
    }
    if (is_of_another(file, &file->seen)) {
        return is_there(&file->seen.file) ? replaced : gone;
    }
    if (!is_there(&file->seen.file)) {
        make(file->path);
        resolve(file);
        look(file, &file->seen);
    }
    return NULL;
}

/* Which file SQLite has opened, nobody tells: the one that was there before and
 * after, or if it is another by then, perhaps neither. */
const char *at_dbfile_after(at_dbfile_t *file)
{
    pair_t now;

    look(file, &now);
    if (is_there(&file->seen.file) && !is_same(&file->seen.file, &now.file)) {
        return moved;
    }
    file->known = now;
    if (is_there(&file->known.wal)) {
        note_pair(file, &file->known);
    }
    return NULL;
}

int at_dbfile_has_wal(const at_dbfile_t *file)
{
    return is_there(&file->known.wal);
}

/* While a connection is open, SQLite neither removes its WAL nor makes another;
 * but the first who uses WAL may come later. */
int at_dbfile_is_other(at_dbfile_t *file)
{
    pair_t now;

    look(file, &now);
    if (!is_there(&now.file)) {
        return 0;
    }
    if (!is_there(&file->known.file)) {
        file->known.file = now.file;
    }
    if (!is_same(&now.file, &file->known.file)) {
        return 1;
    }
    if (!is_there(&file->known.wal) && is_there(&now.wal)) {
        file->known.wal = now.wal;
        note_pair(file, &file->known);
    }
    return !is_same(&now.wal, &file->known.wal);
}

/* Doubtful places */

int at_dbfile_is_in_tmp(const char *path)
{
    static const char *const places[] = {"/tmp/", "/var/tmp/"};
    apr_size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strncmp(path, places[i], strlen(places[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

int at_dbfile_is_mounted(const char *path)
{
#ifdef STATX_ATTR_MOUNT_ROOT
    struct statx found;

    return statx(AT_FDCWD, path, 0, STATX_TYPE, &found) == 0 &&
           (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#else
    (void)path;
    return 0;
#endif
}
