/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL that creates the table, its columns (token/columns.h) and its
 * indexes. Each has the version of the schema that has it first.
 *
 * No version is stored anywhere: a table has the version whose columns and
 * indexes it has.
 */
#ifndef ACCESSTOKEN_CORE_DB_SCHEMA_PARTS_H
#define ACCESSTOKEN_CORE_DB_SCHEMA_PARTS_H

#include <apr_pools.h>

#include "core/token/columns.h"

typedef struct at_index_t {
    const char *name; /* what follows the table's name and _ */
    int version;
    const char *columns; /* as CREATE INDEX names them */
} at_index_t;

#define AT_INDEXES 4

extern const at_index_t at_indexes[AT_INDEXES];

/** How an engine writes them. */
typedef struct at_schema_style_t {
    const char *table;     /* quoted */
    const char *name;      /* of the table, not quoted */
    const char *quote;     /* around the name of an index */
    const char *exact;     /* type of bytes that are compared as they are */
    const char *text;      /* type of AT_KIND_TEXT */
    const char *table_end; /* after the closing bracket */
    int inner_indexes;     /* they are part of the table's definition */
} at_schema_style_t;

/** The version that this program creates. */
int at_schema_newest(void);

/** CREATE TABLE IF NOT EXISTS, with its columns and inner indexes. */
const char *at_schema_create_table(const at_schema_style_t *style,
                                   apr_pool_t *p);

/** ALTER TABLE … ADD COLUMN, for a column of a table that exists. */
const char *at_schema_add_column(const at_schema_style_t *style,
                                 const at_column_t *column, apr_pool_t *p);

/**
 * CREATE INDEX.
 *
 * @param guarded  with IF NOT EXISTS, which MySQL does not know
 */
const char *at_schema_create_index(const at_schema_style_t *style,
                                   const at_index_t *index, int guarded,
                                   apr_pool_t *p);

/** DROP INDEX, for an index of that name over other columns. */
const char *at_schema_drop_index(const at_schema_style_t *style,
                                 const at_index_t *index, apr_pool_t *p);

#endif
