/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners whose names differ only by case or outer blanks. With a directory
 * (LDAP), one person may sign in under each of these spellings.
 */
#ifndef ACCESSTOKEN_TOOL_COMMANDS_SIMILAR_OWNERS_H
#define ACCESSTOKEN_TOOL_COMMANDS_SIMILAR_OWNERS_H

#include "tool/commands/command.h"

/** Do two names differ, and only by case or outer blanks? */
int at_similar_owners_are(const char *one, const char *other);

/**
 * Write a note for each owner with a similar name and valid tokens.
 *
 * @return AT_EXIT_DONE; AT_EXIT_INTERRUPTED; or what at_connection_report()
 *         returns.
 */
at_exit_e at_similar_owners_note(at_tool_t *tool, const char *user);

#endif
