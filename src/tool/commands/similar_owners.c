/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the names of all owners in the order of the index, page by page. Case
 * is compared in the locale, whose UTF-8 has more letters than ASCII.
 */
#include "tool/commands/similar_owners.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include <apr_strings.h>

#include "core/db/inspect.h"
#include "core/token/text.h"
#include "tool/output/display.h"
#include "tool/output/messages.h"
#include "tool/output/terminal.h"

#define PAGE 1000

/* The next character in lower case; 0 at the end; a byte that is not UTF-8 as
 * it is. */
static wint_t next_folded(const char **text, mbstate_t *state)
{
    wchar_t character;
    size_t length = mbrtowc(&character, *text, strlen(*text) + 1, state);

    if (length == (size_t)-1 || length == (size_t)-2) {
        memset(state, 0, sizeof(*state));
        return (unsigned char)*(*text)++;
    }
    *text += length;
    return length == 0 ? 0 : towlower((wint_t)character);
}

static const char *trimmed(const char *name, apr_pool_t *p)
{
    apr_size_t length;

    name += strspn(name, " ");
    length = strlen(name);
    while (length > 0 && name[length - 1] == ' ') {
        length--;
    }
    return apr_pstrmemdup(p, name, length);
}

static int are_folded_equal(const char *one, const char *other)
{
    mbstate_t of_one = {0};
    mbstate_t of_other = {0};
    wint_t left;

    do {
        left = next_folded(&one, &of_one);
        if (left != next_folded(&other, &of_other)) {
            return 0;
        }
    } while (left != 0);
    return 1;
}

int at_similar_owners_are(const char *one, const char *other)
{
    apr_pool_t *pool;
    int equal;

    if (strcmp(one, other) == 0) {
        return 0;
    }
    apr_pool_create(&pool, NULL);
    equal = are_folded_equal(trimmed(one, pool), trimmed(other, pool));
    apr_pool_destroy(pool);
    return equal;
}

static at_exit_e note_owner(at_tool_t *tool, const char *user,
                            const char *other, apr_pool_t *p)
{
    at_op_t *op = at_connection_op(tool->connection, p);
    apr_int64_t number = 0;

    op->user = other;
    op->when = at_clock_now();
    if (at_inspect_count_live(op, &number) != APR_SUCCESS) {
        return at_connection_report(tool->connection, "count tokens");
    }
    if (number > 0) {
        at_message_note("Note: '%s' is another owner, with %" APR_INT64_T_FMT
                        " valid token%s. If '%s' is the same person, run the "
                        "command for this name, too.",
                        at_display_safe(other, p), number,
                        number == 1 ? "" : "s", at_display_safe(user, p));
    }
    return AT_EXIT_DONE;
}

static at_exit_e note_page(at_tool_t *tool, const char *user,
                           const apr_array_header_t *names, apr_pool_t *p)
{
    at_exit_e status = AT_EXIT_DONE;
    int i;

    for (i = 0; i < names->nelts && status == AT_EXIT_DONE; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (at_similar_owners_are(user, name)) {
            status = note_owner(tool, user, name, p);
        }
    }
    return status;
}

at_exit_e at_similar_owners_note(at_tool_t *tool, const char *user)
{
    char after[AT_TEXT_USER_MAX + 1] = "";
    at_exit_e status = AT_EXIT_DONE;
    apr_array_header_t *names;
    const char *last;
    int is_last = 0;
    apr_pool_t *page;
    at_op_t *op;

    apr_pool_create(&page, tool->pool);
    while (!is_last && status == AT_EXIT_DONE) {
        apr_pool_clear(page);
        if (at_term_interrupted()) {
            status = AT_EXIT_INTERRUPTED;
            break;
        }
        op = at_connection_op(tool->connection, page);
        op->limit = PAGE;
        if (at_inspect_owners(op, after, &names) != APR_SUCCESS) {
            status = at_connection_report(tool->connection, "list the owners");
            break;
        }
        status = note_page(tool, user, names, page);
        last = names->nelts > 0
                   ? APR_ARRAY_IDX(names, names->nelts - 1, const char *)
                   : after;
        /* A name with a NUL in it is read in part, and would be read again for
         * ever. */
        is_last = names->nelts < PAGE || strcmp(last, after) == 0;
        apr_cpystrn(after, last, sizeof(after));
    }
    apr_pool_destroy(page);
    return status;
}
