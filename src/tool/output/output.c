/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON and CSV, and single tokens. columns.c writes lists as tables.
 */
#include "tool/output/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "core/token/json.h"
#include "tool/output/columns.h"
#include "tool/output/display.h"
#include "tool/output/messages.h"
#include "tool/output/terminal.h"

struct at_output_t {
    at_format_e format;
    apr_int64_t now;
    at_columns_t *columns;
    apr_int64_t written;
};

static const char *const format_names[] = {[AT_FORMAT_TABLE] = "table",
                                           [AT_FORMAT_JSON] = "json",
                                           [AT_FORMAT_CSV] = "csv"};

at_exit_e at_output_format(const at_args_t *args, at_format_e *format)
{
    const char *word = args->value[AT_OPTION_FORMAT];
    int i;

    for (i = 0; i <= AT_FORMAT_CSV; i++) {
        if (strcmp(word ? word : "table", format_names[i]) == 0) {
            *format = (at_format_e)i;
            return AT_EXIT_DONE;
        }
    }
    at_message_error("--format takes table, json or csv");
    return AT_EXIT_USAGE;
}

/* JSON */

static json_t *text_or_null(const char *text)
{
    json_t *string = text ? json_string(text) : json_null();

    return string ? string : json_string("\xef\xbf\xbd");
}

/* A row that is not valid has only these members. */
static json_t *broken(const at_row_t *row)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:s}", "tokenId",
                     text_or_null(row->id_text), "description",
                     text_or_null(row->description), "status", "Broken", "user",
                     text_or_null(row->user), "fault", row->reason);
}

static void write_json(const at_row_t *row, apr_int64_t now, apr_pool_t *p)
{
    json_t *token = row->reason ? broken(row) : at_json_token(row, now, 1);

    if (!row->reason && row->deleted_at != AT_TIME_NONE) {
        json_object_set_new(token, "status", json_string("Deleted"));
        json_object_set_new(
            token, "deletedAt",
            json_string(at_display_utc(row->deleted_at, "", p)));
    }
    json_dumpf(token, stdout, JSON_COMPACT);
    json_decref(token);
}

/* CSV as in RFC 4180, but with the line ends of this system */

static void write_cell(const char *text, const char *separator)
{
    const char *c;

    if (!text) {
        text = "";
    }
    if (!strpbrk(text, "\",\r\n")) {
        fputs(text, stdout);
        fputs(separator, stdout);
        return;
    }
    putchar('"');
    for (c = text; *c; c++) {
        if (*c == '"') {
            putchar('"');
        }
        putchar(*c);
    }
    putchar('"');
    fputs(separator, stdout);
}

static void write_csv(const at_row_t *row, apr_int64_t now, apr_pool_t *p)
{
    int is_valid = row->reason == NULL;

    write_cell(row->id_text, ",");
    write_cell(row->user, ",");
    write_cell(row->description, ",");
    write_cell(at_display_status(row, now), ",");
    write_cell(is_valid ? at_display_utc(row->created_at, "", p) : "", ",");
    write_cell(is_valid ? at_display_utc(row->expires_at, "", p) : "", ",");
    write_cell(is_valid ? at_display_utc(row->last_used, "", p) : "", ",");
    write_cell(is_valid ? at_display_utc(row->deleted_at, "", p) : "", ",");
    write_cell(row->reason, ",");
    write_cell(is_valid ? row->scopes : "", "\n");
}

static void write_csv_head(void)
{
    puts("tokenId,user,description,status,createdAt,expiredAt,lastUsed,"
         "deletedAt,fault,scopes");
}

/* Lists */

at_output_t *at_output_begin(at_format_e format, apr_int64_t now, apr_pool_t *p)
{
    at_output_t *output = apr_pcalloc(p, sizeof(*output));

    output->format = format;
    output->now = now;
    switch (format) {
    case AT_FORMAT_TABLE:
        output->columns = at_columns_begin(now, p);
        break;
    case AT_FORMAT_JSON:
        fputs("{\"data\":[", stdout);
        break;
    case AT_FORMAT_CSV:
        write_csv_head();
        break;
    }
    return output;
}

void at_output_page(at_output_t *output, const apr_array_header_t *rows,
                    apr_pool_t *p)
{
    int i;

    if (output->format == AT_FORMAT_TABLE) {
        at_columns_page(output->columns, rows, p);
        return;
    }
    for (i = 0; i < rows->nelts; i++) {
        const at_row_t *row = APR_ARRAY_IDX(rows, i, const at_row_t *);

        if (output->format == AT_FORMAT_CSV) {
            write_csv(row, output->now, p);
            continue;
        }
        fputs(output->written++ ? ",\n" : "\n", stdout);
        write_json(row, output->now, p);
    }
}

void at_output_end(at_output_t *output)
{
    if (output->format == AT_FORMAT_JSON) {
        fputs("\n]}\n", stdout);
    }
}

/* One token */

static void write_line(const char *name, const char *value)
{
    printf("%s%-12s%s %s\n", at_term_colour(AT_COLOUR_DIM), name,
           at_term_reset(), value);
}

/* In UTC and relative to now. */
static const char *both(apr_int64_t moment, const char *none, apr_int64_t now,
                        apr_pool_t *p)
{
    if (moment == AT_TIME_NONE) {
        return none;
    }
    return apr_pstrcat(p, at_display_utc(moment, "", p), " (",
                       at_display_relative(moment, now, p), ")", NULL);
}

static void write_fields(const at_row_t *row, apr_int64_t now, apr_pool_t *p)
{
    write_line("Id", at_display_safe(row->id_text, p));
    write_line("User", at_display_safe(row->user, p));
    write_line("Description", at_display_safe(row->description, p));
    write_line("Status",
               apr_pstrcat(p, at_columns_colour(row, now),
                           at_display_status(row, now), at_term_reset(), NULL));
    if (row->reason) {
        write_line("Fault", row->reason);
        return;
    }
    write_line("Scopes",
               row->scopes ? at_display_safe(row->scopes, p) : "not limited");
    write_line("Created", both(row->created_at, "", now, p));
    write_line("Expires", both(row->expires_at, "never", now, p));
    write_line("Last used", both(row->last_used, "never", now, p));
    if (row->deleted_at != AT_TIME_NONE) {
        write_line("Deleted", both(row->deleted_at, "", now, p));
    }
}

void at_output_token(at_format_e format, const at_row_t *row, apr_int64_t now,
                     apr_pool_t *p)
{
    switch (format) {
    case AT_FORMAT_TABLE:
        write_fields(row, now, p);
        break;
    case AT_FORMAT_JSON:
        write_json(row, now, p);
        putchar('\n');
        break;
    case AT_FORMAT_CSV:
        write_csv_head();
        write_csv(row, now, p);
        break;
    }
}

void at_output_line(const char *done, const at_row_t *row, apr_pool_t *p)
{
    if (at_term_is_output()) {
        printf("%s ", done);
    }
    printf("%s\t%s\t%s\n", at_display_safe(row->id_text, p),
           at_display_safe(row->user, p), at_display_safe(row->description, p));
}

at_exit_e at_output_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return AT_EXIT_DONE;
    }
    at_message_error("standard output cannot be written: %s", strerror(errno));
    return AT_EXIT_FILE;
}
