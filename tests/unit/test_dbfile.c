/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of SQLite's file when another one replaces it: the content is then
 * that of the new file, or the database is unavailable, and never a mixture of
 * both.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/db/database.h"
#include "core/db/dbfile.h"

static const char all[] = "SELECT s FROM t ORDER BY s";
static const char note[] = "user.accesstoken";

static const char *beside(const support_t *support, const char *suffix)
{
    return apr_pstrcat(support->pool, support->file, suffix, NULL);
}

static at_database_t *database_of(const support_t *support)
{
    return at_database_make("sqlite3", support->file, support->pool);
}

static void run(at_database_t *database, const char *sql)
{
    assert_int_equal(at_database_command(database, sql), APR_SUCCESS);
}

/* All texts of the table in one; NULL if the database is unavailable. */
static const char *content(const support_t *support, at_database_t *database)
{
    const char *texts = "";
    at_rows_t *rows;
    int i;

    if (at_database_select(database, all, NULL, 1, &rows, support->pool) !=
        APR_SUCCESS) {
        return NULL;
    }
    for (i = 0; i < rows->count; i++) {
        texts = apr_pstrcat(support->pool, texts, rows->values[i], NULL);
    }
    return texts;
}

/* A file with 'a', which was copied, and a connection that then wrote 'b'. */
static at_database_t *open_pair(const support_t *support)
{
    at_database_t *database = database_of(support);

    run(database, "CREATE TABLE t (s VARCHAR(9))");
    run(database, "INSERT INTO t VALUES ('a')");
    run(database, apr_psprintf(support->pool, "VACUUM INTO '%s'",
                               beside(support, ".copy")));
    run(database, "INSERT INTO t VALUES ('b')");
    return database;
}

static void move_over(const support_t *support)
{
    assert_int_equal(rename(beside(support, ".copy"), support->file), 0);
}

/* The file is checked once in half a second. */
static void await_check(at_database_t *database)
{
    apr_int64_t until = at_clock_monotonic() + SUPPORT_LONG_MS;

    while (at_database_is_open(database)) {
        assert_true(at_clock_monotonic() < until);
        support_nap();
        at_database_refresh(database);
    }
}

static void remove_beside(const support_t *support)
{
    assert_int_equal(remove(beside(support, "-wal")), 0);
    assert_int_equal(remove(beside(support, "-shm")), 0);
}

static void check_refused(const support_t *support, at_database_t *database)
{
    assert_null(content(support, database));
    assert_non_null(
        strstr(at_database_error(database), "stop httpd, remove the files"));
    assert_non_null(strstr(at_database_error(database), support->file));
    assert_false(at_database_locked(database));
    assert_true(at_database_file(database) == 0);
}

static void a_file_moved_over_another_is_refused_by_all_connections(
    void **state)
{
    support_t *support = *state;
    at_database_t *with_memory = open_pair(support);
    at_database_t *fresh = database_of(support);

    move_over(support);
    check_refused(support, fresh);
    await_check(with_memory);
    check_refused(support, with_memory);
    check_refused(support, with_memory);
    check_refused(support, fresh);
    remove_beside(support);
    assert_string_equal(content(support, with_memory), "a");
    assert_string_equal(content(support, fresh), "a");
    run(fresh, "INSERT INTO t VALUES ('c')");
    assert_string_equal(content(support, with_memory), "ac");
}

/* As on a file system without extended attributes. */
static void without_a_note_a_connection_remembers_the_file(void **state)
{
    support_t *support = *state;
    at_database_t *database = open_pair(support);

    move_over(support);
    assert_int_equal(removexattr(beside(support, "-wal"), note), 0);
    await_check(database);
    check_refused(support, database);
    remove_beside(support);
    assert_string_equal(content(support, database), "a");
}

/* Ends without closing the database, as a process that is killed. */
static void die_with_pair(const support_t *support)
{
    pid_t child = support_fork();
    int status;

    if (child == 0) {
        open_pair(support);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(access(beside(support, "-wal"), F_OK), 0);
}

static void the_wal_of_a_killed_process_is_read(void **state)
{
    support_t *support = *state;

    die_with_pair(support);
    assert_string_equal(content(support, database_of(support)), "ab");
}

static void a_file_moved_over_after_a_crash_is_refused(void **state)
{
    support_t *support = *state;

    die_with_pair(support);
    move_over(support);
    check_refused(support, database_of(support));
    remove_beside(support);
    assert_string_equal(content(support, database_of(support)), "a");
}

static void a_missing_file_is_not_created_beside_its_wal(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);

    die_with_pair(support);
    assert_int_equal(rename(support->file, beside(support, ".aside")), 0);
    assert_null(content(support, database));
    assert_non_null(strstr(at_database_error(database), "the file is gone"));
    assert_int_not_equal(access(support->file, F_OK), 0);
    assert_int_equal(rename(beside(support, ".aside"), support->file), 0);
    assert_string_equal(content(support, database), "ab");
}

/* With the notes, as cp -a and rsync -X copy them. */
static void a_copy_of_both_files_is_opened(void **state)
{
    static const char copy[] =
        "cd '%s' && cp -a tokens.db copied.db && "
        "cp -a tokens.db-wal copied.db-wal && rm tokens.db*";
    support_t *support = *state;
    support_t copied = *support;

    die_with_pair(support);
    assert_int_equal(system(apr_psprintf(support->pool, copy, support->folder)),
                     0);
    copied.file =
        apr_pstrcat(support->pool, support->folder, "/copied.db", NULL);
    assert_true(getxattr(beside(&copied, "-wal"), note, NULL, 0) > 0);
    assert_string_equal(content(&copied, database_of(&copied)), "ab");
}

