/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of a table as a server process uses it: operations over the connection
 * pool on a real file, from many threads, and requesters that do not wait any
 * more.
 */
#include "fixture_rows.h"

#include <sys/mman.h>

#include "core/pool/table.h"

#define ASKERS 16
#define TOKENS 20

static at_table_t *open_on(at_dbpool_t *dbpool, apr_int64_t timeout)
{
    const at_table_config_t config = {
        .name = "access_tokens", .create = 1, .timeout = timeout};

    return at_table_open(dbpool, "sqlite3", &config);
}

static at_op_t op_for(void **state, at_dbpool_t *dbpool)
{
    support_t *support = *state;

    return (at_op_t){.table = open_on(dbpool, SUPPORT_LONG_MS),
                     .pool = support->pool};
}

static void every_operation_is_answered(void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpool = support_dbpool(support, 4);
    at_op_t ask = op_for(state, dbpool);
    at_row_t *row = support_row(support->pool, 1);
    at_list_t list = {
        .user = "alice", .limit = 5, .before_created = AT_TIME_NONE};
    apr_array_header_t *rows = NULL;
    at_row_t *found = NULL;

    assert_int_equal(table_find(&ask, &row->id, NULL, &found), APR_NOTFOUND);
    assert_int_equal(table_insert(&ask, row, 1), APR_SUCCESS);
    assert_int_equal(table_insert(&ask, support_row(support->pool, 2), 1),
                     AT_ELIMIT);
    assert_int_equal(table_find(&ask, &row->id, "bob", &found), APR_NOTFOUND);
    assert_null(found);
    assert_int_equal(table_find(&ask, &row->id, "alice", &found), APR_SUCCESS);
    assert_string_equal(found->user, "alice");
    assert_int_equal(table_list(&ask, &list, &rows), APR_SUCCESS);
    assert_int_equal(rows->nelts, 1);
    assert_int_equal(table_delete(&ask, &row->id, "bob", 5000), APR_NOTFOUND);
    assert_int_equal(table_delete(&ask, &row->id, "alice", 5000), APR_SUCCESS);
    assert_int_equal(table_delete(&ask, &row->id, NULL, 5000), APR_NOTFOUND);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    found = support_find(support_op(support), &row->id, support->pool);
    assert_true(found->deleted_at == 5000);
}

