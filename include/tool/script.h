/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shell script that is followed without being run: through its conditions,
 * loops and functions.
 */
#ifndef ACCESSTOKEN_TOOL_SCRIPT_H
#define ACCESSTOKEN_TOOL_SCRIPT_H

#include <apr_hash.h>
#include <apr_tables.h>

/** Does a command run, or succeed? */
typedef enum { AT_NO, AT_MAYBE, AT_YES } at_verdict_e;

typedef struct at_script_variable_t {
    const char *value; /* NULL: not known */
    at_verdict_e is_exported;
} at_script_variable_t;

/* An if, a loop, a function or the like that is open. */
typedef struct at_script_level_t {
    char kind;            /* if, loop, case, { or ( */
    at_verdict_e runs;    /* do its commands run? */
    at_verdict_e verdict; /* of the condition */
} at_script_level_t;

typedef struct at_script_t {
    apr_pool_t *pool;
    apr_hash_t *variables;      /* name -> at_script_variable_t */
    apr_array_header_t *levels; /* at_script_level_t */
    at_verdict_e joined;        /* does the command run, by && and ||? */
    at_verdict_e last;          /* did the last command succeed? */
    at_verdict_e exports_all;
    int has_forgotten; /* what the environment gave may be changed, too */
    int has_ended;
    int depth;
} at_script_t;

/** Follow the commands of a text. */
void at_script_follow(at_script_t *script, const char *text);

/**
 * Follow the commands of a file, as "." does; no file has none.
 *
 * @return false if it cannot be read.
 */
int at_script_read(at_script_t *script, const char *path);

#endif