static void an_empty_wal_is_replaced_with_its_file(void **state)
{
    support_t *support = *state;
    at_database_t *before = open_pair(support);
    at_database_t *after = database_of(support);
    struct stat old_wal, wal;

    at_database_drop(before);
    assert_string_equal(content(support, before), "ab");
    assert_int_equal(stat(beside(support, "-wal"), &old_wal), 0);
    assert_int_equal(old_wal.st_size, 0);
    move_over(support);
    assert_string_equal(content(support, after), "a");
    /* The late write goes to the old file, and not to the new one. */
    run(before, "INSERT INTO t VALUES ('late')");
    run(after, "INSERT INTO t VALUES ('c')");
    assert_string_equal(content(support, before), "ablate");
    await_check(before);
    assert_string_equal(content(support, before), "ac");
    assert_int_equal(stat(beside(support, "-wal"), &wal), 0);
    assert_true(wal.st_ino != old_wal.st_ino);
    assert_string_equal(content(support, after), "ac");
}

static void a_wal_that_was_removed_is_noticed(void **state)
{
    support_t *support = *state;
    at_database_t *database = open_pair(support);

    remove_beside(support);
    await_check(database);
    assert_string_equal(content(support, database), "ab");
}

static void a_link_leads_to_the_wal_of_its_file(void **state)
{
    support_t *support = *state;
    support_t linked = *support;
    at_database_t *database;

    linked.file = apr_pstrcat(support->pool, support->folder, "/link.db", NULL);
    assert_int_equal(symlink("tokens.db", linked.file), 0);
    run(database_of(support), "CREATE TABLE other (s VARCHAR(9))");
    database = open_pair(support);
    move_over(support);
    check_refused(&linked, database_of(&linked));
    at_database_drop(database);
}

static apr_uint64_t number_of(const support_t *support)
{
    at_dbfile_t *file = at_dbfile_make(support->file, support->pool);

    assert_null(at_dbfile_before_open(file));
    assert_null(at_dbfile_after_open(file));
    return at_dbfile_number(file);
}

/* Some file systems give the number of a removed inode to the next file. */
static void a_reused_inode_number_is_another_file(void **state)
{
    support_t *support = *state;
    struct stat old, new;
    apr_uint64_t number;
    int i;

    for (i = 0; i < 100; i++) {
        number = number_of(support);
        assert_true(number == number_of(support));
        assert_int_equal(stat(support->file, &old), 0);
        assert_int_equal(remove(support->file), 0);
        assert_true(number != number_of(support));
        assert_int_equal(stat(support->file, &new), 0);
        if (old.st_ino == new.st_ino) {
            return;
        }
    }
    print_message("# no inode number came again here\n");
}

static int mode_of(const char *path)
{
    struct stat found;

    assert_int_equal(stat(path, &found), 0);
    return (int)found.st_mode & 07777;
}

static void a_new_file_belongs_to_its_owner_or_its_group(void **state)
{
    static const struct {
        int folder, file;
    } modes[] = {{0700, 0600},  {0755, 0600},  {0770, 0660},
                 {02770, 0660}, {02750, 0660}, {01777, 0600}};
    support_t *support = *state;
    apr_size_t i;

    umask(022);
    for (i = 0; i < COUNT(modes); i++) {
        at_database_t *database = database_of(support);

        assert_int_equal(chmod(support->folder, (mode_t)modes[i].folder), 0);
        run(database, "CREATE TABLE t (s VARCHAR(9))");
        assert_int_equal(mode_of(support->file), modes[i].file);
        assert_int_equal(mode_of(beside(support, "-wal")), modes[i].file);
        assert_int_equal(mode_of(beside(support, "-shm")), modes[i].file);
        at_database_drop(database);
        assert_int_equal(remove(support->file), 0);
    }
}

static void only_a_path_names_a_file(void **state)
{
    support_t *support = *state;

    assert_null(at_dbfile_make("", support->pool));
    assert_null(at_dbfile_make(":memory:", support->pool));
    assert_null(at_dbfile_make("file:x?mode=ro", support->pool));
    assert_true(at_dbfile_is_in_tmp("/tmp/x.db"));
    assert_true(at_dbfile_is_in_tmp("/var/tmp/a/x.db"));
    assert_false(at_dbfile_is_in_tmp("/var/lib/x.db"));
    assert_false(at_dbfile_is_in_tmp("/tmpfs/x.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_file_moved_over_another_is_refused_by_all_connections),
        SUPPORT_TEST(without_a_note_a_connection_remembers_the_file),
        SUPPORT_TEST(the_wal_of_a_killed_process_is_read),
        SUPPORT_TEST(a_file_moved_over_after_a_crash_is_refused),
        SUPPORT_TEST(a_missing_file_is_not_created_beside_its_wal),
        SUPPORT_TEST(a_copy_of_both_files_is_opened),
        SUPPORT_TEST(an_empty_wal_is_replaced_with_its_file),
        SUPPORT_TEST(a_wal_that_was_removed_is_noticed),
        SUPPORT_TEST(a_link_leads_to_the_wal_of_its_file),
        SUPPORT_TEST(a_reused_inode_number_is_another_file),
        SUPPORT_TEST(a_new_file_belongs_to_its_owner_or_its_group),
        SUPPORT_TEST(only_a_path_names_a_file),
    };

    return cmocka_run_group_tests_name("dbfile", tests, support_begin,
                                       support_end);
}
