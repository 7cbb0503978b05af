/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two moments say how fresh the shelf is: when the last answered question began,
 * and when the first one after it did that has no answer.
 */
#include "core/contact.h"

#include <string.h>

#include <apr_strings.h>

#include "core/time.h"
#include "shelf_inside.h"

static apr_int64_t asked_for(const at_shelf_t *shelf, apr_int64_t read_at)
{
    apr_int64_t asked = at_contact_last(shelf);

    return asked > read_at ? asked : read_at;
}

apr_int64_t at_contact_age(const at_shelf_t *shelf, apr_int64_t read_at,
                           apr_int64_t now)
{
    return now - asked_for(shelf, read_at);
}

at_trust_e at_contact_trust(const at_shelf_t *shelf,
                            const at_contact_rules_t *rules,
                            apr_int64_t read_at, apr_int64_t now)
{
    apr_int64_t intime = rules->interval + AT_CONTACT_SLACK_MS;
    apr_int64_t asked = asked_for(shelf, read_at);
    apr_int64_t unanswered;

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

    at_shelf_store(&shelf->header->known_wall,
                   (apr_uint64_t)(at_time_now() - ago));

    while (before < (apr_uint64_t)begun &&
           !atomic_compare_exchange_weak(&shelf->header->asked_at, &before,
                                         (apr_uint64_t)begun)) {
        continue;
    }
    at_shelf_store(&shelf->header->unanswered_since, 0);
    at_shelf_store(&shelf->header->why[0], 0);
}

void at_contact_failed(at_shelf_t *shelf, const char *why)
{
    apr_uint64_t words[AT_SHELF_WHY_WORDS] = {0};
    apr_size_t i;

    apr_cpystrn((char *)words, why, sizeof(words));
    for (i = 0; i < AT_SHELF_WHY_WORDS; i++) {
        at_shelf_store(&shelf->header->why[i], words[i]);
    }
}

void at_contact_why(const at_shelf_t *shelf, char why[AT_CONTACT_WHY_SIZE])
{
    apr_uint64_t words[AT_SHELF_WHY_WORDS];
    apr_size_t i;

    for (i = 0; i < AT_SHELF_WHY_WORDS; i++) {
        words[i] = at_shelf_load(&shelf->header->why[i]);
    }
    apr_cpystrn(why, (const char *)words, AT_CONTACT_WHY_SIZE);
}

apr_int64_t at_contact_last(const at_shelf_t *shelf)
{
    return (apr_int64_t)at_shelf_load(&shelf->header->asked_at);
}

apr_int64_t at_contact_known(const at_shelf_t *shelf)
{
    apr_int64_t last = at_contact_last(shelf);

    return last != 0 ? last
                     : (apr_int64_t)at_shelf_load(&shelf->header->made_at);
}

apr_int64_t at_contact_known_wall(const at_shelf_t *shelf)
{
    return (apr_int64_t)at_shelf_load(&shelf->header->known_wall);
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
