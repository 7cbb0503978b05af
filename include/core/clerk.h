/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clerk: brings what is known about a presented token, from the shelf where
 * that may be trusted, else from the table. The verdict is not the clerk's.
 */
#ifndef ACCESSTOKEN_CORE_CLERK_H
#define ACCESSTOKEN_CORE_CLERK_H

#include "core/contact.h"
#include "core/keeper.h"
#include "core/scribe.h"
#include "core/table.h"
#include "core/token.h"

typedef struct at_clerk_t at_clerk_t;

/** Times in milliseconds. */
typedef struct at_clerk_config_t {
    int cache;                /* false: the shelf is never trusted */
    apr_int64_t ttl;          /* a row is read anew after this */
    at_contact_rules_t rules; /* how long the shelf may be trusted */
    apr_int64_t lastused;     /* between two writes; negative: never */
    apr_int64_t purge_after;  /* old rows are removed; 0: never */
    apr_int64_t timeout;      /* of a question to the table */
    int create;               /* make a missing table */
    at_scribe_heed_t *heed;   /* of last uses, with `baton`; or NULL */
    void *baton;
} at_clerk_config_t;

/** Make one, with a keeper, a scribe and a purger; it lives as long as the desk. */
at_clerk_t *at_clerk_open(at_desk_t *desk, at_table_t *table, at_shelf_t *shelf,
                          const at_clerk_config_t *config);

/** The shelf, for who counts. */
at_shelf_t *at_clerk_shelf(const at_clerk_t *clerk);

/** What was found about a presented token. */
typedef struct at_found_t {
    at_id_t id;
    at_evidence_t evidence; /* its grant lives as long as the asker's pool */
    int from_shelf;
    int alone;    /* the shelf has answered because the table could not */
    int on_shelf; /* there is a spot to note uses at */
    at_spot_t spot;
} at_found_t;

/**
 * Find out about a token by its text, which need not end in NUL.
 *
 * @return APR_SUCCESS; APR_EINVAL if it is no token by its syntax or check;
 *         APR_NOTFOUND if the table has no such row; AT_EUNAVAILABLE if it could
 *         not be asked, with the reason in `ask`; APR_EGENERAL if SHA-256 failed.
 */
apr_status_t at_clerk_find(at_clerk_t *clerk, at_ask_t *ask, const char *text,
                           apr_size_t length, at_found_t *found);

/** Note that it was used, at this time of the wall clock; cannot fail. */
void at_clerk_note_use(at_clerk_t *clerk, const at_found_t *found,
                       apr_int64_t now);

/** A token was deleted in the table: from now on nobody is let in by it here. */
void at_clerk_forget(at_clerk_t *clerk, const at_id_t *id);

/** This process goes; see at_scribe_leave(). */
int at_clerk_leave(at_clerk_t *clerk);

/** Let a row know of uses that the table does not know yet. */
void at_clerk_refresh(const at_clerk_t *clerk, at_row_t *row);

#endif
