/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists tokens, newest first.
 *
 * The cursor of a page is a position in the order of (created_at, token_id),
 * so that pages stay consistent while tokens are generated and deleted. The
 * statement asks for one row more than the page has, to find out whether there
 * is a next page. A row that cannot be used is left out and does not shorten
 * the page.
 */
#include "httpd/manager/listing.h"

#include <string.h>

#include <http_core.h>
#include <http_log.h>
#include <util_script.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/json.h"
#include "core/token/text.h"
#include "core/token/token.h"
#include "httpd/config/config.h"
#include "httpd/manager/reply.h"
#include "httpd/process/service_log.h"

APLOG_USE_MODULE(accesstoken);

#define LIMIT_MAX 1000
#define BROKEN_LOGGED_MAX 5

typedef struct page_t {
    at_call_t *call;
    at_list_t list;
    const char *status; /* the filter, as in the query string */
    int wanted;
    json_t *tokens;
    int more;
    int broken;           /* rows that were left out */
    const at_row_t *last; /* of the tokens shown */
} page_t;

/* The query string */

/* A number of digits only; -1 if the text is none, or above `most`. */
static apr_int64_t read_number(const char *text, apr_size_t length,
                               apr_int64_t most)
{
    apr_int64_t number = 0;
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if (!apr_isdigit(text[i])) {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
        if (number > most) {
            return -1;
        }
    }
    return length > 0 ? number : -1;
}

static const char *read_limit(page_t *page, const char *text)
{
    apr_int64_t limit = read_number(text, strlen(text), LIMIT_MAX);

    if (limit < 1) {
        return "limit must be a whole number from 1 to 1000";
    }
    page->wanted = (int)limit;
    return NULL;
}

/* created_at, a hyphen, token_id */
static const char *read_cursor(page_t *page, const char *text)
{
    apr_size_t digits = strcspn(text, "-");
    apr_int64_t created = read_number(text, digits, AT_TIME_MAX);
    at_id_t id;

    if (created < 0 || text[digits] != '-' ||
        at_token_parse_id(text + digits + 1, &id) != APR_SUCCESS) {
        return "cursor is not one that this server sent";
    }
    page->list.before_created = created;
    page->list.before_id = text + digits + 1;
    return NULL;
}

static const char *read_status(page_t *page, const char *text)
{
    static const char *const names[] = {
        [AT_SQL_ACTIVE] = "active",
        [AT_SQL_EXPIRED] = "expired",
    };
    int status;

    for (status = AT_SQL_ACTIVE; status <= AT_SQL_EXPIRED; status++) {
        if (strcmp(text, names[status]) == 0) {
            page->list.status = (at_sql_status_e)status;
            page->status = names[status];
            return NULL;
        }
    }
    return "status must be active or expired";
}

static const char *read_user(page_t *page, const char *text)
{
    if (!page->call->all) {
        return "user is allowed only where the tokens of all users are shown";
    }
    if (at_text_check_user(text) != AT_TEXT_FINE) {
        return "user must be a user name of 1 to 255 bytes";
    }
    page->list.user = text;
    return NULL;
}

typedef struct parameter_t {
    const char *name;
    const char *(*read)(page_t *page, const char *text);
} parameter_t;

static const parameter_t parameters[] = {{"limit", read_limit},
                                         {"cursor", read_cursor},
                                         {"status", read_status},
                                         {"user", read_user}};

static const char *read_query(page_t *page)
{
    apr_table_t *query;
    apr_size_t i;

    /* NUL would cut off the value that contains it. */
    if (page->call->r->args && ap_strstr_c(page->call->r->args, "%00")) {
        return "the query contains the character NUL";
    }
    ap_args_to_table(page->call->r, &query);
    for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        const char *text = apr_table_get(query, parameters[i].name);
        const char *error = text ? parameters[i].read(page, text) : NULL;

        if (error) {
            return error;
        }
    }
    return NULL;
}

/* The page */

/* Only the first few of a list, so that a table full of them does not fill the
 * log. */
static void log_broken(page_t *page, const at_row_t *row)
{
    if (page->broken++ < BROKEN_LOGGED_MAX) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, page->call->r,
                      "token %s is left out of the list: its row cannot be "
                      "used: %s",
                      row->id_text, row->reason);
    }
}

static int add_row(page_t *page, at_row_t *row)
{
    if (row->reason) {
        log_broken(page, row);
        return 0;
    }
    if (page->list.user && strcmp(row->user, page->list.user) != 0) {
        return 0;
    }
    page->last = row;
    at_lookup_refresh(page->call->lookup, row);
    json_array_append_new(page->tokens,
                          at_json_token(row, page->list.now, page->call->all));
    return 1;
}

/* Reads rows until the page is full, and advances the list's position past the
 * rows that were used. */
static apr_status_t fill(page_t *page)
{
    at_op_t *op = &page->call->op;
    apr_array_header_t *rows;
    apr_status_t status;
    int i, missing;

    do {
        missing = page->wanted - (int)json_array_size(page->tokens);
        page->list.limit = missing + 1;
        op->list = page->list;
        status = at_table_list(op);
        if (status != APR_SUCCESS) {
            return status;
        }
        rows = op->rows;
        for (i = 0; i < rows->nelts && missing > 0; i++) {
            at_row_t *row = APR_ARRAY_IDX(rows, i, at_row_t *);

            missing -= add_row(page, row);
            page->list.before_created = row->created_at;
            page->list.before_id = row->id_text;
        }
        page->more = i < rows->nelts;
    } while (missing > 0 && rows->nelts == page->list.limit);
    return APR_SUCCESS;
}

/* The reference has only a query, because a proxy may have given the path
 * another name. */
static void link_next(page_t *page)
{
    request_rec *r = page->call->r;
    char id[AT_TOKEN_ID_SIZE];
    const char *filters = "";

    at_token_format_id(&page->last->id, id);
    if (page->status) {
        filters = apr_pstrcat(r->pool, "&status=", page->status, NULL);
    }
    if (page->call->all && page->list.user) {
        filters = apr_pstrcat(
            r->pool, filters,
            "&user=", ap_escape_urlencoded(r->pool, page->list.user), NULL);
    }
    apr_table_setn(r->headers_out, "Link",
                   apr_psprintf(r->pool,
                                "<?limit=%d&cursor=%" APR_INT64_T_FMT
                                "-%s%s>; rel=\"next\"",
                                page->wanted, page->last->created_at, id,
                                filters));
}

int at_listing(at_call_t *call)
{
    page_t page = {.call = call,
                   .list = {.user = call->all ? NULL : call->user,
                            .now = at_clock_now(),
                            .before_created = AT_TIME_NONE},
                   .wanted = LIMIT_MAX};
    const char *error = read_query(&page);
    apr_status_t status;

    if (error) {
        return at_reply_problem(call->r, HTTP_BAD_REQUEST, error);
    }
    page.tokens = json_array();
    status = fill(&page);
    at_service_log_read(call->r, call->op.reason, status);
    if (status != APR_SUCCESS) {
        json_decref(page.tokens);
        return at_reply_unavailable(call->r);
    }
    if (page.more && page.last) {
        link_next(&page);
    }
    return at_reply_json(call->r, HTTP_OK,
                         json_pack("{s:o}", "data", page.tokens));
}
