/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the shelf may be trusted: as far as the table was asked, not long ago,
 * which of its tokens were deleted elsewhere; and whether it is still that table.
 *
 * All times are at_time_monotonic(), which all processes of a machine share.
 */
#ifndef ACCESSTOKEN_CORE_CONTACT_H
#define ACCESSTOKEN_CORE_CONTACT_H

#include "core/shelf.h"

/** Milliseconds that asking may be late, because a process died or was slow. */
#define AT_CONTACT_SLACK_MS 500

typedef struct at_contact_rules_t {
    apr_int64_t interval; /* how often the table is asked */
    apr_int64_t stale;    /* how long an answer holds while it cannot be */
} at_contact_rules_t;

typedef enum {
    AT_TRUST_FULL,   /* the shelf may answer */
    AT_TRUST_ALONE,  /* likewise, and the table cannot be asked */
    AT_TRUST_SECOND, /* only if the table is asked first, and cannot be */
    AT_TRUST_NONE
} at_trust_e;

/**
 * How far a row on the shelf may be trusted now.
 *
 * A question that is on its way, or had no answer, leaves the answer before it
 * good, but only where it was asked in time: else deletions of a long while
 * might be unknown here.
 *
 * @param read_at  when the row's lookup began; that was a question, too
 */
at_trust_e at_contact_trust(const at_shelf_t *shelf,
                            const at_contact_rules_t *rules,
                            apr_int64_t read_at, apr_int64_t now);

/** How long ago the table was asked, at best, on behalf of such a row. */
apr_int64_t at_contact_age(const at_shelf_t *shelf, apr_int64_t read_at,
                           apr_int64_t now);

/** The question is about to be asked. */
void at_contact_begin(at_shelf_t *shelf, apr_int64_t now);

/** It was answered, and all that came of it is done; it began at `begun`. */
void at_contact_made(at_shelf_t *shelf, apr_int64_t begun);

/** Room for the reason why a question had no answer. */
#define AT_CONTACT_WHY_SIZE 160

/** It had no answer, for this reason. */
void at_contact_failed(at_shelf_t *shelf, const char *why);

/**
 * Why the last question had no answer; "" if it had one, or nobody knows. Of
 * reasons that come at the same time it may be a mixture.
 */
void at_contact_why(const at_shelf_t *shelf, char why[AT_CONTACT_WHY_SIZE]);

/** When the question that was answered last began; 0 if none was. */
apr_int64_t at_contact_last(const at_shelf_t *shelf);

/** Up to when deletions are known: the same, or when the shelf was made. */
apr_int64_t at_contact_known(const at_shelf_t *shelf);

/** The same moment on the wall clock, as that was then. */
apr_int64_t at_contact_known_wall(const at_shelf_t *shelf);

/** Is there a question that has no answer yet? */
int at_contact_is_open(const at_shelf_t *shelf);

/**
 * This is the file that the table is in; 0 where it is in none.
 *
 * @return true if it was another one before.
 */
int at_contact_saw_file(at_shelf_t *shelf, apr_uint64_t file);

#endif
