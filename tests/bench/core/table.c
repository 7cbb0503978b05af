/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a table costs: a cold lookup among many rows, the first page of a user
 * with all rows, generating, and writing last uses.
 *
 * The rows' ids are spread evenly and inserted in their order, so that millions
 * of them are inserted in seconds; lookups do not depend on that order.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/db/cells.h"
#include "core/jobs/lastused_write.h"

#define LOOKUPS 20000
#define INSERTS 300
#define PAGES 20
#define ACTIVE 100000
#define CHUNK 5000

static at_op_t open_store(const char *driver, const char *params, apr_pool_t *p)
{
    at_op_t op = {.database = at_database_make(driver, params, p),
                  .sql = at_sql_compose(driver, "access_tokens", p),
                  .create_table = 1,
                  .deadline = at_clock_monotonic() + 600000};

    return op;
}

/* The number is in the first bytes, so that ids are in its order. */
static at_id_t id_of(apr_uint32_t number)
{
    at_id_t id = {{0}};
    int i;

    for (i = 0; i < 4; i++) {
        id.data[i] = (unsigned char)(number >> (24 - 8 * i));
    }
    id.data[6] = 0x40;
    id.data[8] = 0x80;
    return id;
}

static apr_uint32_t spread(int number, int rows)
{
    return (apr_uint32_t)((double)number / rows * 4294967295.0);
}

static void insert_chunk(at_op_t *op, int first, int rows, at_row_t *row)
{
    apr_pool_t *pool;
    int i, changed;

    apr_pool_create(&pool, NULL);
    bench_check(at_database_command(op->database, op->sql->begin) ==
                    APR_SUCCESS,
                at_database_error(op->database));
    for (i = first; i < rows && i < first + CHUNK; i++) {
        at_cells_t cells;

        row->id = id_of(spread(i, rows));
        row->created_at++;
        at_cells_write(row, &cells);
        bench_check(at_database_execute(op->database, op->sql->insert,
                                        cells.args, &changed) == APR_SUCCESS,
                    at_database_error(op->database));
    }
    at_database_command(op->database, "COMMIT");
    apr_pool_destroy(pool);
}

static void fill(at_op_t *op, int rows, at_row_t *row, apr_pool_t *p)
{
    int i;

    op->id = row->id;
    op->pool = p;
    at_store_find(op); /* creates the table */
    for (i = 0; i < rows; i += CHUNK) {
        insert_chunk(op, i, rows, row);
    }
}

static void look_up(at_op_t *op, int rows, int count)
{
    apr_uint32_t number = 1;
    int i;

    for (i = 0; i < count; i++) {
        number = number * 1664525u + 1013904223u;
        op->id = id_of(spread((int)(number % (apr_uint32_t)rows), rows));
        apr_pool_create(&op->pool, NULL);
        bench_check(at_store_find(op) == APR_SUCCESS, "a row was not found");
        apr_pool_destroy(op->pool);
    }
}

static int count_rows(at_op_t *op, apr_pool_t *p)
{
    at_rows_t *rows;

    bench_check(at_database_select(op->database,
                                   "SELECT COUNT(*) FROM access_tokens", NULL,
                                   1, &rows, p) == APR_SUCCESS,
                at_database_error(op->database));
    return (int)strtol(rows->values[0], NULL, 10);
}

static void list_pages(at_op_t *op)
{
    int i;

    op->list = (at_list_t){.user = "alice",
                           .limit = 1000,
                           .now = at_clock_now(),
                           .before_created = AT_TIME_NONE};
    for (i = 0; i < PAGES; i++) {
        apr_pool_create(&op->pool, NULL);
        bench_check(at_store_list(op) == APR_SUCCESS, "the list failed");
        apr_pool_destroy(op->pool);
    }
}

static void generate(at_op_t *op, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        bench_token_t token;

        bench_mint(&token);
        op->row = &token.row;
        apr_pool_create(&op->pool, NULL);
        bench_check(at_store_insert(op) == APR_SUCCESS,
                    "a token was not inserted");
        apr_pool_destroy(op->pool);
    }
}

static int touch(at_op_t *op, int rows, apr_pool_t *p)
{
    int active = rows < ACTIVE ? rows : ACTIVE;
    apr_array_header_t *uses = apr_array_make(p, active, sizeof(at_use_t));
    int i;

    for (i = 0; i < active; i++) {
        at_use_t *use = apr_array_push(uses);

        use->id = id_of(spread((int)((double)i / active * rows), rows));
        use->when = at_clock_now();
    }
    bench_check(at_lastused_write(op, uses, NULL, NULL, AT_TIME_MAX) ==
                    APR_SUCCESS,
                "last uses were not written");
    return active;
}

static double since(apr_int64_t begun)
{
    return (double)(bench_now() - begun);
}

void bench_table(const char *driver, const char *params, int rows,
                 apr_pool_t *p)
{
    at_op_t op = open_store(driver, params, p);
    at_row_t row = {.user = "alice",
                    .description = "bench",
                    .expires_at = APR_INT64_C(4000000000000)};
    apr_int64_t begun = bench_now();
    char what[64];
    int active;

    fill(&op, rows, &row, p);
    bench_report("rows in the table", rows, "rows");
    bench_report("filled in", since(begun) / 1e9, "s");
    look_up(&op, rows, LOOKUPS / 10);
    begun = bench_now();
    look_up(&op, rows, LOOKUPS);
    bench_report("cold lookup", since(begun) / LOOKUPS, "ns");
    begun = bench_now();
    list_pages(&op);
    bench_report("first page of 1,000 tokens", since(begun) / PAGES / 1e6,
                 "ms");
    begun = bench_now();
    active = touch(&op, rows, p);
    snprintf(what, sizeof(what), "last uses of %d tokens", active);
    bench_report(what, active / (since(begun) / 1e9), "a second");
    begun = bench_now();
    generate(&op, INSERTS);
    bench_report("generations", INSERTS / (since(begun) / 1e9), "a second");
}

void bench_lookups(const char *driver, const char *params, int count,
                   apr_pool_t *p)
{
    at_op_t op = open_store(driver, params, p);
    int rows = count_rows(&op, p);

    /* Without those that bench_table() generated at the end. */
    rows -= INSERTS;
    bench_check(rows > 0, "there are no rows; run 'table' first");
    look_up(&op, rows, count);
}
