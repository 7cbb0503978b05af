/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects what each line sets, and decides only where there is one answer.
 * Two hosts that use tokens of two databases are a question for the
 * administrator, also where one of them has the module's default because it
 * names no database.
 */
#include "tool/conf/effective.h"

#include <string.h>

#include <apr_strings.h>

#include "tool/conf/hosts.h"
#include "tool/output/messages.h"

/* What one line of the configuration sets. */
typedef struct line_t {
    const char *value;
    const char *wrong; /* NULL: nothing */
    const at_directive_t *directive;
} line_t;

struct at_effective_t {
    apr_array_header_t *lines[AT_SETTINGS]; /* line_t */
    at_hosts_t *hosts;
    const at_directive_t *unfollowed; /* the first Include that is; or NULL */
    apr_pool_t *pool;
};

/* Gathering */

static void gather(void *data, const at_directive_t *directive)
{
    at_effective_t *from = data;
    line_t *line;
    int key;

    at_hosts_add(from->hosts, directive);
    if (strncasecmp(directive->name, "Include", 7) == 0 && !from->unfollowed) {
        from->unfollowed =
            apr_pmemdup(from->pool, directive, sizeof(*directive));
    }
    for (key = 0;
         strcasecmp(at_settings[key].directive, directive->name) != 0;) {
        if (++key == AT_SETTINGS) {
            return;
        }
    }
    line = apr_array_push(from->lines[key]);
    line->directive = apr_pmemdup(from->pool, directive, sizeof(*directive));
    line->value = NULL;
    line->wrong = directive->doubt;
    if (!line->wrong) {
        line->wrong =
            at_settings[key].read(directive->arguments, directive->server_root,
                                  &line->value, from->pool);
    }
}

/* Does a later line of the same host override the line? */
static int is_overridden(const apr_array_header_t *all, int which)
{
    int host = APR_ARRAY_IDX(all, which, line_t).directive->host;
    int i;

    for (i = which + 1; i < all->nelts; i++) {
        const line_t *later = &APR_ARRAY_IDX(all, i, line_t);

        if (later->directive->host == host && !later->directive->doubt) {
            return 1;
        }
    }
    return 0;
}

/* Deciding */

/* The value that a host has. */
typedef struct choice_t {
    int host;
    const char *value;
    const line_t *line; /* that sets it; NULL: it is the default */
} choice_t;

static at_exit_e complain_of_line(at_setting_e key, const line_t *line)
{
    at_message_error("%s: %s cannot be used: %s. Name the value with %s.",
                     line->directive->location, at_settings[key].directive,
                     line->wrong, at_settings[key].option);
    return AT_EXIT_USAGE;
}

static void note_choice(const at_effective_t *from, const choice_t *choice)
{
    const at_directive_t *use = at_hosts_use(from->hosts, choice->host);
    const char *host = at_hosts_name(from->hosts, choice->host);

    if (choice->line) {
        const at_directive_t *directive = choice->line->directive;

        at_message_note("  %s%s%s", directive->location,
                        directive->host ? ", in VirtualHost " : "",
                        directive->host_label);
        return;
    }
    at_message_note("  the default, which %s has (it uses tokens: %s)", host,
                    use ? use->location : "");
}

static at_exit_e complain_of_choices(const at_effective_t *from,
                                     at_setting_e key,
                                     const apr_array_header_t *choices)
{
    int i;

    at_message_error("the configuration has more than one %s; name the right "
                     "one with %s:",
                     at_settings[key].directive, at_settings[key].option);
    for (i = 0; i < choices->nelts; i++) {
        note_choice(from, &APR_ARRAY_IDX(choices, i, choice_t));
    }
    return AT_EXIT_USAGE;
}

/* The line that holds in a host; NULL if it has none.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE if it cannot be known, and the reason
 *         was written. */
static at_exit_e line_of(const at_effective_t *from, at_setting_e key, int host,
                         const line_t **line)
{
    const apr_array_header_t *all = from->lines[key];
    int i;

    *line = NULL;
    for (i = 0; i < all->nelts; i++) {
        const line_t *one = &APR_ARRAY_IDX(all, i, line_t);

        if (one->directive->host != host || is_overridden(all, i)) {
            continue;
        }
        if (one->wrong && at_settings[key].option) {
            return complain_of_line(key, one);
        }
        if (!one->wrong) {
            *line = one;
        }
    }
    return AT_EXIT_DONE;
}

