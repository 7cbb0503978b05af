/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads request bodies, and writes the manager's answers: JSON, and the
 * problems of RFC 9457.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_REPLY_H
#define ACCESSTOKEN_HTTPD_MANAGER_REPLY_H

#include <httpd.h>
#include <apr_tables.h>
#include <jansson.h>

/** The largest body that the manager reads, in bytes. */
#define AT_REPLY_BODY_MAX 16384

/**
 * The beginning of a relative reference to a resource of the manager: "" if
 * the path of the client's request ends in a slash, else its last segment and
 * a slash.
 */
const char *at_reply_relative_prefix(request_rec *r);

/** Answer with a status and no body. */
int at_reply_empty(request_rec *r, int status);

/**
 * Answer with JSON; takes over the caller's reference. A NULL body means 500.
 */
int at_reply_json(request_rec *r, int status, json_t *body);

/** Answer with this JSON text. */
int at_reply_json_text(request_rec *r, const char *text);

/** The only answer that contains a token: 201 with its value and its data. */
int at_reply_token(request_rec *r, const char *value, json_t *info);

/** Answer with a problem; `detail` is a sentence for a person. */
int at_reply_problem(request_rec *r, int status, const char *detail);

/** Answer 400 for bad members of the body; `faults` holds at_fault_t. */
int at_reply_faults(request_rec *r, const apr_array_header_t *faults);

/** Answer 503: the table cannot be read or written, and nothing was changed. */
int at_reply_unavailable(request_rec *r);

/**
 * Read the whole body of the request.
 *
 * @return OK; HTTP_REQUEST_ENTITY_TOO_LARGE; or the status of a failed read,
 *         such as HTTP_REQUEST_TIME_OUT.
 */
int at_reply_read_body(request_rec *r, const char **body, apr_size_t *length);

#endif
