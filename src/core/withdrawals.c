/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes rows back by a chore of the desk, again and again until the table says
 * that they are gone. They are found by id and hash, so nobody else's row is
 * touched.
 */
#include "core/withdrawals.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/store.h"

#define RETRY_MS 1000
#define PATIENCE_MS 2000

typedef struct withdrawal_t {
    at_row_t row; /* id and hash */
    struct withdrawal_t *next;
} withdrawal_t;

struct at_withdrawals_t {
    pthread_mutex_t lock;
    withdrawal_t *first;
    const at_sql_t *sql;
    at_chore_t *chore;
};

static withdrawal_t *first_of(at_withdrawals_t *withdrawals)
{
    withdrawal_t *first;

    pthread_mutex_lock(&withdrawals->lock);
    first = withdrawals->first;
    pthread_mutex_unlock(&withdrawals->lock);
    return first;
}

/* New ones come in front, so this one may have others before it by now. */
static void forget(at_withdrawals_t *withdrawals, withdrawal_t *done)
{
    withdrawal_t **link;

    pthread_mutex_lock(&withdrawals->lock);
    for (link = &withdrawals->first; *link != done; link = &(*link)->next) {
    }
    *link = done->next;
    pthread_mutex_unlock(&withdrawals->lock);
    free(done);
}

static apr_int64_t take_back(void *baton, at_database_t *database)
{
    at_withdrawals_t *withdrawals = baton;
    withdrawal_t *next;

    while ((next = first_of(withdrawals))) {
        at_store_t store = {.database = database,
                            .sql = withdrawals->sql,
                            .deadline = at_time_monotonic() + PATIENCE_MS};
        apr_pool_t *pool;
        apr_status_t status;

        apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
        status = at_store_withdraw(&store, &next->row, pool);
        apr_pool_destroy(pool);
        if (status != APR_SUCCESS) {
            return RETRY_MS;
        }
        forget(withdrawals, next);
    }
    return -1;
}

at_withdrawals_t *at_withdrawals_open(at_desk_t *desk, const at_sql_t *sql)
{
    at_withdrawals_t *withdrawals =
        apr_pcalloc(at_desk_pool(desk), sizeof(*withdrawals));

    pthread_mutex_init(&withdrawals->lock, NULL);
    withdrawals->sql = sql;
    withdrawals->chore = at_desk_add_chore(desk, take_back, withdrawals);
    return withdrawals;
}

void at_withdrawals_note(at_withdrawals_t *withdrawals, const at_row_t *row)
{
    withdrawal_t *withdrawal = calloc(1, sizeof(*withdrawal));

    if (!withdrawal) {
        return;
    }
    withdrawal->row.id = row->id;
    memcpy(withdrawal->row.hash, row->hash, sizeof(row->hash));
    pthread_mutex_lock(&withdrawals->lock);
    withdrawal->next = withdrawals->first;
    withdrawals->first = withdrawal;
    pthread_mutex_unlock(&withdrawals->lock);
    at_desk_wake(withdrawals->chore);
}
