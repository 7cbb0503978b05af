/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixtures, rows and gates of the unit tests.
 */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <apr_dbd.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_general.h>

#include "core/db/store_lastused.h"

#define HANGS_S 240 /* generous: the tests also run under valgrind */

static apr_pool_t *global;

int support_begin(void **state)
{
    (void)state;
    alarm(HANGS_S);
    if (apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&global, NULL) != APR_SUCCESS) {
        return -1;
    }
    return apr_dbd_init(global) == APR_SUCCESS ? 0 : -1;
}

int support_end(void **state)
{
    (void)state;
    apr_pool_destroy(global);
    apr_terminate();
    return 0;
}

int support_setup(void **state)
{
    support_t *support;
    const char *parent;
    char *folder;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        apr_temp_dir_get(&parent, pool) != APR_SUCCESS) {
        return -1;
    }
    folder = apr_pstrcat(pool, parent, "/accesstoken-XXXXXX", NULL);
    if (!mkdtemp(folder)) {
        return -1;
    }
    support = apr_pcalloc(pool, sizeof(*support));
    support->pool = pool;
    support->folder = folder;
    support->file = apr_pstrcat(pool, folder, "/tokens.db", NULL);
    *state = support;
    return 0;
}

/* A test makes files here, never folders. */
static void remove_folder(const char *folder, apr_pool_t *p)
{
    apr_finfo_t entry;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, folder, p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&entry, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (entry.name[0] != '.') {
            apr_file_remove(apr_pstrcat(p, folder, "/", entry.name, NULL), p);
        }
    }
    apr_dir_close(dir);
    apr_dir_remove(folder, p);
}

int support_teardown(void **state)
{
    support_t *support = *state;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    remove_folder(apr_pstrdup(pool, support->folder), pool);
    apr_pool_destroy(support->pool);
    apr_pool_destroy(pool);
    return 0;
}

at_row_t *support_row(apr_pool_t *p, int number)
{
    at_row_t *row = apr_pcalloc(p, sizeof(*row));

    memset(row->id.data, 0x11, sizeof(row->id.data));
    row->id.data[0] = (unsigned char)(number >> 8);
    row->id.data[1] = (unsigned char)number;
    memset(row->hash, number & 0xff, sizeof(row->hash));
    row->user = "alice";
    row->description = "";
    row->created_at = 1000 + number;
    row->expires_at = AT_TIME_NONE;
    row->last_used = AT_TIME_NONE;
    row->deleted_at = AT_TIME_NONE;
    return row;
}

at_op_t *support_op(support_t *support)
{
    at_op_t *op = apr_pcalloc(support->pool, sizeof(*op));

    op->database = at_database_make("sqlite3", support->file, support->pool);
    op->sql = at_sql_compose("sqlite3", "access_tokens", support->pool);
    op->create_table = 1;
    op->pool = support->pool;
    op->deadline = at_clock_monotonic() + SUPPORT_LONG_MS;
    return op;
}

apr_status_t op_find(at_op_t *op, const at_id_t *id, const char *user,
                     at_row_t **row, apr_pool_t *p)
{
    apr_status_t status;

    op->id = *id;
    op->user = user;
    op->pool = p;
    status = at_store_find(op);
    if (status == APR_SUCCESS) {
        *row = op->row;
    }
    return status;
}

apr_status_t op_list(at_op_t *op, const at_list_t *list,
                     apr_array_header_t **rows, apr_pool_t *p)
{
    apr_status_t status;

    op->list = *list;
    op->pool = p;
    status = at_store_list(op);
    *rows = op->rows;
    return status;
}

apr_status_t op_insert(at_op_t *op, at_row_t *row, apr_int64_t limit,
                       apr_pool_t *p)
{
    op->row = row;
    op->limit = limit;
    op->pool = p;
    return at_store_insert(op);
}

apr_status_t op_delete(at_op_t *op, const at_id_t *id, const char *user,
                       apr_int64_t when, apr_pool_t *p)
{
    op->id = *id;
    op->user = user;
    op->when = when;
    op->pool = p;
    return at_store_delete(op);
}

apr_status_t op_undo(at_op_t *op, at_row_t *row, apr_pool_t *p)
{
    op->row = row;
    op->pool = p;
    return at_store_undo(op);
}