/* A virtual host without a line has the value of the main server. */
static at_exit_e choice_of(const at_effective_t *from, at_setting_e key,
                           int host, choice_t *choice)
{
    at_exit_e status = line_of(from, key, host, &choice->line);

    if (status == AT_EXIT_DONE && !choice->line && host > 0) {
        status = line_of(from, key, 0, &choice->line);
    }
    choice->host = host;
    choice->value =
        choice->line ? choice->line->value : at_settings[key].default_value;
    return status;
}

/* Does the value of this host count? Where no host is known to use tokens (an
 * .htaccess file may use them), each host counts that has a line of its own.
 * The main server counts where requests reach it. */
static int counts(const at_effective_t *from, const choice_t *choice)
{
    int has_line =
        choice->line && choice->line->directive->host == choice->host;

    if (!at_hosts_are_used(from->hosts)) {
        return has_line;
    }
    if (!at_hosts_use(from->hosts, choice->host)) {
        return 0;
    }
    return choice->host > 0 || has_line ||
           at_hosts_main_is_reached(from->hosts);
}

static void add_choice(apr_array_header_t *choices, const choice_t *choice)
{
    int i;

    for (i = 0; i < choices->nelts; i++) {
        choice_t *other = &APR_ARRAY_IDX(choices, i, choice_t);

        if (strcmp(other->value, choice->value) == 0) {
            *other = *choice;
            return;
        }
    }
    APR_ARRAY_PUSH(choices, choice_t) = *choice;
}

at_exit_e at_effective_find(const at_effective_t *from, at_setting_e key,
                            const char **value, const char **location)
{
    apr_array_header_t *choices =
        apr_array_make(from->pool, 2, sizeof(choice_t));
    const choice_t *first;
    int host;

    for (host = 0; host < at_hosts_count(from->hosts); host++) {
        choice_t choice;
        at_exit_e status = choice_of(from, key, host, &choice);

        if (status != AT_EXIT_DONE) {
            return status;
        }
        if (choice.value && counts(from, &choice)) {
            add_choice(choices, &choice);
        }
    }
    if (choices->nelts > 1 && at_settings[key].option) {
        return complain_of_choices(from, key, choices);
    }
    first = choices->nelts ? &APR_ARRAY_IDX(choices, 0, choice_t) : NULL;
    if (first && first->line) {
        *value = first->value;
        *location = first->line->directive->location;
    }
    return AT_EXIT_DONE;
}

at_exit_e at_effective_is_complete(const at_effective_t *from, at_setting_e key)
{
    if (!from->unfollowed) {
        return AT_EXIT_DONE;
    }
    at_message_error(
        "%s: %s cannot be followed: %s. Name the value of %s with %s.",
        from->unfollowed->location, from->unfollowed->name,
        from->unfollowed->doubt, at_settings[key].directive,
        at_settings[key].option);
    return AT_EXIT_USAGE;
}

int at_effective_is_empty(const at_effective_t *from)
{
    return !from->unfollowed && from->lines[AT_SETTING_DATABASE]->nelts == 0 &&
           from->lines[AT_SETTING_TABLE]->nelts == 0 &&
           !at_hosts_are_used(from->hosts);
}

at_exit_e at_effective_read(const char *path, const char *server_root,
                            at_effective_t **effective, apr_pool_t *p)
{
    at_effective_t *made = apr_pcalloc(p, sizeof(*made));
    const char *wrong;
    int key;

    made->pool = p;
    made->hosts = at_hosts_make(p);
    for (key = 0; key < AT_SETTINGS; key++) {
        made->lines[key] = apr_array_make(p, 2, sizeof(line_t));
    }
    wrong = at_reader_read(path, server_root, gather, made, p);
    if (wrong) {
        at_message_error("%s", wrong);
        return AT_EXIT_FILE;
    }
    *effective = made;
    return AT_EXIT_DONE;
}
