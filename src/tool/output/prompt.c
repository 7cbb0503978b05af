/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks at the terminal, and stops asking after a signal.
 */
#include "tool/output/prompt.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/output/messages.h"
#include "tool/output/terminal.h"

#define POLL_MS 100 /* between two checks for a signal */

int at_prompt_await_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    while (!at_term_interrupted()) {
        if (poll(&input, 1, POLL_MS) > 0) {
            return 1;
        }
    }
    return 0;
}

int at_prompt_is_possible(void)
{
    return isatty(STDIN_FILENO) && at_term_is_error();
}

int at_prompt_confirm(const char *question)
{
    char answer[16] = "";

    at_message_progress_end();
    fflush(stdout);
    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (!at_prompt_await_input() || !fgets(answer, sizeof(answer), stdin)) {
        fputc('\n', stderr);
        return 0;
    }
    answer[strcspn(answer, "\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}
