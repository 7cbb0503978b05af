/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of the command line that name tokens, users, scopes and durations.
 */
#ifndef ACCESSTOKEN_TOOL_IDS_H
#define ACCESSTOKEN_TOOL_IDS_H

#include "core/token/row.h"
#include "tool/args.h"

/**
 * Read a token id. A word that is none is never repeated in the message: it may
 * be a token.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and it has been said why.
 */
at_exit_e at_ids_read(const char *word, at_id_t *id);

/** Likewise for a user's name. */
at_exit_e at_ids_user(const char *word);

/**
 * The scopes that the options say for a user's token, as a row has them; NULL:
 * none is said, and it is not limited.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and it has been said why.
 */
at_exit_e at_ids_scopes(const at_args_t *args, const char *user,
                        const char **scopes, apr_pool_t *p);

/**
 * The duration that an option says, in seconds; `unsaid` if it is not said.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE, and it has been said why.
 */
at_exit_e at_ids_duration(const at_args_t *args, at_option_e option,
                          apr_int64_t unsaid, apr_int64_t *seconds);

#endif
