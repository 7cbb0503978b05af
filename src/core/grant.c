/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes out of a row what decides and what is told, with the texts made once.
 */
#include "core/grant.h"

#include <string.h>

#include <apr_strings.h>

#include "core/time.h"
#include "core/token.h"

/* There is room for both, or the row would have a fault. */
static void write_text(at_grant_t *grant, const at_row_t *row)
{
    const char *room = grant->user + sizeof(grant->user);
    char *end =
        apr_cpystrn(grant->user, row->user, (apr_size_t)(room - grant->user));

    if (row->scopes) {
        end = apr_cpystrn(end + 1, row->scopes, (apr_size_t)(room - end - 1));
    }
    grant->text_length = (apr_uint16_t)(end - grant->user);
}

void at_grant_fill(at_grant_t *grant, const at_row_t *row)
{
    char expires[AT_TIME_TEXT_SIZE] = "never";

    memset(grant, 0, sizeof(*grant));
    grant->expires_at = row->expires_at;
    grant->deleted_at = row->deleted_at;
    at_token_format_id(&row->id, grant->id_text);
    if (row->expires_at != AT_TIME_NONE) {
        at_time_format(row->expires_at, expires);
    }
    apr_cpystrn(grant->expires_text, expires, sizeof(grant->expires_text));
    write_text(grant, row);
}

const char *at_grant_scopes(const at_grant_t *grant)
{
    apr_size_t user = strlen(grant->user);

    return grant->text_length > user ? grant->user + user + 1 : NULL;
}
