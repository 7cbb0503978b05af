/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to JSON, and the JSON of a request for a new token, with Jansson.
 *
 * A body is read strictly: a misspelt lifetimeSeconds must not become the
 * default of a year, so an unknown member is refused by its name. All faults
 * are reported, not only the first.
 */
#include "core/token/json.h"

#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/columns.h"
#include "core/token/scopes.h"
#include "core/token/text.h"
#include "core/token/token.h"

static json_t *moment(apr_int64_t ms)
{
    char text[AT_CLOCK_TEXT_SIZE];

    if (ms == AT_TIME_NONE) {
        return json_null();
    }
    at_clock_format(ms, text);
    return json_string(text);
}

static json_t *text(const char *characters)
{
    json_t *string = json_string(characters);

    return string ? string : json_string("\xef\xbf\xbd");
}

static json_t *list(const char *scopes)
{
    json_t *array = json_array();
    apr_size_t length;
    const char *word;

    while ((word = at_scopes_next(&scopes, &length))) {
        json_array_append_new(array, json_stringn(word, length));
    }
    return array;
}

static json_t *value_of(const at_column_t *column, const at_row_t *row)
{
    const void *field = at_column_value(column, row);
    char id[AT_TOKEN_ID_SIZE];

    switch (column->kind) {
    case AT_KIND_ID:
        at_token_format_id(field, id);
        return json_string(id);
    case AT_KIND_TIME:
        return moment(*(const apr_int64_t *)field);
    case AT_KIND_SCOPES:
        return list(*(const char *const *)field);
    case AT_KIND_USER:
    case AT_KIND_TEXT:
    case AT_KIND_WORD:
        return text(*(const char *const *)field);
    case AT_KIND_HASH:
        break;
    }
    return NULL;
}

/* Takes ownership of the value. If memory runs out, there is no token at
 * all. */
static json_t *with(json_t *token, const char *member, json_t *value)
{
    if (token && json_object_set_new(token, member, value) != 0) {
        json_decref(token);
        return NULL;
    }
    return token;
}

/* A text that may be NULL, and is, has no member. */
static json_t *with_column(json_t *token, at_column_e which,
                           const at_row_t *row)
{
    const at_column_t *column = &at_columns[which];
    const void *field = at_column_value(column, row);

    if (!column->json || (at_column_is_text(column) && !column->is_required &&
                          !*(const char *const *)field)) {
        return token;
    }
    return with(token, column->json, value_of(column, row));
}

json_t *at_json_token(const at_row_t *row, apr_int64_t now, int with_user)
{
    int expired = at_token_expired(row->expires_at, now);
    json_t *token = json_object();
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (i != AT_COLUMN_USER_NAME) {
            token = with_column(token, (at_column_e)i, row);
        }
        if (i == AT_COLUMN_DESCRIPTION) {
            token = with(token, "status",
                         json_string(expired ? "Expired" : "Active"));
        }
    }
    return with_user ? with_column(token, AT_COLUMN_USER_NAME, row) : token;
}

static void add_fault(apr_array_header_t *faults, const char *pointer,
                      const char *detail)
{
    at_fault_t *fault = apr_array_push(faults);

    fault->pointer = pointer;
    fault->detail = detail;
}

/* RFC 6901, 3 and 6: ~ and / have escapes; then characters that no fragment of
 * a URI may contain are percent-encoded. */
static const char *pointer_to(apr_pool_t *p, const char *member)
{
    char *pointer = apr_palloc(p, 3 + 3 * strlen(member));
    char *out = pointer;
    const char *c;

    *out++ = '#';
    *out++ = '/';
    for (c = member; *c; c++) {
        if (*c == '~' || *c == '/') {
            *out++ = '~';
            *out++ = *c == '~' ? '0' : '1';
            continue;
        }
        if (apr_isalnum(*c) || strchr("-._", *c)) {
            *out++ = *c;
            continue;
        }
        out += apr_snprintf(out, 4, "%%%02X", (unsigned char)*c);
    }
    *out = '\0';
    return pointer;
}

typedef struct reading_t {
    at_new_token_t new_token;
    const char *name; /* the description, as later Trifacta clients call it */
    apr_array_header_t *faults;
} reading_t;

static void read_lifetime(reading_t *reading, const char *pointer,
                          const json_t *value)
{
    double seconds;

    if (!json_is_number(value)) {
        add_fault(
            reading->faults, pointer,
            "lifetimeSeconds must be a number of seconds, or -1 for never");
        return;
    }
    seconds = json_number_value(value);
    if (seconds != floor(seconds) || (seconds < 1 && seconds != -1)) {
        add_fault(reading->faults, pointer,
                  "lifetimeSeconds must be a whole number of at least 1, "
                  "or -1 for never");
        return;
    }
    /* With this limit each number is exact in a double, and its milliseconds
     * fit into 64 bits. */
    if (seconds > (double)(AT_TIME_MAX / 1000)) {
        add_fault(reading->faults, pointer,
                  "lifetimeSeconds is too large: no token may expire after the "
                  "year 9999; -1 means never");
        return;
    }
    reading->new_token.lifetime = (apr_int64_t)seconds;
}

