/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lease is a word with the id of the process that holds it and the time when
 * it ends. The members are an array of such words, one for each process.
 */
#include "core/cache/lease.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "cache_layout.h"

/* On Linux a process id has 22 bits at most. */
#define PID_SHIFT 42
#define END_MASK ((APR_UINT64_C(1) << PID_SHIFT) - 1)

static apr_uint64_t own_word(apr_int64_t end)
{
    return (apr_uint64_t)getpid() << PID_SHIFT | ((apr_uint64_t)end & END_MASK);
}

static int is_own(apr_uint64_t word)
{
    return word >> PID_SHIFT == (apr_uint64_t)getpid();
}

/* The processes of a server are one process group. A process of another group
 * has got the id of one that has died. */
int at_cache_is_alive(pid_t process)
{
    return process != 0 && getpgid(process) == getpgrp();
}

static int is_valid(apr_uint64_t word, apr_int64_t now)
{
    return (apr_int64_t)(word & END_MASK) > now &&
           at_cache_is_alive((pid_t)(word >> PID_SHIFT));
}

int at_lease_take(at_cache_t *cache, at_lease_e lease, apr_int64_t now,
                  apr_int64_t duration)
{
    at_atomic64_t *word = &cache->header->leases[lease];
    apr_uint64_t before = at_cache_load(word);

    if (!is_own(before) && is_valid(before, now)) {
        return 0;
    }
    return atomic_compare_exchange_strong(word, &before,
                                          own_word(now + duration));
}

void at_lease_release(at_cache_t *cache, at_lease_e lease)
{
    at_atomic64_t *word = &cache->header->leases[lease];
    apr_uint64_t before = at_cache_load(word);

    if (is_own(before)) {
        atomic_compare_exchange_strong(word, &before, 0);
    }
}

int at_lease_purge_is_due(at_cache_t *cache, apr_int64_t now, apr_int64_t first,
                          apr_int64_t period)
{
    at_cache_header_t *header = cache->header;
    apr_uint64_t before = at_cache_load(&header->purged_at);
    apr_int64_t due = before == 0
                          ? (apr_int64_t)at_cache_load(&header->made_at) + first
                          : (apr_int64_t)before + period;

    return now >= due && atomic_compare_exchange_strong(
                             &header->purged_at, &before, (apr_uint64_t)now);
}

/* The word of this process among the members, or a free one; NULL if all are
 * in use. Finding a free one takes a system call for each word, so it is done
 * only if the process has none. */
static at_atomic64_t *member_of(at_cache_t *cache, apr_int64_t now)
{
    at_atomic64_t *members = cache->header->members;
    int i;

    for (i = 0; i < AT_CACHE_MEMBERS; i++) {
        if (is_own(at_cache_load(&members[i]))) {
            return &members[i];
        }
    }
    for (i = 0; i < AT_CACHE_MEMBERS; i++) {
        if (!is_valid(at_cache_load(&members[i]), now)) {
            return &members[i];
        }
    }
    return NULL;
}

void at_members_join(at_cache_t *cache, apr_int64_t now)
{
    at_atomic64_t *member = member_of(cache, now);
    apr_uint64_t before = member ? at_cache_load(member) : 0;

    /* If another process gets that word first, the next call takes another. */
    if (member) {
        atomic_compare_exchange_strong(member, &before,
                                       own_word(now + AT_MEMBERS_MS));
    }
}

/* A process that was killed keeps its id until httpd's parent has waited for
 * it, which takes up to a second. Where the system does not tell, it has not
 * ended. Nothing of stdio is called, because prefork may end a process in a
 * signal handler. */
static int has_ended(pid_t process)
{
    char text[256];
    char path[32];
    const char *state;
    ssize_t length;
    int file;

    apr_snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    length = read(file, text, sizeof(text) - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    /* The name before the state is in parentheses, and may contain some. */
    state = strrchr(text, ')');
    return state && state[1] == ' ' && (state[2] == 'Z' || state[2] == 'X');
}

int at_members_leave(at_cache_t *cache, apr_int64_t now)
{
    at_atomic64_t *members = cache->header->members;
    int others = 0;
    int i;

    for (i = 0; i < AT_CACHE_MEMBERS; i++) {
        apr_uint64_t word = at_cache_load(&members[i]);

        if (is_own(word)) {
            atomic_compare_exchange_strong(&members[i], &word, 0);
        }
    }
    for (i = 0; i < AT_CACHE_MEMBERS && !others; i++) {
        apr_uint64_t word = at_cache_load(&members[i]);

        others = !is_own(word) && is_valid(word, now) &&
                 !has_ended((pid_t)(word >> PID_SHIFT));
    }
    return others;
}
