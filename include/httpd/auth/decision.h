/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision about a client's request. It is made once, however many
 * sub-requests and internal redirects httpd derives from the request.
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_DECISION_H
#define ACCESSTOKEN_HTTPD_AUTH_DECISION_H

#include <httpd.h>

#include "httpd/auth/validate.h"
#include "httpd/config/config.h"

/** A header field as the client sent it. */
typedef struct at_field_t {
    const char *name;
    const char *value;
    struct at_field_t *next;
} at_field_t;

typedef struct at_decision_t {
    at_judgement_e judgement; /* AT_UNASKED: httpd needed no authentication */
    unsigned int ways;        /* that the location accepts */
    const apr_array_header_t *names; /* of its fields, for AT_WAY_FIELD */
    at_basic_user_e basic_user;      /* its rule for the user name */
    int has_passwords;        /* it knows providers for what is no token */
    unsigned int way;         /* in which credentials were sent; 0: in none */
    at_field_t authorization; /* value NULL: the request has no such field */
    at_field_t *fields;       /* to be removed before the handler */
    at_presented_t token;     /* text NULL: there is none to validate */
    int is_hidden;            /* the fields have been removed for good */
    int is_left_to_others;    /* mod_auth_basic is being asked */
    const at_terms_t *terms;  /* set if the judgement is AT_ACCEPTED */
    struct at_decision_t *previous; /* for a location with other ways */
} at_decision_t;

/* The loop of at_decision_client(). */
const request_rec *at_decision_origin(const request_rec *r);

/** The client's request, from which httpd derived this one. */
static inline const request_rec *at_decision_client(const request_rec *r)
{
    return r->main || r->prev ? at_decision_origin(r) : r;
}

/**
 * The decision about this request, or about the client's request that httpd
 * derived it from, which had the same credentials.
 *
 * @return NULL if there is none yet.
 */
static inline at_decision_t *at_decision(const request_rec *r)
{
    return (at_decision_t *)ap_get_module_config(
        at_decision_client(r)->request_config, &accesstoken_module);
}

/** Begin a decision for this location; it lives as long as the client's
 *  request. */
at_decision_t *at_decision_begin(request_rec *r, unsigned int ways);

/* at_decision_find() where there is one for some location. */
at_decision_t *at_decision_find_fitting(const request_rec *r,
                                        unsigned int ways);

/**
 * The decision for a location with the rules of this one, which accepts these
 * ways. A decision for another location, of which httpd derived this request,
 * may be another one.
 *
 * @return NULL if there is none yet; otherwise it is what at_decision() returns
 *         from now on.
 */
static inline at_decision_t *at_decision_find(const request_rec *r,
                                              unsigned int ways)
{
    return at_decision(r) ? at_decision_find_fitting(r, ways) : NULL;
}

/** Add a field to those that are removed before the handler. */
static inline void at_decision_carry(at_decision_t *decision, at_field_t *field)
{
    field->next = decision->fields;
    decision->fields = field;
}

/** Add the fields of the decision that this one replaces: the requests for
 *  which it was made have yet to be handled. */
void at_decision_carry_previous(const request_rec *r, at_decision_t *decision);

/** The terms of the token that authenticated the request's user; NULL: none
 *  did. */
const at_terms_t *at_decision_terms(const request_rec *r);

/** Is the request's user authenticated by an access token? */
int at_decision_by_token(const request_rec *r);

/**
 * The scopes that this token is limited to (scopes.h); NULL: no limit, no
 * token.
 */
const char *at_decision_scopes(const request_rec *r);

/** The AuthType of the module, and of the users that it authenticates. */
extern const char at_auth_type[];

#endif
