/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's file: its identity, and whether the write-ahead log (WAL) beside it
 * belongs to it.
 *
 * SQLite itself does not check that. If a database is replaced by another file,
 * SQLite silently writes the content of the old WAL into the new file.
 */
#ifndef ACCESSTOKEN_CORE_DB_DBFILE_H
#define ACCESSTOKEN_CORE_DB_DBFILE_H

#include <sys/types.h>

#include <apr_pools.h>

/** What one connection knows about its file. */
typedef struct at_dbfile_t at_dbfile_t;

/** The file of that path, which need not exist; NULL if the path is none, as
 *  ":memory:". */
at_dbfile_t *at_dbfile_make(const char *path, apr_pool_t *p);

/**
 * Call before SQLite opens the file. If it does not exist, it is created here,
 * readable and writable for its owner and, if the folder is shared with a
 * group, for that group.
 *
 * @return NULL, or the reason why SQLite must not open it.
 */
const char *at_dbfile_before_open(at_dbfile_t *file);

/**
 * Call after SQLite has opened the file: it marks the WAL as belonging to it.
 *
 * @return NULL, or the reason why SQLite must close it again.
 */
const char *at_dbfile_after_open(at_dbfile_t *file);

/** Does the file that is open have a WAL? */
int at_dbfile_has_wal(const at_dbfile_t *file);

/**
 * Is there another file, or another WAL, than those that are open? A file that
 * is missing does not count, since it may come back in a moment; a missing WAL
 * does.
 */
int at_dbfile_is_other(at_dbfile_t *file);

/** A number made of the file's device, inode and birth time; 0: no file is
 *  open. */
apr_uint64_t at_dbfile_number(const at_dbfile_t *file);

/** Is the path in a /tmp folder, which systemd may make private to httpd? */
int at_dbfile_is_in_tmp(const char *path);

/**
 * Is the file itself a mount point, as in a container with a bind-mounted file?
 * Then the files that SQLite writes beside it are on another file system.
 */
int at_dbfile_is_mounted(const char *path);

/**
 * Is the folder of that path shared with a group, so that a file which is
 * created in it is readable and writable for the group?
 */
int at_dbfile_group(const char *path, gid_t *group);

#endif
