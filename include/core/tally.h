/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of a shelf, for whoever watches the server: what was answered from
 * memory, what had to be looked up, what was refused. They only ever rise.
 */
#ifndef ACCESSTOKEN_CORE_TALLY_H
#define ACCESSTOKEN_CORE_TALLY_H

#include <apr.h>

typedef enum {
    AT_TALLY_HITS,        /* let in by the shelf */
    AT_TALLY_STALE,       /* of those: though the table could not be asked */
    AT_TALLY_COLD,        /* let in by the table */
    AT_TALLY_LOOKUPS,     /* the table was asked for a token */
    AT_TALLY_LOOKUP_USEC, /* and that took, in all */
    AT_TALLY_SHARED,      /* waited for another request's lookup instead */
    AT_TALLY_MALFORMED,   /* refused: not a token by its syntax or check */
    AT_TALLY_UNKNOWN,
    AT_TALLY_WRONG_SECRET,
    AT_TALLY_DELETED,
    AT_TALLY_EXPIRED,
    AT_TALLY_BROKEN,    /* its row cannot be used */
    AT_TALLY_SCOPE,     /* let in, and then 403: it lacks a scope */
    AT_TALLY_UNDECIDED, /* 503 */
    AT_TALLY_WRITTEN,   /* last uses written to the table */
    AT_TALLY_PURGED,    /* rows removed from the table */
    AT_TALLY_EVICTED,   /* rows that had to go for others */
    AT_TALLY_DISPLACED, /* rows that had to go for others before their use was
                           written */
    AT_TALLY_LOST,      /* last uses that were given up: too many waited */
    AT_TALLIES
} at_tally_e;

struct at_shelf_t;

/** Count; each process has counters of its own, so nobody waits for them. */
void at_tally_add(struct at_shelf_t *shelf, at_tally_e which,
                  apr_uint64_t amount);

/** The sum of all processes since the shelf was made. */
apr_uint64_t at_tally_sum(const struct at_shelf_t *shelf, at_tally_e which);

/**
 * Is the shelf too small for the tokens in use? Says so once a minute at most,
 * whichever process asks.
 *
 * @param now  at_time_monotonic()
 * @return how many percent of the requests in the meantime were let in by the
 *         shelf; -1 if it is not too small, or not time to say so.
 */
int at_tally_crowded(struct at_shelf_t *shelf, apr_int64_t now);

#endif