static void an_operation_without_an_answer_has_a_reason(void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpool = support_dbpool(support, 4);
    at_op_t ask = op_for(state, dbpool);
    at_row_t *row = support_row(support->pool, 1);

    assert_int_equal(table_insert(&ask, row, 0), APR_SUCCESS);
    support_run_sql(support, "ALTER TABLE access_tokens DROP COLUMN "
                             "last_used");
    assert_null(ask.reason);
    assert_int_equal(table_find(&ask, &row->id, NULL, &row), AT_EUNAVAILABLE);
    assert_non_null(strstr(ask.reason, "last_used"));
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

typedef struct requester_t {
    at_table_t *table;
    apr_pool_t *pool;
    int number;
    int wrong;
    pthread_t thread;
} requester_t;

static void *use_tokens(void *data)
{
    requester_t *requester = data;
    int i;

    for (i = 0; i < TOKENS; i++) {
        at_op_t ask = {.table = requester->table};
        at_row_t *row, *found = NULL;

        apr_pool_create(&ask.pool, requester->pool);
        row = support_row(ask.pool, requester->number * TOKENS + i);
        if (table_insert(&ask, row, 0) != APR_SUCCESS ||
            table_find(&ask, &row->id, "alice", &found) != APR_SUCCESS ||
            memcmp(row->hash, found->hash, AT_HASH_SIZE) != 0) {
            requester->wrong++;
        }
        if (i % 2 == 0 &&
            table_delete(&ask, &row->id, NULL, 5000) != APR_SUCCESS) {
            requester->wrong++;
        }
        apr_pool_destroy(ask.pool);
    }
    return NULL;
}

/* From the start on, while the file and the table are being created, and as if
 * in two processes. */
static void many_requests_at_once_are_answered_correctly(void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpools[2] = {support_dbpool(support, 4),
                               support_dbpool(support, 4)};
    at_table_t *tables[2] = {open_on(dbpools[0], SUPPORT_LONG_MS),
                             open_on(dbpools[1], SUPPORT_LONG_MS)};
    at_list_t list = {.limit = 1000, .before_created = AT_TIME_NONE};
    apr_array_header_t *rows;
    requester_t requesters[ASKERS];
    int i;

    for (i = 0; i < ASKERS; i++) {
        requesters[i] = (requester_t){.table = tables[i % 2], .number = i};
        apr_pool_create(&requesters[i].pool, NULL);
        assert_int_equal(pthread_create(&requesters[i].thread, NULL, use_tokens,
                                        &requesters[i]),
                         0);
    }
    for (i = 0; i < ASKERS; i++) {
        pthread_join(requesters[i].thread, NULL);
        apr_pool_destroy(requesters[i].pool);
        assert_int_equal(requesters[i].wrong, 0);
    }
    at_dbpool_stop(dbpools[0], SUPPORT_LONG_MS);
    at_dbpool_stop(dbpools[1], SUPPORT_LONG_MS);
    assert_int_equal(op_list(support_op(support), &list, &rows, support->pool),
                     APR_SUCCESS);
    assert_int_equal(rows->nelts, ASKERS * TOKENS / 2);
}

#define PAGE 4096

/* Copies the texts of a row to a page of its own, which can be unmapped. */
static void *move_texts(at_row_t *row)
{
    char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *end;

    assert_true(page != MAP_FAILED);
    row->user = page;
    end = apr_cpystrn(page, "alice", 64) + 1;
    row->description = end;
    end = apr_cpystrn(end, "what for", 64) + 1;
    row->scopes = end;
    apr_cpystrn(end, "read write", 64);
    return page;
}

/* The file is locked until the requesters have stopped waiting and their
 * memory is freed; then nothing may be written. */
static void changes_without_a_requester_are_not_made(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_dbpool_t *dbpool = support_dbpool(support, 4);
    at_op_t ask = {.table = open_on(dbpool, 100)};
    at_row_t *kept = support_row(p, 1);
    at_row_t *row = support_row(p, 2);
    void *texts = move_texts(row);

    apr_pool_create(&ask.pool, NULL);
    assert_int_equal(op_insert(op, kept, 0, p), APR_SUCCESS);
    assert_int_equal(at_database_command(op->database, "BEGIN IMMEDIATE"),
                     APR_SUCCESS);
    assert_int_equal(table_insert(&ask, row, 0), AT_EUNAVAILABLE);
    assert_int_equal(table_delete(&ask, &kept->id, NULL, 5000),
                     AT_EUNAVAILABLE);
    assert_non_null(ask.reason);
    apr_pool_destroy(ask.pool); /* as at the end of a request */
    assert_int_equal(munmap(texts, PAGE), 0);
    assert_int_equal(at_database_command(op->database, "COMMIT"), APR_SUCCESS);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(op_find(op, &row->id, NULL, &row, p), APR_NOTFOUND);
    assert_true(support_find(op, &kept->id, p)->deleted_at == AT_TIME_NONE);
}

/* A reader of a file without a WAL delays the COMMIT itself beyond all
 * timeouts; the row that is inserted is removed again. */
static void a_row_that_is_inserted_too_late_is_removed(void **state)
{
    support_t *support = *state;
    at_op_t *reader = support_op(support);
    at_dbpool_t *dbpool = support_dbpool(support, 1);
    at_op_t ask = op_for(state, dbpool);
    at_op_t hasty = {.table = open_on(dbpool, 100), .pool = support->pool};
    at_row_t *row = support_row(support->pool, 1);
    at_row_t *found;

    assert_int_equal(op_insert(reader, row, 0, support->pool), APR_SUCCESS);
    /* It returns a row, which a command does not expect. */
    at_database_command(reader->database, "PRAGMA journal_mode=DELETE");
    assert_int_equal(at_database_command(reader->database, "BEGIN"),
                     APR_SUCCESS);
    support_find(reader, &row->id, support->pool);
    assert_int_equal(table_find(&ask, &row->id, NULL, &found), APR_SUCCESS);
    row = support_row(support->pool, 2);
    assert_int_equal(table_insert(&hasty, row, 0), AT_EUNAVAILABLE);
    assert_int_equal(at_database_command(reader->database, "COMMIT"),
                     APR_SUCCESS);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
    assert_int_equal(op_find(reader, &row->id, NULL, &found, support->pool),
                     APR_NOTFOUND);
}

static void two_tables_share_a_pool(void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpool = support_dbpool(support, 2);
    at_op_t ask = op_for(state, dbpool);
    at_table_config_t config = {
        .name = "other", .create = 1, .timeout = SUPPORT_LONG_MS};
    at_op_t other = {.table = at_table_open(dbpool, "sqlite3", &config),
                     .pool = support->pool};
    at_row_t *row = support_row(support->pool, 1);

    assert_int_equal(table_insert(&ask, row, 0), APR_SUCCESS);
    assert_int_equal(table_find(&other, &row->id, NULL, &row), APR_NOTFOUND);
    assert_int_equal(table_find(&ask, &row->id, NULL, &row), APR_SUCCESS);
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

/* The new table has none of the rows in the cache. */
static void creating_the_table_empties_the_cache(void **state)
{
    support_t *support = *state;
    at_dbpool_t *dbpool = support_dbpool(support, 2);
    at_cache_t *cache = support_cache(AT_CACHE_SIZE_MIN);
    at_table_config_t config = {.name = "access_tokens",
                                .create = 1,
                                .timeout = SUPPORT_LONG_MS,
                                .cache = cache};
    at_op_t ask = {.table = at_table_open(dbpool, "sqlite3", &config),
                   .pool = support->pool};
    at_row_t *row = support_row(support->pool, 1);
    sample_t sample;

    assert_int_equal(table_insert(&ask, row, 0), APR_SUCCESS);
    sample_make(cache, 1, &sample);
    sample_put(cache, &sample, at_clock_monotonic() + 1);
    assert_int_equal(table_find(&ask, &row->id, NULL, &row), APR_SUCCESS);
    support_nap();
    assert_true(sample_is_cached(cache, &sample));
    support_run_sql(support, "DROP TABLE access_tokens");
    assert_int_equal(table_find(&ask, &row->id, NULL, &row), APR_NOTFOUND);
    assert_false(sample_is_cached(cache, &sample));
    at_dbpool_stop(dbpool, SUPPORT_LONG_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(every_operation_is_answered),
        SUPPORT_TEST(an_operation_without_an_answer_has_a_reason),
        SUPPORT_TEST(many_requests_at_once_are_answered_correctly),
        SUPPORT_TEST(changes_without_a_requester_are_not_made),
        SUPPORT_TEST(a_row_that_is_inserted_too_late_is_removed),
        SUPPORT_TEST(two_tables_share_a_pool),
        SUPPORT_TEST(creating_the_table_empties_the_cache),
    };

    return cmocka_run_group_tests_name("table", tests, support_begin,
                                       support_end);
}
