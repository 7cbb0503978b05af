/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A background job of the connection pool removes the rows, and tries until
 * the table says that they are gone. It finds them by id and hash, so that no
 * other row is removed.
 */
#include "core/pool/undo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/db/store.h"

#define RETRY_MS 1000
#define TIMEOUT_MS 2000

typedef struct undo_row_t {
    at_row_t row; /* id and hash */
    struct undo_row_t *next;
} undo_row_t;

struct at_undo_t {
    pthread_mutex_t lock;
    undo_row_t *first;
    const at_sql_t *sql;
    at_background_t *background;
};

static undo_row_t *first_of(at_undo_t *undo)
{
    undo_row_t *first;

    pthread_mutex_lock(&undo->lock);
    first = undo->first;
    pthread_mutex_unlock(&undo->lock);
    return first;
}

/* Rows are added at the front, so there may be others before this one by
 * now. */
static void remove_from(at_undo_t *undo, undo_row_t *done)
{
    undo_row_t **link;

    pthread_mutex_lock(&undo->lock);
    for (link = &undo->first; *link != done; link = &(*link)->next) {
    }
    *link = done->next;
    pthread_mutex_unlock(&undo->lock);
    free(done);
}

static apr_int64_t run(void *data, at_database_t *database)
{
    at_undo_t *undo = data;
    undo_row_t *next;

    while ((next = first_of(undo))) {
        at_op_t op = {.database = database,
                      .sql = undo->sql,
                      .row = &next->row,
                      .deadline = at_clock_monotonic() + TIMEOUT_MS};
        apr_status_t status;

        apr_pool_create_unmanaged_ex(&op.pool, NULL, NULL);
        status = at_store_undo(&op);
        apr_pool_destroy(op.pool);
        if (status != APR_SUCCESS) {
            return RETRY_MS;
        }
        remove_from(undo, next);
    }
    return -1;
}

at_undo_t *at_undo_open(at_dbpool_t *dbpool, const at_sql_t *sql)
{
    at_undo_t *undo = apr_pcalloc(at_dbpool_pool(dbpool), sizeof(*undo));

    pthread_mutex_init(&undo->lock, NULL);
    undo->sql = sql;
    undo->background = at_background_add(dbpool, run, undo);
    return undo;
}

void at_undo_note(at_undo_t *undo, const at_row_t *row)
{
    undo_row_t *added = calloc(1, sizeof(*added));

    if (!added) {
        return;
    }
    added->row.id = row->id;
    memcpy(added->row.hash, row->hash, sizeof(row->hash));
    pthread_mutex_lock(&undo->lock);
    added->next = undo->first;
    undo->first = added;
    pthread_mutex_unlock(&undo->lock);
    at_background_wake(undo->background);
}
