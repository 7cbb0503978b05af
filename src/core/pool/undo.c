/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes rows back by a background job of the connection pool, again and again until the table says
 * that they are gone. They are found by id and hash, so nobody else's row is
 * touched.
 */
#include "core/pool/undo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/db/store.h"

#define RETRY_MS 1000
#define PATIENCE_MS 2000

typedef struct withdrawal_t {
    at_row_t row; /* id and hash */
    struct withdrawal_t *next;
} withdrawal_t;

struct at_undo_t {
    pthread_mutex_t lock;
    withdrawal_t *first;
    const at_sql_t *sql;
    at_background_t *background;
};

static withdrawal_t *first_of(at_undo_t *undo)
{
    withdrawal_t *first;

    pthread_mutex_lock(&undo->lock);
    first = undo->first;
    pthread_mutex_unlock(&undo->lock);
    return first;
}

/* New ones come in front, so this one may have others before it by now. */
static void forget(at_undo_t *undo, withdrawal_t *done)
{
    withdrawal_t **link;

    pthread_mutex_lock(&undo->lock);
    for (link = &undo->first; *link != done; link = &(*link)->next) {
    }
    *link = done->next;
    pthread_mutex_unlock(&undo->lock);
    free(done);
}

static apr_int64_t take_back(void *data, at_database_t *database)
{
    at_undo_t *undo = data;
    withdrawal_t *next;

    while ((next = first_of(undo))) {
        at_op_t op = {.database = database,
                      .sql = undo->sql,
                      .row = &next->row,
                      .deadline = at_clock_monotonic() + PATIENCE_MS};
        apr_status_t status;

        apr_pool_create_unmanaged_ex(&op.pool, NULL, NULL);
        status = at_store_undo(&op);
        apr_pool_destroy(op.pool);
        if (status != APR_SUCCESS) {
            return RETRY_MS;
        }
        forget(undo, next);
    }
    return -1;
}

at_undo_t *at_undo_open(at_dbpool_t *dbpool, const at_sql_t *sql)
{
    at_undo_t *undo = apr_pcalloc(at_dbpool_pool(dbpool), sizeof(*undo));

    pthread_mutex_init(&undo->lock, NULL);
    undo->sql = sql;
    undo->background = at_background_add(dbpool, take_back, undo);
    return undo;
}

void at_undo_note(at_undo_t *undo, const at_row_t *row)
{
    withdrawal_t *withdrawal = calloc(1, sizeof(*withdrawal));

    if (!withdrawal) {
        return;
    }
    withdrawal->row.id = row->id;
    memcpy(withdrawal->row.hash, row->hash, sizeof(row->hash));
    pthread_mutex_lock(&undo->lock);
    withdrawal->next = undo->first;
    undo->first = withdrawal;
    pthread_mutex_unlock(&undo->lock);
    at_background_wake(undo->background);
}
