/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the unit tests share: a pool and a folder for each test, rows to work
 * with, and gates that hold a worker until the test lets it go.
 *
 * cmocka's own headers come first here, in the order that they need.
 */
#ifndef ACCESSTOKEN_TESTS_SUPPORT_H
#define ACCESSTOKEN_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include <apr_pools.h>
#include <apr_strings.h>

#include "core/cache/cache.h"
#include "core/db/store.h"
#include "core/pool/dbpool.h"
#include "core/pool/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Far more than anything here takes; a test that hangs ends by it. */
#define SUPPORT_LONG_MS 20000

/** What each test finds in *state. */
typedef struct support_t {
    apr_pool_t *pool;
    const char *folder;
    const char *file; /* where a database may be made */
} support_t;

/** Group fixtures: APR, apr_dbd, and an alarm against hanging. */
int support_begin(void **state);
int support_end(void **state);

/** Test fixtures: *state becomes a support_t with an empty folder. */
int support_setup(void **state);
int support_teardown(void **state);

#define SUPPORT_TEST(function)                                                 \
    cmocka_unit_test_setup_teardown(function, support_setup, support_teardown)

/** A row of user alice whose id and hash are made of `number`. */
at_row_t *support_row(apr_pool_t *p, int number);

/** An operation on a connection of its own to the test's file. */
at_op_t *support_op(support_t *support);

/* As the functions of store.h, with what they read and set as parameters. */
apr_status_t op_find(at_op_t *op, const at_id_t *id, const char *user,
                     at_row_t **row, apr_pool_t *p);
apr_status_t op_list(at_op_t *op, const at_list_t *list,
                     apr_array_header_t **rows, apr_pool_t *p);
apr_status_t op_insert(at_op_t *op, at_row_t *row, apr_int64_t limit,
                       apr_pool_t *p);
apr_status_t op_delete(at_op_t *op, const at_id_t *id, const char *user,
                       apr_int64_t when, apr_pool_t *p);
apr_status_t op_undo(at_op_t *op, at_row_t *row, apr_pool_t *p);

/* Likewise, of table.h. */
apr_status_t table_find(at_op_t *op, const at_id_t *id, const char *user,
                        at_row_t **row);
apr_status_t table_list(at_op_t *op, const at_list_t *list,
                        apr_array_header_t **rows);
apr_status_t table_insert(at_op_t *op, at_row_t *row, apr_int64_t limit);
apr_status_t table_delete(at_op_t *op, const at_id_t *id, const char *user,
                          apr_int64_t when);

/** Run SQL on a connection of its own, as another program would. */
void support_run_sql(support_t *support, const char *sql);

/** The row of that id; fails the test if there is none. */
at_row_t *support_find(at_op_t *op, const at_id_t *id, apr_pool_t *p);

/** Write a use of that token to the table. */
void support_touch(at_op_t *op, const at_id_t *id, apr_int64_t when,
                   apr_pool_t *p);

/** Holds workers: `entered` counts who came, `left` who has gone on. */
typedef struct support_gate_t {
    pthread_mutex_t lock;
    pthread_cond_t notices;
    int open;
    int entered;
    int left;
} support_gate_t;

void support_gate_make(support_gate_t *gate);
/** Wait until the gate is opened, or SUPPORT_LONG_MS. */
void support_gate_pass(support_gate_t *gate);
void support_gate_open(support_gate_t *gate);
/** Wait until so many have entered; false if they never do. */
int support_gate_await(support_gate_t *gate, int entered);
int support_gate_left(support_gate_t *gate);

/** Work of a job: pass the gate that is its data, and succeed. */
apr_status_t support_hold(at_job_t *job, at_database_t *database, void *data);

/** Open a connection pool on the test's file; like every connection pool, it is
 * never closed. */
at_dbpool_t *support_dbpool(support_t *support, int connections);

/** An empty cache in memory that children share; it stays to the end. */
at_cache_t *support_cache(apr_size_t size);

/** fork(), but the child does not outlive the test, however that ends. */
pid_t support_fork(void);

/** Sleep a little; for loops that wait for another thread. */
void support_nap(void);

#endif
