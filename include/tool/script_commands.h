/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simple commands of a script: assignments, tests, and what ends it.
 */
#ifndef ACCESSTOKEN_TOOL_SCRIPT_COMMANDS_H
#define ACCESSTOKEN_TOOL_SCRIPT_COMMANDS_H

#include "tool/script.h"
#include "tool/shell.h"

/** The variable; made with what the environment has, if there is none. */
at_script_variable_t *at_script_variable(at_script_t *script, const char *name);

/** An at_shell_lookup_t whose data is a script. */
const char *at_script_lookup(void *data, const char *name);

/** Give a variable another value; NULL: it is not known. */
void at_script_change(at_script_t *script, const char *name, const char *value);

/** Is it one of these words? The last of them is NULL. */
int at_script_is_one_of(const char *word, const char *const *all);

/** The verdict on the opposite. */
at_verdict_e at_script_negated(at_verdict_e verdict);

/** A command with its words. @return does it succeed? */
at_verdict_e at_script_run(at_script_t *script, const at_shell_word_t *words,
                           int count);

#endif
