/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the ifs, loops and functions that are open, and finds out of each
 * command whether it runs.
 */
#include "tool/script.h"

#include <string.h>

#include "tool/script_commands.h"

static at_verdict_e least_of(at_verdict_e one, at_verdict_e other)
{
    return one < other ? one : other;
}

static at_script_level_t *top_level(const at_script_t *script)
{
    return script->levels->nelts > 0
               ? &APR_ARRAY_IDX(script->levels, script->levels->nelts - 1,
                                at_script_level_t)
               : NULL;
}

static void open_level(at_script_t *script, char kind, at_verdict_e its_run)
{
    at_script_level_t *level = apr_array_push(script->levels);

    level->kind = kind;
    level->runs = its_run;
    level->verdict = AT_MAYBE;
}

static void close_level(at_script_t *script, char kind)
{
    const at_script_level_t *level = top_level(script);

    if (level && level->kind == kind) {
        apr_array_pop(script->levels);
        script->last = AT_MAYBE;
    }
}

/* The branches of an if: `verdict` is whether none before it was taken. */
static void go_on(at_script_t *script, const char *word)
{
    at_script_level_t *level = top_level(script);

    if (!level || level->kind != 'i') {
        return;
    }
    if (strcmp(word, "then") == 0) {
        level->runs = least_of(level->verdict, script->last);
        level->verdict =
            least_of(level->verdict, at_script_negated(script->last));
    }
    else {
        level->runs = level->verdict;
    }
}

/* The word that opens or closes something, or none.
 *
 * @return how many words belong to it; 0: it is a command. */
static int take_structure(at_script_t *script, const at_shell_word_t *words,
                          int count)
{
    static const char *const lists[] = {"case", "for", "select", NULL};
    static const char *const branches[] = {"then", "elif", "else", NULL};
    const char *word = words[0].raw;

    if (strcmp(word, "if") == 0) {
        open_level(script, 'i', script->joined);
        top_level(script)->verdict = AT_YES;
    }
    else if (strcmp(word, "{") == 0) {
        open_level(script, '{', script->joined);
    }
    else if (strcmp(word, "while") == 0 || strcmp(word, "until") == 0) {
        open_level(script, 'l', AT_MAYBE);
    }
    else if (at_script_is_one_of(word, lists)) {
        open_level(script, *word == 'c' ? 'c' : 'l', AT_MAYBE);
        if (*word != 'c' && count > 1) {
            at_script_change(script, words[1].raw, NULL);
        }
        return count;
    }
    else if (at_script_is_one_of(word, branches)) {
        go_on(script, word);
    }
    else {
        return strcmp(word, "do") == 0;
    }
    script->joined = AT_YES;
    return 1;
}

static int is_closing(at_script_t *script, const char *word)
{
    static const char *const words[] = {"fi", "done", "esac", "}", NULL};
    static const char kinds[] = "ilc{";
    int i;

    for (i = 0; words[i] && strcmp(words[i], word) != 0;) {
        i++;
    }
    if (words[i]) {
        close_level(script, kinds[i]);
    }
    return words[i] != NULL;
}

static void run_line(at_script_t *script, const at_shell_word_t *words,
                     int count)
{
    at_verdict_e verdict;
    int negate, taken;

    while (count > 0 && (taken = take_structure(script, words, count)) > 0) {
        words += taken;
        count -= taken;
    }
    if (count == 0 || is_closing(script, words[0].raw) ||
        script->joined == AT_NO) {
        return;
    }
    negate = count > 1 && strcmp(words[0].raw, "!") == 0;
    verdict = at_script_run(script, words + negate, count - negate);
    verdict = negate ? at_script_negated(verdict) : verdict;
    script->last = script->joined == AT_YES ? verdict : AT_MAYBE;
}

/* What an operator makes of the command that follows. */
static void take_operator(at_script_t *script, at_shell_operator_e behind)
{
    switch (behind) {
    case AT_SHELL_AND:
        script->joined = script->last;
        return;
    case AT_SHELL_OR:
        script->joined = at_script_negated(script->last);
        return;
    case AT_SHELL_OPEN:
        open_level(script, '(', least_of(script->joined, AT_MAYBE));
        script->joined = AT_YES;
        return;
    case AT_SHELL_CLOSE:
        /* Of a function, or a pattern of a case. */
        close_level(script, '(');
        script->joined = AT_MAYBE;
        return;
    default:
        script->joined = behind == AT_SHELL_PIPE ? AT_MAYBE : AT_YES;
    }
}

void at_script_follow(at_script_t *script, const char *text)
{
    at_shell_t shell = {.rest = text,
                        .lookup = at_script_lookup,
                        .data = script,
                        .pool = script->pool};
    apr_array_header_t *words =
        apr_array_make(script->pool, 8, sizeof(at_shell_word_t));
    at_shell_operator_e behind;

    do {
        behind = at_shell_command(&shell, words);
        run_line(script, (const at_shell_word_t *)words->elts, words->nelts);
        /* A function's body may begin in the next line. */
        if (words->nelts > 0 || behind != AT_SHELL_NEXT) {
            take_operator(script, behind);
        }
    } while (behind != AT_SHELL_END && !script->has_ended);
}
