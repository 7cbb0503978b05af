/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills the terms of a token from its row; texts are made once, not per
 * request.
 */
#include "core/token/terms.h"

#include <string.h>

#include <apr_strings.h>

#include "core/token/clock.h"
#include "core/token/token.h"

/* Both fit: at_scopes_check() has accepted them. */
static void write_text(at_terms_t *terms, const at_row_t *row)
{
    const char *limit = terms->user + sizeof(terms->user);
    char *end =
        apr_cpystrn(terms->user, row->user, (apr_size_t)(limit - terms->user));

    if (row->scopes) {
        end = apr_cpystrn(end + 1, row->scopes, (apr_size_t)(limit - end - 1));
    }
    terms->text_length = (apr_uint16_t)(end - terms->user);
}

void at_terms_fill(at_terms_t *terms, const at_row_t *row)
{
    char expires[AT_CLOCK_TEXT_SIZE] = "never";

    memset(terms, 0, sizeof(*terms));
    terms->expires_at = row->expires_at;
    terms->deleted_at = row->deleted_at;
    at_token_format_id(&row->id, terms->id_text);
    if (row->expires_at != AT_TIME_NONE) {
        at_clock_format(row->expires_at, expires);
    }
    apr_cpystrn(terms->expires_text, expires, sizeof(terms->expires_text));
    write_text(terms, row);
}

const char *at_terms_scopes(const at_terms_t *terms)
{
    apr_size_t user = strlen(terms->user);

    return terms->text_length > user ? terms->user + user + 1 : NULL;
}
