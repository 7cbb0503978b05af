/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last uses in the memory of one process that found no place in the cache, until
 * they are written to the table.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_LASTUSED_QUEUE_H
#define ACCESSTOKEN_CORE_JOBS_LASTUSED_QUEUE_H

#include <apr_tables.h>

#include "core/token/use.h"

typedef struct at_lastused_queue_t at_lastused_queue_t;

/** Open a collection in this process's memory. p lives as long as that. */
at_lastused_queue_t *at_lastused_queue_open(apr_pool_t *p);

/**
 * Collect a use, the latest of each token; cheap, never waits for a table.
 *
 * @return false if there are too many already: it is lost.
 */
int at_lastused_queue_note(at_lastused_queue_t *lastused, const at_use_t *use);

/** Append copies of all that are there, without a spot, to an array of at_use_t. */
void at_lastused_queue_copy(at_lastused_queue_t *lastused,
                            apr_array_header_t *uses);

/** The table has this use, which was copied: forget it, if none came later. */
void at_lastused_queue_forget(at_lastused_queue_t *lastused,
                              const at_use_t *use);

/** The last use of a token that is there, or AT_TIME_NONE. */
apr_int64_t at_lastused_queue_of(at_lastused_queue_t *lastused,
                                 const at_id_t *id);

/** How many there are. May be called in a signal handler: it waits for nobody. */
int at_lastused_queue_count(const at_lastused_queue_t *lastused);

#endif