apr_status_t table_find(at_op_t *op, const at_id_t *id, const char *user,
                        at_row_t **row)
{
    apr_status_t status;

    op->id = *id;
    op->user = user;
    status = at_table_find(op);
    if (status == APR_SUCCESS) {
        *row = op->row;
    }
    return status;
}

apr_status_t table_list(at_op_t *op, const at_list_t *list,
                        apr_array_header_t **rows)
{
    apr_status_t status;

    op->list = *list;
    status = at_table_list(op);
    *rows = op->rows;
    return status;
}

apr_status_t table_insert(at_op_t *op, at_row_t *row, apr_int64_t limit)
{
    op->row = row;
    op->limit = limit;
    return at_table_insert(op);
}

apr_status_t table_delete(at_op_t *op, const at_id_t *id, const char *user,
                          apr_int64_t when)
{
    op->id = *id;
    op->user = user;
    op->when = when;
    return at_table_delete(op);
}

void support_run_sql(support_t *support, const char *sql)
{
    at_database_t *database =
        at_database_make("sqlite3", support->file, support->pool);

    assert_int_equal(at_database_command(database, sql), APR_SUCCESS);
    at_database_drop(database);
}

at_row_t *support_find(at_op_t *op, const at_id_t *id, apr_pool_t *p)
{
    at_row_t *row = NULL;

    assert_int_equal(op_find(op, id, NULL, &row, p), APR_SUCCESS);
    assert_non_null(row);
    return row;
}

void support_touch(at_op_t *op, const at_id_t *id, apr_int64_t when,
                   apr_pool_t *p)
{
    apr_array_header_t *uses = apr_array_make(p, 1, sizeof(at_use_t));
    at_use_t *use = apr_array_push(uses);
    int failed;

    op->pool = p;
    use->id = *id;
    use->when = when;
    assert_int_equal(at_store_write_uses(op, uses, 0, 1, &failed), APR_SUCCESS);
}

at_cache_t *support_cache(apr_size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    at_cache_t *cache;

    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(at_cache_format(memory, size), APR_SUCCESS);
    cache = at_cache_open(memory, global);
    assert_non_null(cache);
    return cache;
}

void support_gate_make(support_gate_t *gate)
{
    memset(gate, 0, sizeof(*gate));
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->notices, NULL);
}

static struct timespec long_from_now(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SUPPORT_LONG_MS / 1000;
    return until;
}

void support_gate_pass(support_gate_t *gate)
{
    struct timespec until = long_from_now();

    pthread_mutex_lock(&gate->lock);
    gate->entered++;
    pthread_cond_broadcast(&gate->notices);
    while (!gate->open &&
           pthread_cond_timedwait(&gate->notices, &gate->lock, &until) == 0) {
        continue;
    }
    gate->left++;
    pthread_mutex_unlock(&gate->lock);
}

void support_gate_open(support_gate_t *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = 1;
    pthread_cond_broadcast(&gate->notices);
    pthread_mutex_unlock(&gate->lock);
}

int support_gate_await(support_gate_t *gate, int entered)
{
    struct timespec until = long_from_now();
    int came;

    pthread_mutex_lock(&gate->lock);
    while (gate->entered < entered &&
           pthread_cond_timedwait(&gate->notices, &gate->lock, &until) == 0) {
        continue;
    }
    came = gate->entered >= entered;
    pthread_mutex_unlock(&gate->lock);
    return came;
}

int support_gate_left(support_gate_t *gate)
{
    int left;

    pthread_mutex_lock(&gate->lock);
    left = gate->left;
    pthread_mutex_unlock(&gate->lock);
    return left;
}

apr_status_t support_hold(at_job_t *job, at_database_t *database, void *data)
{
    (void)job;
    (void)database;
    support_gate_pass(data);
    return APR_SUCCESS;
}

at_dbpool_t *support_dbpool(support_t *support, int connections)
{
    return at_dbpool_open("sqlite3", support->file, connections);
}

pid_t support_fork(void)
{
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return child;
}

void support_nap(void)
{
    struct timespec little = {.tv_nsec = 2000000};

    nanosleep(&little, NULL);
}
