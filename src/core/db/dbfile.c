/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifies SQLite's files by device, inode and birth time, and stores with
 * the WAL a note of the file that it belongs to.
 *
 * The note is an extended attribute: it needs no file of its own, outlives all
 * processes, moves with the WAL, and is read by the module and by httoken. It
 * also identifies the WAL: in a copy of both files all numbers are new, so the
 * note proves nothing, and the copy is opened. On a file system without
 * extended attributes a connection has only its own memory.
 *
 * No file is opened here: closing it would release the locks that SQLite holds
 * on it in this process.
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
static const char moved[] = "the file was replaced while it was being opened";

/* All zero: there is no file. */
typedef struct identity_t {
    apr_uint64_t device;
    apr_uint64_t inode;
    apr_int64_t born; /* nanoseconds; 0: the file system does not store it */
} identity_t;

typedef struct pair_t {
    identity_t file;
    identity_t wal;
    int wal_is_empty;
} pair_t;

struct at_dbfile_t {
    const char *path;
    pair_t seen;         /* before SQLite opens it */
    pair_t known;        /* the pair that is open, or was open last */
    char real[PATH_MAX]; /* SQLite follows links, and the WAL is there */
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
/* 1 if the file is empty, 0 if not, -1 if there is none. */
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

static int exists(const identity_t *identity)
{
    return identity->inode != 0;
}

static int is_same(const identity_t *a, const identity_t *b)
{
    return a->device == b->device && a->inode == b->inode && a->born == b->born;
}

static void read_pair(const at_dbfile_t *file, pair_t *pair)
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

/* Without the device, whose number may change when the machine is rebooted. */
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

    return exists(identity) && number == 0 ? 1 : number;
}

/* The note at the WAL. It is short, so that it fits into the inode. */
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

/* Does the WAL certainly belong to another file? If that is only likely, a
 * good WAL must still be read. Inode numbers are reused, so without a birth
 * time the memory of this connection proves nothing. */
static int is_of_other_file(const at_dbfile_t *file, const pair_t *pair)
{
    note_t note;

    if (!exists(&pair->wal)) {
        return 0;
    }
    if (read_note(file->wal, &note) && note.wal == number_of(&pair->wal)) {
        return note.file != number_of(&pair->file);
    }
    return pair->wal.born != 0 && is_same(&pair->wal, &file->known.wal) &&
           !is_same(&pair->file, &file->known.file);
}

/* An empty WAL of another file has no data, but processes that still have it
 * open may write to it; so it is removed, and SQLite creates a new one. The
 * lock on the folder keeps other processes from removing that new one. The WAL
 * is removed last: as long as it exists, no process opens the file. */
static void remove_empty_wal_locked(at_dbfile_t *file)
{
    char index[sizeof(file->wal)];

    read_pair(file, &file->seen);
    if (is_of_other_file(file, &file->seen) && file->seen.wal_is_empty) {
        apr_snprintf(index, sizeof(index), "%.*s-shm",
                     (int)(strlen(file->wal) - strlen("-wal")), file->wal);
        unlink(index);
        unlink(file->wal);
        read_pair(file, &file->seen);
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

static void remove_empty_wal(at_dbfile_t *file)
{
    char path[PATH_MAX];
    int folder;

    folder_of(file->wal, path);
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0) {
        remove_empty_wal_locked(file);
    }
    if (folder >= 0) {
        close(folder);
    }
}

/* Creating the file */

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

/* If that fails, SQLite reports the error. */
static void create(const char *path)
{
    struct stat created;
    gid_t group;

    if (mknod(path, S_IFREG | S_IRUSR | S_IWUSR, 0) == 0 &&
        at_dbfile_group(path, &group) && lstat(path, &created) == 0 &&
        created.st_gid == group) {
        (void)chmod(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
    }
}

/* Opening it */

const char *at_dbfile_before_open(at_dbfile_t *file)
{
    resolve(file);
    read_pair(file, &file->seen);
    if (is_of_other_file(file, &file->seen)) {
        remove_empty_wal(file);
    }
    if (is_of_other_file(file, &file->seen)) {
        return exists(&file->seen.file) ? replaced : gone;
    }
    if (!exists(&file->seen.file)) {
        create(file->path);
        resolve(file);
        read_pair(file, &file->seen);
    }
    return NULL;
}

/* SQLite does not say which file it has opened. If the path has the same file
 * before and after, it is that one; otherwise it may be neither. */
const char *at_dbfile_after_open(at_dbfile_t *file)
{
    pair_t now;

    read_pair(file, &now);
    if (exists(&file->seen.file) && !is_same(&file->seen.file, &now.file)) {
        return moved;
    }
    file->known = now;
    if (exists(&file->known.wal)) {
        note_pair(file, &file->known);
    }
    return NULL;
}

int at_dbfile_has_wal(const at_dbfile_t *file)
{
    return exists(&file->known.wal);
}

/* While a connection is open, SQLite neither removes its WAL nor creates
 * another. But the first connection that uses WAL mode may be opened later. */
int at_dbfile_is_other(at_dbfile_t *file)
{
    pair_t now;

    read_pair(file, &now);
    if (!exists(&now.file)) {
        return 0;
    }
    if (!exists(&file->known.file)) {
        file->known.file = now.file;
    }
    if (!is_same(&now.file, &file->known.file)) {
        return 1;
    }
    if (!exists(&file->known.wal) && exists(&now.wal)) {
        file->known.wal = now.wal;
        note_pair(file, &file->known);
    }
    return !is_same(&now.wal, &file->known.wal);
}

/* Where it lies */

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
