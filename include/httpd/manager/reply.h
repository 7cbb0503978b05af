/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the manager reads and writes: request bodies, JSON, and problems as
 * RFC 9457 has them.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_REPLY_H
#define ACCESSTOKEN_HTTPD_MANAGER_REPLY_H

#include <httpd.h>
#include <apr_tables.h>
#include <jansson.h>

/** Largest body that the manager reads, in bytes. */
#define AT_REPLY_BODY_MAX 16384

/**
 * How a relative reference to something in the manager begins: "" if the path
 * that the client asked for ends in a slash, else its last segment and a slash.
 */
const char *at_reply_way_in(request_rec *r);

/** Answer with a status and no body. */
int at_reply_empty(request_rec *r, int status);

/** Answer with JSON; takes over the caller's reference. NULL makes a 500. */
int at_reply_json(request_rec *r, int status, json_t *body);

/** The one answer that holds a token: 201, the value, and what it is. */
int at_reply_token(request_rec *r, const char *value, json_t *info);

/** Answer with a problem; `detail` is a sentence for the person. */
int at_reply_problem(request_rec *r, int status, const char *detail);

/** The same for bad members; `faults` is an array of at_fault_t. */
int at_reply_faults(request_rec *r, const apr_array_header_t *faults);

/** 503: the table cannot be asked or written, nothing was changed. */
int at_reply_unavailable(request_rec *r);

/**
 * Read the request's body, all of it or none.
 *
 * @return OK; HTTP_REQUEST_ENTITY_TOO_LARGE; or what the reading failed with,
 *         such as HTTP_REQUEST_TIME_OUT.
 */
int at_reply_read_body(request_rec *r, const char **body, apr_size_t *length);

#endif
