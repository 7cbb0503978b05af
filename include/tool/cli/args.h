/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: all options, and those that were given.
 */
#ifndef ACCESSTOKEN_TOOL_CLI_ARGS_H
#define ACCESSTOKEN_TOOL_CLI_ARGS_H

#include <apr_tables.h>

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

/** An option: its names, its argument and its help. */
typedef struct at_option_t {
    const char *name;     /* without the two hyphens */
    char letter;          /* or 0 */
    const char *argument; /* a name for it in the help; NULL: it takes none */
    const char *help;
    /** Values for the completion, separated by blanks; "@file": any file. */
    const char *choices;
    int is_repeatable;
} at_option_t;

extern const at_option_t at_options[AT_OPTIONS];

/** A command line that was parsed. */
typedef struct at_args_t {
    /** The argument of each option that was given: "" for an option that takes
     *  none, the last one for an option that was repeated. NULL: not given. */
    const char *value[AT_OPTIONS];
    /** const char *: all arguments of an option that may be repeated; NULL:
     *  none. */
    apr_array_header_t *all[AT_OPTIONS];
    const char *command; /* the first operand; NULL: none */
    /** const char *: the operands behind it. */
    apr_array_header_t *operands;
} at_args_t;

/**
 * Parse a command line. Options and operands may be in any order.
 *
 * @return NULL; or a sentence that says what is wrong with it.
 */
const char *at_args_parse(at_args_t *args, int argc, char **argv,
                          apr_pool_t *p);

/** Overwrite the parameters of -d, which other users see in ps. */
void at_args_hide(int argc, char **argv);

/** The one of `count` words that was probably meant; NULL: none is similar. */
const char *at_args_suggest(const char *word, const char *const *words,
                            int count);

#endif
