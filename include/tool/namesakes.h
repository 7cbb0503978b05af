/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners whose names differ from another by case or outer blanks alone: a
 * directory may sign one person in under each of these spellings.
 */
#ifndef ACCESSTOKEN_TOOL_NAMESAKES_H
#define ACCESSTOKEN_TOOL_NAMESAKES_H

#include "tool/tool.h"

/** Are two names equal but for case and outer blanks, and not the same? */
int at_namesakes_are(const char *one, const char *other);

/**
 * Name those of a user who have tokens that are valid, on standard error.
 *
 * @return AT_EXIT_DONE; AT_EXIT_INTERRUPTED; or as at_link_blame() says.
 */
at_exit_e at_namesakes_tell(at_tool_t *tool, const char *user);

#endif
