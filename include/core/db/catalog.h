/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements that read an engine's catalog: what a table has, and which
 * engine it is in.
 */
#ifndef ACCESSTOKEN_CORE_DB_CATALOG_H
#define ACCESSTOKEN_CORE_DB_CATALOG_H

/** Statements of one engine; each %s is the table's name. */
typedef struct at_catalog_t {
    const char *driver;
    int quoted;        /* the name is passed with its quotes */
    int guarded_index; /* CREATE INDEX knows IF NOT EXISTS */
    const char *table; /* one row if it exists */
    const char *columns;
    const char *indexes;   /* name and column, in order */
    const char *collation; /* a sentence for each that does not suit */
    const char *clock;     /* in milliseconds; NULL: it has none of its own */
    const char *engine;    /* its name and version */
    const char *session;   /* one text: defaults that every connection sets
                              otherwise, or NULL; NULL: it has none */
} at_catalog_t;

/** The statements for an apr_dbd driver. */
const at_catalog_t *at_catalog_of(const char *driver);

#endif
