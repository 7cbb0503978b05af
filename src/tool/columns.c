/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aligns columns without knowing all rows: the first page decides, what is wider
 * later is cut. Where a terminal is too narrow for all, the least important ones
 * give way.
 */
#include "tool/columns.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "core/token/clock.h"
#include "tool/terminal.h"
#include "tool/words.h"

/* Scripts count them: a further one comes at the end. */
typedef enum {
    ID,
    USER,
    STATUS,
    CREATED,
    EXPIRES,
    USED,
    WORDS,
    SCOPES,
    COLUMNS
} col_e;

typedef struct column_t {
    const char *head;
    int least; /* columns that it keeps where there is little room */
    int most;
} column_t;

static const column_t shapes[COLUMNS] = {
    [ID] = {"ID", 36, 36},
    [USER] = {"USER", 8, 40},
    [STATUS] = {"STATUS", 7, 7},
    [CREATED] = {"CREATED", 14, 14},
    [EXPIRES] = {"EXPIRES", 13, 13},
    [USED] = {"LAST USED", 14, 14},
    [WORDS] = {"DESCRIPTION", 12, 255},
    [SCOPES] = {"SCOPES", 12, 255},
};

/* Who gives way first, and who is cut first. */
static const col_e yielding[] = {SCOPES, CREATED, WORDS, USED, EXPIRES};
static const col_e shrinking[] = {WORDS, SCOPES, USER};

struct at_columns_t {
    apr_int64_t now;
    int terminal; /* its columns, or 0 */
    int begun;
    int width[COLUMNS]; /* 0: not shown */
};

at_columns_t *at_columns_begin(apr_int64_t now, apr_pool_t *p)
{
    at_columns_t *columns = apr_pcalloc(p, sizeof(*columns));

    columns->now = now;
    columns->terminal = at_term_width();
    return columns;
}

const char *at_columns_colour(const at_row_t *row, apr_int64_t now)
{
    switch (at_words_status(row, now)[0]) {
    case 'A':
        return at_term_colour(AT_COLOUR_GOOD);
    case 'E':
        return at_term_colour(AT_COLOUR_DOUBT);
    case 'B':
        return at_term_colour(AT_COLOUR_BAD);
    }
    return at_term_colour(AT_COLOUR_DIM);
}

static const char *moment(const at_columns_t *columns, apr_int64_t ms,
                          apr_pool_t *p)
{
    if (ms == AT_TIME_NONE) {
        return "never";
    }
    return columns->terminal ? at_words_moment(ms, columns->now, p)
                             : at_words_utc(ms, "", p);
}

static void fill(const at_columns_t *columns, const at_row_t *row,
                 const char *cells[COLUMNS], apr_pool_t *p)
{
    cells[ID] = at_words_safe(row->id_text, p);
    cells[USER] = at_words_safe(row->user, p);
    cells[STATUS] = at_words_status(row, columns->now);
    cells[CREATED] = cells[EXPIRES] = cells[USED] = cells[SCOPES] = "-";
    cells[WORDS] = at_words_safe(row->description, p);
    if (row->reason) {
        cells[WORDS] = apr_pstrcat(p, "(", row->reason, ")", NULL);
        return;
    }
    cells[CREATED] = moment(columns, row->created_at, p);
    cells[EXPIRES] = moment(columns, row->expires_at, p);
    cells[USED] = moment(columns, row->last_used, p);
    cells[SCOPES] = at_words_safe(row->scopes, p);
}

/* Widths */

static int sum_of(const int width[COLUMNS])
{
    int sum = -2;
    int i;

    for (i = 0; i < COLUMNS; i++) {
        sum += width[i] ? width[i] + 2 : 0;
    }
    return sum;
}

/* Take away what is too much from one column, but not below its least. */
static void shrink(int width[COLUMNS], col_e column, int terminal)
{
    int excess = sum_of(width) - terminal;
    int least = shapes[column].least;

    if (excess > 0 && width[column] > least) {
        width[column] -=
            excess < width[column] - least ? excess : width[column] - least;
    }
}

/* Is there room when all that can be cut is cut? */
static int has_room(const at_columns_t *columns)
{
    int width[COLUMNS];
    apr_size_t i;

    memcpy(width, columns->width, sizeof(width));
    for (i = 0; i < sizeof(shrinking) / sizeof(shrinking[0]); i++) {
        shrink(width, shrinking[i], columns->terminal);
    }
    return sum_of(width) <= columns->terminal;
}

