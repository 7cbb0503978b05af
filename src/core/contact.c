/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two moments say how fresh the shelf is: when the last answered question began,
 * and when the first one after it did that has no answer.
 *
 * A duty is a word with a process id and the end of its lease.
 */
#include "core/contact.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/time.h"
#include "shelf_inside.h"

/* Linux has process ids of 22 bits at most. */
#define PID_SHIFT 42
#define END_MASK ((APR_UINT64_C(1) << PID_SHIFT) - 1)

at_trust_e at_contact_trust(const at_shelf_t *shelf,
                            const at_contact_rules_t *rules,
                            apr_int64_t read_at, apr_int64_t now)
{
    apr_int64_t intime = rules->interval + AT_CONTACT_SLACK_MS;
    apr_int64_t asked = (apr_int64_t)at_shelf_load(&shelf->header->asked_at);
    apr_int64_t unanswered;

    if (asked < read_at) {
        asked = read_at;
    }
    if (now - asked <= intime) {
        return AT_TRUST_FULL;
    }
    if (now - asked > rules->stale) {
        return AT_TRUST_NONE;
    }
    unanswered = (apr_int64_t)at_shelf_load(&shelf->header->unanswered_since);
    return unanswered != 0 && unanswered - asked <= intime ? AT_TRUST_ALONE
                                                           : AT_TRUST_SECOND;
}

void at_contact_begin(at_shelf_t *shelf, apr_int64_t now)
{
    apr_uint64_t none = 0;

    atomic_compare_exchange_strong(&shelf->header->unanswered_since, &none,
                                   (apr_uint64_t)now);
}

/* In this order: a reader in between sees a question without an answer that was
 * asked in time or not, and at worst asks the table. */
void at_contact_made(at_shelf_t *shelf, apr_int64_t begun)
{
    apr_uint64_t before = at_shelf_load(&shelf->header->asked_at);
    apr_int64_t ago = at_time_monotonic() - begun;

    at_shelf_store(&shelf->header->asked_wall,
                   (apr_uint64_t)(at_time_now() - ago));

    while (before < (apr_uint64_t)begun &&
           !atomic_compare_exchange_weak(&shelf->header->asked_at, &before,
                                         (apr_uint64_t)begun)) {
        continue;
    }
    at_shelf_store(&shelf->header->unanswered_since, 0);
}

apr_int64_t at_contact_last(const at_shelf_t *shelf)
{
    return (apr_int64_t)at_shelf_load(&shelf->header->asked_at);
}

apr_int64_t at_contact_last_wall(const at_shelf_t *shelf)
{
    return (apr_int64_t)at_shelf_load(&shelf->header->asked_wall);
}

int at_contact_is_open(const at_shelf_t *shelf)
{
    return at_shelf_load(&shelf->header->unanswered_since) != 0;
}

int at_contact_saw_file(at_shelf_t *shelf, apr_uint64_t file)
{
    apr_uint64_t before = at_shelf_load(&shelf->header->file);

    if (file == 0) {
        return 0;
    }
    at_shelf_store(&shelf->header->file, file);
    return before != 0 && before != file;
}

/* Duties */

static int is_alive(apr_uint64_t holder)
{
    return holder != 0 && (kill((pid_t)holder, 0) == 0 || errno != ESRCH);
}

int at_contact_take(at_shelf_t *shelf, at_duty_e duty, apr_int64_t now,
                    apr_int64_t lease)
{
    at_word_t *word = &shelf->header->duties[duty];
    apr_uint64_t own = (apr_uint64_t)getpid();
    apr_uint64_t before = at_shelf_load(word);
    apr_uint64_t holder = before >> PID_SHIFT;

    if (holder != own && (apr_int64_t)(before & END_MASK) > now &&
        is_alive(holder)) {
        return 0;
    }
    return atomic_compare_exchange_strong(
        word, &before,
        own << PID_SHIFT | ((apr_uint64_t)(now + lease) & END_MASK));
}

void at_contact_leave(at_shelf_t *shelf, at_duty_e duty)
{
    at_word_t *word = &shelf->header->duties[duty];
    apr_uint64_t before = at_shelf_load(word);

    if (before >> PID_SHIFT == (apr_uint64_t)getpid()) {
        atomic_compare_exchange_strong(word, &before, 0);
    }
}
