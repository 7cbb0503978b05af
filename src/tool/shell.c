/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads words with quotes, backslashes and variables. A word that needs more,
 * such as the output of a command, is not known.
 */
#include "tool/shell.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* A word that is being read. */
typedef struct reading_t {
    at_shell_t *shell;
    const char *at;
    char *text;
    apr_size_t length, room; /* of the text */
    int is_known;
    char quote;
} reading_t;

apr_size_t at_shell_name_length(const char *text)
{
    apr_size_t length = 0;

    if (apr_isdigit(*text)) {
        return 0;
    }
    while (apr_isalnum(text[length]) || text[length] == '_') {
        length++;
    }
    return length;
}

static void append(reading_t *word, const char *text, apr_size_t length)
{
    if (word->length + length >= word->room) {
        char *more;

        word->room = 2 * (word->length + length) + 64;
        more = apr_palloc(word->shell->pool, word->room);
        memcpy(more, word->text, word->length);
        word->text = more;
    }
    memcpy(word->text + word->length, text, length);
    word->length += length;
    word->text[word->length] = '\0';
}

/* At the quote that closes the one at `at`, or at the end. */
static const char *skip_quotes(const char *at)
{
    char quote = *at++;

    for (; *at && *at != quote; at++) {
        if (quote == '"' && *at == '\\' && at[1]) {
            at++;
        }
    }
    return at;
}

/* Behind the bracket that closes the one at `at`. */
static const char *skip_brackets(const char *at)
{
    char open = *at;
    char close = open == '(' ? ')' : '}';
    int depth = 0;

    for (; *at; at++) {
        if (*at == '\\' && at[1]) {
            at++;
        }
        else if (open == '(' && (*at == '"' || *at == '\'')) {
            at = skip_quotes(at);
        }
        else if (*at == open) {
            depth++;
        }
        else if (*at == close && --depth == 0) {
            return at + 1;
        }
        if (!*at) {
            break;
        }
    }
    return at;
}

/* ${NAME}, and ${NAME#TEXT} where TEXT is no pattern; the latter is what Debian
 * has in its envvars. */
static const char *braced(const reading_t *word, const char *name,
                          const char *end)
{
    apr_pool_t *p = word->shell->pool;
    apr_size_t length = at_shell_name_length(name);
    const char *value =
        word->shell->lookup(word->shell->data, apr_pstrmemdup(p, name, length));
    const char *prefix = name + length;

    if (!value || length == 0 || prefix == end) {
        return length > 0 ? value : NULL;
    }
    if (*prefix != '#') {
        return NULL;
    }
    prefix += prefix[1] == '#' ? 2 : 1;
    prefix = apr_pstrmemdup(p, prefix, (apr_size_t)(end - prefix));
    if (strpbrk(prefix, "*?[$`\\\"'")) {
        return NULL;
    }
    length = strlen(prefix);
    return strncmp(value, prefix, length) == 0 ? value + length : value;
}

static void expand(reading_t *word)
{
    const char *name = word->at + 1;
    apr_size_t length = at_shell_name_length(name);
    const char *value = NULL;

    if (*name == '{') {
        word->at = skip_brackets(name);
        value = braced(word, name + 1, word->at - (word->at[-1] == '}'));
    }
    else if (*name == '(') {
        word->at = skip_brackets(name);
    }
    else if (length > 0) {
        word->at = name + length;
        value = word->shell->lookup(
            word->shell->data, apr_pstrmemdup(word->shell->pool, name, length));
    }
    else {
        word->at = *name && !apr_isspace(*name) ? name + 1 : name;
    }
    if (value) {
        append(word, value, strlen(value));
    }
    else {
        word->is_known = 0;
    }
}

static void take_backslash(reading_t *word)
{
    const char *next = word->at + 1;

    if (word->quote == '"' && *next && !strchr("$`\"\\\n", *next)) {
        append(word, word->at, 1);
        word->at++;
        return;
    }
    if (*next && *next != '\n') {
        append(word, next, 1);
    }
    word->at = *next ? next + 1 : next;
}

static void take_character(reading_t *word)
{
    char c = *word->at;

    if (word->quote == '\'') {
        word->quote = c == '\'' ? '\0' : word->quote;
        append(word, word->at++, c != '\'');
    }
    else if (c == '"' || (c == '\'' && !word->quote)) {
        word->quote = word->quote ? '\0' : c;
        word->at++;
    }
    else if (c == '\\') {
        take_backslash(word);
    }
    else if (c == '$') {
        expand(word);
    }
    else if (c == '`') {
        const char *end = strchr(word->at + 1, '`');

        word->is_known = 0;
        word->at = end ? end + 1 : word->at + strlen(word->at);
    }
    else {
        append(word, word->at++, 1);
    }
}

static void take_word(at_shell_t *shell, apr_array_header_t *words)
{
    reading_t word = {.shell = shell,
                      .at = shell->rest,
                      .text = apr_pstrdup(shell->pool, ""),
                      .is_known = *shell->rest != '~'};
    at_shell_word_t *made;

    while (*word.at && (word.quote || !strchr(" \t\r\n;&|()", *word.at))) {
        take_character(&word);
    }
    made = apr_array_push(words);
    made->raw = apr_pstrmemdup(shell->pool, shell->rest,
                               (apr_size_t)(word.at - shell->rest));
    made->text = word.is_known ? word.text : NULL;
    shell->rest = word.at;
}

static void skip_blanks(at_shell_t *shell)
{
    for (;;) {
        shell->rest += strspn(shell->rest, " \t\r");
        if (shell->rest[0] == '\\' && shell->rest[1] == '\n') {
            shell->rest += 2;
        }
        else if (shell->rest[0] == '#') {
            shell->rest += strcspn(shell->rest, "\n");
        }
        else {
            return;
        }
    }
}

static at_shell_operator_e take_operator(at_shell_t *shell)
{
    char c = *shell->rest;

    if (!c) {
        return AT_SHELL_END;
    }
    shell->rest++;
    if (c == '(' || c == ')') {
        return c == '(' ? AT_SHELL_OPEN : AT_SHELL_CLOSE;
    }
    if ((c == '&' || c == '|') && *shell->rest == c) {
        shell->rest++;
        return c == '&' ? AT_SHELL_AND : AT_SHELL_OR;
    }
    return c == '|' ? AT_SHELL_PIPE : AT_SHELL_NEXT;
}

at_shell_operator_e at_shell_command(at_shell_t *shell,
                                     apr_array_header_t *words)
{
    apr_array_clear(words);
    for (;;) {
        skip_blanks(shell);
        if (strchr("\n;&|()", *shell->rest)) {
            return take_operator(shell);
        }
        take_word(shell, words);
    }
}
