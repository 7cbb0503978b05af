/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's file: which one it is, and whether the write-ahead log (WAL) beside it
 * belongs to it.
 *
 * SQLite itself never asks. A file that is moved over a database gets the
 * content of the old WAL written into it, silently.
 */
#ifndef ACCESSTOKEN_CORE_DB_DBFILE_H
#define ACCESSTOKEN_CORE_DB_DBFILE_H

#include <sys/types.h>

#include <apr_pools.h>

/** What one connection knows about its file. */
typedef struct at_dbfile_t at_dbfile_t;

/** The file of that path, which may not be there yet; NULL if it names none. */
at_dbfile_t *at_dbfile_make(const char *path, apr_pool_t *p);

/**
 * Before SQLite opens the file. One that is missing is made here, for its owner
 * and, where the folder is shared with a group, for that group.
 *
 * @return NULL, or the reason why SQLite must not open it.
 */
const char *at_dbfile_before(at_dbfile_t *file);

/**
 * After SQLite has opened it: mark the WAL as that file's.
 *
 * @return NULL, or the reason why it must be closed again.
 */
const char *at_dbfile_after(at_dbfile_t *file);

/** Was there a WAL, too? */
int at_dbfile_has_wal(const at_dbfile_t *file);

/**
 * Does another file or another WAL lie there than those that are open? One that
 * is only gone may come back in a moment; a WAL may not.
 */
int at_dbfile_is_other(at_dbfile_t *file);

/** The file's device, inode and birth in one number; 0 where there is none. */
apr_uint64_t at_dbfile_number(const at_dbfile_t *file);

/** Is that path below a /tmp, of which systemd may give httpd one of its own? */
int at_dbfile_is_in_tmp(const char *path);

/**
 * Is the file a mount point, as in a container that was given the file alone?
 * Then what SQLite writes beside it lies elsewhere.
 */
int at_dbfile_is_mounted(const char *path);

/**
 * Is the folder of that path shared with a group, which then gets the same
 * rights to a file that is made in it?
 */
int at_dbfile_group(const char *path, gid_t *group);

#endif