static const char *read_text(reading_t *reading, const char *pointer,
                             const char *member, const json_t *value)
{
    apr_pool_t *p = reading->faults->pool;
    at_text_e fault;

    if (!json_is_string(value)) {
        add_fault(reading->faults, pointer,
                  apr_pstrcat(p, member, " must be a string", NULL));
        return "";
    }
    fault = at_text_check_description(json_string_value(value));
    if (fault != AT_TEXT_FINE) {
        add_fault(reading->faults, pointer,
                  apr_psprintf(
                      p,
                      "%s %s; it may have at most %d characters, and no "
                      "control characters",
                      member, at_text_reason(fault), AT_TEXT_DESCRIPTION_MAX));
        return "";
    }
    return apr_pstrdup(p, json_string_value(value));
}

/* One word of the list; the fault's pointer ends with its index. */
static void read_scope(reading_t *reading, apr_size_t i, const json_t *value)
{
    apr_pool_t *p = reading->faults->pool;
    at_new_token_t *new_token = &reading->new_token;

    if (!json_is_string(value) ||
        !at_scopes_is_word(json_string_value(value))) {
        add_fault(
            reading->faults, apr_psprintf(p, "#/scopes/%" APR_SIZE_T_FMT, i),
            "a scope must be a word of printable ASCII characters without "
            "blanks, quotation marks and backslashes");
        return;
    }
    new_token->scopes =
        at_scopes_add(new_token->scopes, json_string_value(value), p);
}

static void read_scopes(reading_t *reading, const char *pointer,
                        const json_t *value)
{
    const json_t *word;
    apr_size_t i;

    if (!json_is_array(value) || json_array_size(value) == 0) {
        add_fault(
            reading->faults, pointer,
            "scopes must be a list of at least one word; leave it out for a "
            "token that is not limited");
        return;
    }
    if (json_array_size(value) > AT_SCOPES_MAX) {
        add_fault(reading->faults, pointer,
                  apr_psprintf(reading->faults->pool,
                               "scopes must be a list of at most %d words",
                               AT_SCOPES_MAX));
        return;
    }
    json_array_foreach (value, i, word) {
        read_scope(reading, i, word);
    }
}

static void read_member(reading_t *reading, const char *member,
                        const json_t *value)
{
    apr_pool_t *p = reading->faults->pool;
    const char *pointer = pointer_to(p, member);

    if (strcmp(member, "lifetimeSeconds") == 0) {
        read_lifetime(reading, pointer, value);
        return;
    }
    if (strcmp(member, "description") == 0) {
        reading->new_token.description =
            read_text(reading, pointer, member, value);
        return;
    }
    if (strcmp(member, "scopes") == 0) {
        read_scopes(reading, pointer, value);
        return;
    }
    if (strcmp(member, "name") == 0) {
        reading->name = read_text(reading, pointer, member, value);
        return;
    }
    add_fault(reading->faults, pointer,
              apr_pstrcat(p, "'", member,
                          "' is not a member of this request; "
                          "lifetimeSeconds, description and scopes are",
                          NULL));
}

/* Jansson's own messages quote the body, and are made for programmers. */
static const char *not_json(apr_pool_t *p, json_error_t *error)
{
    const char *reason = "its syntax is wrong";

    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        reason = "it ends too early";
        break;
    case json_error_end_of_input_expected:
        reason = "something follows its end";
        break;
    case json_error_invalid_utf8:
        reason = "it is not valid UTF-8";
        break;
    case json_error_null_character:
        reason = "a string holds the character NUL";
        break;
    case json_error_duplicate_key:
        reason = "a member appears twice";
        break;
    case json_error_numeric_overflow:
        reason = "a number is too large";
        break;
    case json_error_stack_overflow:
        reason = "it is nested too deeply";
        break;
    default:
        break;
    }
    return apr_psprintf(p,
                        "the body is not JSON that this request accepts: %s "
                        "(line %d, column %d)",
                        reason, error->line, error->column);
}

apr_status_t at_json_read_new_token(const char *body, apr_size_t length,
                                    at_new_token_t *new_token,
                                    apr_array_header_t *faults)
{
    reading_t reading = {.new_token.lifetime = AT_JSON_LIFETIME_DEFAULT,
                         .faults = faults};
    json_error_t error;
    const char *member;
    json_t *value;
    json_t *root;

    /* Integers are read as reals, so that 2^63 is a number out of range, and
     * not malformed JSON. */
    root = json_loadb(body, length,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY |
                          JSON_DECODE_INT_AS_REAL,
                      &error);
    if (!root) {
        add_fault(faults, "#", not_json(faults->pool, &error));
        return APR_EINVAL;
    }
    if (!json_is_object(root)) {
        add_fault(faults, "#", "the body must be a JSON object");
    }
    json_object_foreach (root, member, value) {
        read_member(&reading, member, value);
    }
    json_decref(root);
    if (faults->nelts > 0) {
        return APR_EINVAL;
    }
    *new_token = reading.new_token;
    if (!new_token->description) {
        new_token->description = reading.name ? reading.name : "";
    }
    return APR_SUCCESS;
}