/* Columns go before others are cut, so that what is left has their room. */
static void fit(at_columns_t *columns)
{
    apr_size_t i;

    for (i = 0; i < sizeof(yielding) / sizeof(yielding[0]); i++) {
        if (!has_room(columns)) {
            columns->width[yielding[i]] = 0;
        }
    }
    for (i = 0; i < sizeof(shrinking) / sizeof(shrinking[0]); i++) {
        shrink(columns->width, shrinking[i], columns->terminal);
    }
}

static int any_is_limited(const apr_array_header_t *rows)
{
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const at_row_t *row = APR_ARRAY_IDX(rows, i, const at_row_t *);

        if (row->scopes && !row->reason) {
            return 1;
        }
    }
    return 0;
}

static void measure(at_columns_t *columns, const apr_array_header_t *rows,
                    apr_pool_t *p)
{
    const char *cells[COLUMNS];
    int i, j;

    for (j = 0; j < COLUMNS; j++) {
        columns->width[j] = (int)strlen(shapes[j].head);
    }
    for (i = 0; i < rows->nelts; i++) {
        fill(columns, APR_ARRAY_IDX(rows, i, const at_row_t *), cells, p);
        for (j = 0; j < COLUMNS; j++) {
            int width = at_words_columns(cells[j]);

            width = width < shapes[j].most ? width : shapes[j].most;
            if (width > columns->width[j]) {
                columns->width[j] = width;
            }
        }
    }
    /* Later pages may have longer times than the first. */
    if (rows->nelts >= 100) {
        columns->width[CREATED] = shapes[CREATED].most;
        columns->width[EXPIRES] = shapes[EXPIRES].most;
        columns->width[USED] = shapes[USED].most;
    }
    if (!any_is_limited(rows)) {
        columns->width[SCOPES] = 0;
    }
    fit(columns);
}

/* Lines */

/* Blanks wait until something stands behind them. */
static void write_aligned(const at_columns_t *columns,
                          const char *const cells[COLUMNS],
                          const char *const colours[COLUMNS], apr_pool_t *p)
{
    int blanks = 0;
    int i;

    for (i = 0; i < COLUMNS; i++) {
        int width = columns->width[i];
        const char *cell = width ? at_words_cut(cells[i], width, p) : "";

        if (*cell) {
            printf("%*s%s%s%s", blanks, "", colours[i], cell,
                   *colours[i] ? at_term_plain() : "");
            blanks = 0;
        }
        blanks += width ? width - at_words_columns(cell) + 2 : 0;
    }
    putchar('\n');
}

static void write_head(const at_columns_t *columns, apr_pool_t *p)
{
    const char *cells[COLUMNS];
    const char *colours[COLUMNS];
    int i;

    for (i = 0; i < COLUMNS; i++) {
        cells[i] = shapes[i].head;
        colours[i] = at_term_colour(AT_COLOUR_HEAD);
    }
    write_aligned(columns, cells, colours, p);
}

static void write_row(const at_columns_t *columns,
                      const char *const cells[COLUMNS], const at_row_t *row,
                      apr_pool_t *p)
{
    const char *colours[COLUMNS] = {"", "", "", "", "", "", "", ""};

    colours[STATUS] = at_columns_colour(row, columns->now);
    write_aligned(columns, cells, colours, p);
}

static void write_tabs(const char *const cells[COLUMNS])
{
    int i;

    for (i = 0; i < COLUMNS; i++) {
        fputs(cells[i], stdout);
        putchar(i == COLUMNS - 1 ? '\n' : '\t');
    }
}

void at_columns_page(at_columns_t *columns, const apr_array_header_t *rows,
                     apr_pool_t *p)
{
    const char *cells[COLUMNS];
    int i;

    if (columns->terminal && !columns->begun && rows->nelts > 0) {
        columns->begun = 1;
        measure(columns, rows, p);
        write_head(columns, p);
    }
    for (i = 0; i < rows->nelts; i++) {
        const at_row_t *row = APR_ARRAY_IDX(rows, i, const at_row_t *);

        fill(columns, row, cells, p);
        if (columns->terminal) {
            write_row(columns, cells, row, p);
        }
        else {
            write_tabs(cells);
        }
    }
}
