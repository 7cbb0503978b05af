/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of httoken check, and the lines that they print.
 */
#ifndef ACCESSTOKEN_TOOL_COMMANDS_CHECK_H
#define ACCESSTOKEN_TOOL_COMMANDS_CHECK_H

#include "tool/commands/command.h"

typedef struct at_check_t {
    at_tool_t *tool;
    at_connection_t *connection;
    at_exit_e status; /* of the first fault */
    const char *server_user;
} at_check_t;

/** Print a line about something that is right. */
void at_check_ok(const char *subject, const char *text);

/** Print a line about something that deserves attention and is no fault. */
void at_check_note(const char *subject, const char *text);

/** Print a line about a fault. */
void at_check_fault(at_check_t *check, at_exit_e status, const char *subject,
                    const char *text);

/** A step; false if the next steps are not possible. */
typedef int at_check_step_t(at_check_t *check);

at_check_step_t at_check_file;
at_check_step_t at_check_connection;
at_check_step_t at_check_session;
at_check_step_t at_check_journal;
at_check_step_t at_check_table;
at_check_step_t at_check_rights;
at_check_step_t at_check_clock;

#endif
