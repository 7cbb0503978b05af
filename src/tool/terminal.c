/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speaks to the person at the terminal, if there is one.
 *
 * SIGINT and SIGTERM only leave a note, so that work ends between two rows; a
 * second one ends the program whatever it waits for.
 */
#include "tool/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "core/token/clock.h"
#include "tool/search.h"
#include "tool/words.h"

#define USUAL_WIDTH 80
#define PROGRESS_MS 200
#define LOOK_MS 100 /* how often to see whether somebody asked to stop */

static volatile sig_atomic_t interrupted;
static int colours;
static int shows_progress;
static apr_int64_t looked; /* at progress for the first time, or when shown */
static int is_shown;
static struct termios typing;
static volatile sig_atomic_t hidden;

static void restore(void)
{
    if (hidden) {
        tcsetattr(STDIN_FILENO, TCSANOW, &typing);
        hidden = 0;
    }
}

static void note_signal(int number)
{
    (void)number;
    interrupted = 1;
    restore();
}

static int says_no_colour(void)
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
        setlocale(LC_CTYPE, "C.UTF-8"); /* what the table has is UTF-8 */
    }
    colours = isatty(STDOUT_FILENO) && !says_no_colour();
    shows_progress = isatty(STDERR_FILENO);
}

int at_term_is_person(void)
{
    return isatty(STDOUT_FILENO);
}

int at_term_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    long told = columns ? strtol(columns, NULL, 10) : 0;

    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return told > 0 && told < 10000 ? (int)told : USUAL_WIDTH;
}

const char *at_term_colour(at_colour_e colour)
{
    static const char *const sequences[] = {
        [AT_COLOUR_NONE] = "",        [AT_COLOUR_GOOD] = "\033[32m",
        [AT_COLOUR_BAD] = "\033[31m", [AT_COLOUR_DOUBT] = "\033[33m",
        [AT_COLOUR_DIM] = "\033[2m",  [AT_COLOUR_HEAD] = "\033[1m"};

    return colours ? sequences[colour] : "";
}

const char *at_term_plain(void)
{
    return colours ? "\033[0m" : "";
}

int at_term_interrupted(void)
{
    return interrupted;
}

static void speak(const char *before, const char *format, va_list args)
{
    char *words;

    at_term_progress_end();
    fflush(stdout);
    if (vasprintf(&words, format, args) < 0) {
        return;
    }
    at_search_cover(words); /* whoever typed it in the wrong place */
    fprintf(stderr, "%s%s\n", before, words);
    free(words);
}

void at_term_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    speak("httoken: ", format, args);
    va_end(args);
}

void at_term_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    speak("", format, args);
    va_end(args);
}

/* Progress */

void at_term_progress(const char *what, apr_int64_t done)
{
    char number[AT_WORDS_NUMBER_SIZE];
    apr_int64_t now = at_clock_monotonic();

    if (looked == 0) {
        looked = now; /* short work needs none */
    }
    if (!shows_progress || now - looked < PROGRESS_MS) {
        return;
    }
    looked = now;
    is_shown = 1;
    at_words_number(done, number);
    fprintf(stderr, "\r\033[K%s %s", number, what);
    fflush(stderr);
}

void at_term_progress_end(void)
{
    if (is_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        is_shown = 0;
    }
}

/* Questions */

int at_term_await_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    while (!interrupted) {
        if (poll(&input, 1, LOOK_MS) > 0) {
            return 1;
        }
    }
    return 0;
}

int at_term_can_ask(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

int at_term_confirm(const char *question)
{
    char answer[16] = "";

    at_term_progress_end();
    fflush(stdout);
    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (!at_term_await_input() || !fgets(answer, sizeof(answer), stdin)) {
        fputc('\n', stderr);
        return 0;
    }
    answer[strcspn(answer, "\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

void at_term_hide_typing(void)
{
    struct termios silent;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &typing) != 0) {
        return;
    }
    silent = typing;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    hidden = 1;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &silent);
}

void at_term_show_typing(void)
{
    if (hidden) {
        restore();
        fputc('\n', stderr);
    }
}
