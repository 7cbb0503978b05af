/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the token ids, users, scopes and durations of the command line.
 */
#ifndef ACCESSTOKEN_TOOL_COMMANDS_VALUES_H
#define ACCESSTOKEN_TOOL_COMMANDS_VALUES_H

#include "core/token/row.h"
#include "tool/cli/args.h"
#include "tool/cli/exit_status.h"

/**
 * Read a token id. The message about a word that is no id does not repeat the
 * word, which may be a token.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and the reason was written.
 */
at_exit_e at_value_id(const char *word, at_id_t *id);

/** Check the name of a user; likewise. */
at_exit_e at_value_user(const char *word);

/**
 * Read the scopes of a user's token from the options --scope.
 *
 * @param scopes  in the form of the table; NULL: the token is not limited
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and the reason was written.
 */
at_exit_e at_value_scopes(const at_args_t *args, const char *user,
                          const char **scopes, apr_pool_t *p);

/**
 * Read the duration that an option gives, in seconds.
 *
 * @param fallback  the result without the option
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and the reason was written.
 */
at_exit_e at_value_duration(const at_args_t *args, at_option_e option,
                            apr_int64_t fallback, apr_int64_t *seconds);

#endif
