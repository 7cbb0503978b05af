/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGINT and SIGTERM only set a flag, so that work ends between two rows. A
 * second signal ends the program, whatever it waits for.
 */
#include "tool/output/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80

static volatile sig_atomic_t interrupted;
static int has_colours;
static int is_error_terminal;
static struct termios before_echo_off;
static volatile sig_atomic_t is_echo_off;

static void restore_echo(void)
{
    if (is_echo_off) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before_echo_off);
        is_echo_off = 0;
    }
}

static void note_signal(int number)
{
    (void)number;
    interrupted = 1;
    restore_echo();
}

static int is_without_colour(void)
{
    const char *no = getenv("NO_COLOR");
    const char *kind = getenv("TERM");

    return (no && *no) || !kind || strcmp(kind, "dumb") == 0;
}

void at_term_begin(void)
{
    struct sigaction action = {.sa_handler = note_signal,
                               .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        setlocale(LC_CTYPE, "C.UTF-8"); /* the texts of the table are UTF-8 */
    }
    has_colours = isatty(STDOUT_FILENO) && !is_without_colour();
    is_error_terminal = isatty(STDERR_FILENO);
}

int at_term_is_output(void)
{
    return isatty(STDOUT_FILENO);
}

int at_term_is_error(void)
{
    return is_error_terminal;
}

int at_term_width(void)
{
    struct winsize size;
    const char *variable = getenv("COLUMNS");
    long columns = variable ? strtol(variable, NULL, 10) : 0;

    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return columns > 0 && columns < 10000 ? (int)columns : DEFAULT_WIDTH;
}

const char *at_term_colour(at_colour_e colour)
{
    static const char *const sequences[] = {
        [AT_COLOUR_NONE] = "",        [AT_COLOUR_GOOD] = "\033[32m",
        [AT_COLOUR_BAD] = "\033[31m", [AT_COLOUR_WARN] = "\033[33m",
        [AT_COLOUR_DIM] = "\033[2m",  [AT_COLOUR_HEAD] = "\033[1m"};

    return has_colours ? sequences[colour] : "";
}

const char *at_term_reset(void)
{
    return has_colours ? "\033[0m" : "";
}

int at_term_interrupted(void)
{
    return interrupted;
}

void at_term_echo_off(void)
{
    struct termios silent;

    if (!isatty(STDIN_FILENO) ||
        tcgetattr(STDIN_FILENO, &before_echo_off) != 0) {
        return;
    }
    silent = before_echo_off;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    is_echo_off = 1;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &silent);
}

void at_term_echo_on(void)
{
    if (is_echo_off) {
        restore_echo();
        fputc('\n', stderr);
    }
}
