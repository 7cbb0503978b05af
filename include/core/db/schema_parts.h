/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the table consists of: its columns and indexes, each with the version of
 * the schema in which it came, and the SQL that makes it.
 *
 * No version is stored anywhere: a table has the version whose parts it has.
 */
#ifndef ACCESSTOKEN_CORE_DB_SCHEMA_PARTS_H
#define ACCESSTOKEN_CORE_DB_SCHEMA_PARTS_H

#include <apr_pools.h>

typedef enum { AT_PART_COLUMN, AT_PART_INDEX } at_part_kind_e;

typedef struct at_part_t {
    at_part_kind_e kind;
    int version; /* of the schema in which it came */
    /** The column; of an index, what follows the table's name and _. */
    const char *name;
    /** Of a column what follows its type, of an index its columns. */
    const char *definition;
    /** Of a column: which of a dialect's types it has. */
    int type;
} at_part_t;

/** Types of columns. */
enum { AT_PART_MOMENT, AT_PART_EXACT, AT_PART_TEXT };

/** Room for all parts, and more than there are. */
#define AT_PARTS_MAX 16

/**
 * Columns first, in the order of the table; a part without a name ends them. A
 * column that comes later must be NULL where it is not said.
 */
extern const at_part_t at_parts[AT_PARTS_MAX];

/** How an engine writes them. */
typedef struct at_schema_style_t {
    const char *table;     /* quoted */
    const char *name;      /* the table's, not quoted */
    const char *quote;     /* around an index's name */
    const char *exact;     /* type prefix of bytes compared as they are */
    const char *text;      /* type of the description */
    const char *table_end; /* after the closing bracket */
    int inner_indexes;     /* they stand in the table's definition */
} at_schema_style_t;

/** The version that this program makes. */
int at_parts_newest(void);

/** CREATE TABLE IF NOT EXISTS, with all that stands in it. */
const char *at_parts_table(const at_schema_style_t *style, apr_pool_t *p);

/** ALTER TABLE … ADD COLUMN, for a column of a table that exists. */
const char *at_parts_column(const at_schema_style_t *style,
                            const at_part_t *part, apr_pool_t *p);

/**
 * CREATE INDEX.
 *
 * @param guarded  with IF NOT EXISTS, which MySQL does not know
 */
const char *at_parts_index(const at_schema_style_t *style,
                           const at_part_t *part, int guarded, apr_pool_t *p);

/** DROP INDEX, for one of that name over other columns. */
const char *at_parts_drop(const at_schema_style_t *style, const at_part_t *part,
                          apr_pool_t *p);

/** May the column be added to a table that has rows? */
int at_parts_is_addable(const at_part_t *part);

#endif
