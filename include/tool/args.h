/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: which options there are, and what of them was said.
 */
#ifndef ACCESSTOKEN_TOOL_ARGS_H
#define ACCESSTOKEN_TOOL_ARGS_H

#include <apr_tables.h>

#include "tool/exits.h"

typedef enum {
    AT_OPTION_DATABASE,
    AT_OPTION_TABLE,
    AT_OPTION_CONFIG,
    AT_OPTION_QUIET,
    AT_OPTION_HELP,
    AT_OPTION_VERSION,
    AT_OPTION_LIFETIME,
    AT_OPTION_DESCRIPTION,
    AT_OPTION_SCOPE,
    AT_OPTION_PREFIX,
    AT_OPTION_OUTPUT,
    AT_OPTION_STATUS,
    AT_OPTION_EXPIRING,
    AT_OPTION_UNUSED,
    AT_OPTION_FORMAT,
    AT_OPTION_USER,
    AT_OPTION_OLDER,
    AT_OPTION_DRY_RUN,
    AT_OPTION_YES,
    AT_OPTIONS
} at_option_e;

/** An option: its names, its argument, and what a person reads of it. */
typedef struct at_option_t {
    const char *name;     /* without the two hyphens */
    char letter;          /* or 0 */
    const char *argument; /* what to write there; NULL: it takes none */
    const char *help;
    /** What the argument can be, with blanks between; "@file": any file. */
    const char *choices;
    int is_repeatable;
} at_option_t;

extern const at_option_t at_options[AT_OPTIONS];

/** What was said. */
typedef struct at_args_t {
    /** The argument of an option, "" for one that takes none, NULL: not said;
     *  of one that may be repeated the last. */
    const char *value[AT_OPTIONS];
    /** const char *: all arguments of one that may be repeated; NULL: none. */
    apr_array_header_t *all[AT_OPTIONS];
    const char *command; /* the first word; NULL: none */
    /** const char *: the words behind it. */
    apr_array_header_t *words;
} at_args_t;

/**
 * Take a command line apart. Options and words may stand in any order.
 *
 * @return NULL; or a sentence that says what is wrong with it.
 */
const char *at_args_parse(at_args_t *args, int argc, char **argv,
                          apr_pool_t *p);

/**
 * Overwrite the parameters of -d where other users see them in the list of
 * processes.
 */
void at_args_hide(int argc, char **argv);

/** The one of `count` words that was perhaps meant; NULL: none is near. */
const char *at_args_guess(const char *word, const char *const *words,
                          int count);

#endif
