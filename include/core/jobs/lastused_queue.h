/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last-used queue: last uses that have no place in the cache, in the
 * memory of one process, until they are written to the table.
 */
#ifndef ACCESSTOKEN_CORE_JOBS_LASTUSED_QUEUE_H
#define ACCESSTOKEN_CORE_JOBS_LASTUSED_QUEUE_H

#include <apr_tables.h>

#include "core/token/use.h"

typedef struct at_lastused_queue_t at_lastused_queue_t;

/** Open a queue; it lives as long as p. */
at_lastused_queue_t *at_lastused_queue_open(apr_pool_t *p);

/**
 * Add a use; the queue has the latest one of each token. It never waits for a
 * table.
 *
 * @return false if the queue is full, so that the use is lost.
 */
int at_lastused_queue_note(at_lastused_queue_t *queue, const at_use_t *use);

/** Append copies of all uses to an array of at_use_t; they have no spot. */
void at_lastused_queue_copy(at_lastused_queue_t *queue,
                            apr_array_header_t *uses);

/** This copy was written to the table: remove the use, unless it is a later
 *  one. */
void at_lastused_queue_remove(at_lastused_queue_t *queue, const at_use_t *use);

/** The last use of a token in the queue, or AT_TIME_NONE. */
apr_int64_t at_lastused_queue_of(at_lastused_queue_t *queue, const at_id_t *id);

/** The number of uses. It takes no lock, so a signal handler may call it. */
int at_lastused_queue_count(const at_lastused_queue_t *queue);

#endif
