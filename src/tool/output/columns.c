/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aligns columns without knowing all rows: the first page sets the widths, and
 * wider cells of later pages are truncated. Where the terminal is too narrow,
 * the least important columns are left out.
 */
#include "tool/output/columns.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "core/token/clock.h"
#include "tool/output/display.h"
#include "tool/output/terminal.h"

/* Scripts select columns by number, so a new one comes at the end. */
typedef enum {
    ID,
    USER,
    STATUS,
    CREATED,
    EXPIRES,
    LAST_USED,
    DESCRIPTION,
    SCOPES,
    COLUMNS
} col_e;

typedef struct column_t {
    const char *head;
    int least; /* width that it keeps on a narrow terminal */
    int most;
} column_t;

static const column_t shapes[COLUMNS] = {
    [ID] = {"ID", 36, 36},
    [USER] = {"USER", 8, 40},
    [STATUS] = {"STATUS", 7, 7},
    [CREATED] = {"CREATED", 14, 14},
    [EXPIRES] = {"EXPIRES", 13, 13},
    [LAST_USED] = {"LAST USED", 14, 14},
    [DESCRIPTION] = {"DESCRIPTION", 12, 255},
    [SCOPES] = {"SCOPES", 12, 255},
};

/* In which order columns are left out, and in which they are made narrower. */
static const col_e optional[] = {SCOPES, CREATED, DESCRIPTION, LAST_USED,
                                 EXPIRES};
static const col_e shrinking[] = {DESCRIPTION, SCOPES, USER};

struct at_columns_t {
    apr_int64_t now;
    int terminal; /* its width; 0: standard output is none */
    int has_begun;
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
    switch (at_display_status(row, now)[0]) {
    case 'A':
        return at_term_colour(AT_COLOUR_GOOD);
    case 'E':
        return at_term_colour(AT_COLOUR_WARN);
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
    return columns->terminal ? at_display_relative(ms, columns->now, p)
                             : at_display_utc(ms, "", p);
}

static void fill(const at_columns_t *columns, const at_row_t *row,
                 const char *cells[COLUMNS], apr_pool_t *p)
{
    cells[ID] = at_display_safe(row->id_text, p);
    cells[USER] = at_display_safe(row->user, p);
    cells[STATUS] = at_display_status(row, columns->now);
    cells[CREATED] = cells[EXPIRES] = cells[LAST_USED] = cells[SCOPES] = "-";
    cells[DESCRIPTION] = at_display_safe(row->description, p);
    if (row->reason) {
        cells[DESCRIPTION] = apr_pstrcat(p, "(", row->reason, ")", NULL);
        return;
    }
    cells[CREATED] = moment(columns, row->created_at, p);
    cells[EXPIRES] = moment(columns, row->expires_at, p);
    cells[LAST_USED] = moment(columns, row->last_used, p);
    cells[SCOPES] = at_display_safe(row->scopes, p);
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

/* Make one column narrower until the row fits, but keep its least width. */
static void shrink(int width[COLUMNS], col_e column, int terminal)
{
    int excess = sum_of(width) - terminal;
    int least = shapes[column].least;

    if (excess > 0 && width[column] > least) {
        width[column] -=
            excess < width[column] - least ? excess : width[column] - least;
    }
}

/* Does the row fit with each column at its least width? */
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

/* Columns are left out first, so that the others have their room. */
static void fit(at_columns_t *columns)
{
    apr_size_t i;

    for (i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        if (!has_room(columns)) {
            columns->width[optional[i]] = 0;
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
            int width = at_display_width(cells[j]);

            width = width < shapes[j].most ? width : shapes[j].most;
            if (width > columns->width[j]) {
                columns->width[j] = width;
            }
        }
    }
    /* The times of later pages may be longer than those of the first. */
    if (rows->nelts >= 100) {
        columns->width[CREATED] = shapes[CREATED].most;
        columns->width[EXPIRES] = shapes[EXPIRES].most;
        columns->width[LAST_USED] = shapes[LAST_USED].most;
    }
    if (!any_is_limited(rows)) {
        columns->width[SCOPES] = 0;
    }
    fit(columns);
}

/* Lines */

/* Blanks are written only if a cell follows them. */
static void write_aligned(const at_columns_t *columns,
                          const char *const cells[COLUMNS],
                          const char *const colours[COLUMNS], apr_pool_t *p)
{
    int blanks = 0;
    int i;

    for (i = 0; i < COLUMNS; i++) {
        int width = columns->width[i];
        const char *cell = width ? at_display_truncate(cells[i], width, p) : "";

        if (*cell) {
            printf("%*s%s%s%s", blanks, "", colours[i], cell,
                   *colours[i] ? at_term_reset() : "");
            blanks = 0;
        }
        blanks += width ? width - at_display_width(cell) + 2 : 0;
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

    if (columns->terminal && !columns->has_begun && rows->nelts > 0) {
        columns->has_begun = 1;
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
