/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where it cannot be seen whether a command runs, each variable that it would
 * change is not known from there on, unless it has that value already.
 */
#include "tool/script_commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

/* Variables */

const char *at_script_lookup(void *data, const char *name)
{
    const at_script_t *script = data;
    const at_script_variable_t *variable =
        apr_hash_get(script->variables, name, APR_HASH_KEY_STRING);

    if (variable) {
        return variable->value;
    }
    return script->has_forgotten ? NULL : getenv(name);
}

at_script_variable_t *at_script_variable(at_script_t *script, const char *name)
{
    at_script_variable_t *variable =
        apr_hash_get(script->variables, name, APR_HASH_KEY_STRING);

    if (!variable) {
        variable = apr_pcalloc(script->pool, sizeof(*variable));
        variable->value = at_script_lookup(script, name);
        apr_hash_set(script->variables, name, APR_HASH_KEY_STRING, variable);
    }
    return variable;
}

static void forget_all(at_script_t *script)
{
    apr_hash_index_t *i;

    script->has_forgotten = 1;
    for (i = apr_hash_first(NULL, script->variables); i; i = apr_hash_next(i)) {
        ((at_script_variable_t *)apr_hash_this_val(i))->value = NULL;
    }
}

/* Does the command that is at hand run? */
static at_verdict_e runs(const at_script_t *script)
{
    at_verdict_e least = script->joined;
    int i;

    for (i = 0; i < script->levels->nelts; i++) {
        const at_script_level_t *level =
            &APR_ARRAY_IDX(script->levels, i, at_script_level_t);

        least = level->runs < least ? level->runs : least;
    }
    return least;
}

static void export_it(const at_script_t *script, at_script_variable_t *variable,
                      at_verdict_e how)
{
    how = runs(script) < how ? runs(script) : how;
    variable->is_exported =
        variable->is_exported > how ? variable->is_exported : how;
}

void at_script_change(at_script_t *script, const char *name, const char *value)
{
    at_script_variable_t *variable = at_script_variable(script, name);

    if (runs(script) == AT_MAYBE &&
        (!value || !variable->value || strcmp(value, variable->value) != 0)) {
        value = NULL;
    }
    variable->value = value;
    export_it(script, variable, script->exports_all);
}

/* unset, which ends an export, too; or read. */
static void forget(at_script_t *script, const char *name, int unsets)
{
    at_script_variable_t *variable = at_script_variable(script, name);

    at_script_change(script, name, NULL);
    if (unsets && runs(script) == AT_YES) {
        variable->is_exported = AT_NO;
    }
    else if (unsets && variable->is_exported == AT_YES) {
        variable->is_exported = AT_MAYBE;
    }
}

static int is_assignment(const at_shell_word_t *word)
{
    const char *behind = word->raw + at_shell_name_length(word->raw);

    return behind > word->raw &&
           (*behind == '=' || strncmp(behind, "+=", 2) == 0);
}

/* "NAME=value", or with `export` in front of it "NAME", too; there it may stand
 * in quotes. */
static void assign(at_script_t *script, const at_shell_word_t *word,
                   int exports)
{
    const char *raw = word->raw + (strspn(word->raw, "\"'") > 0);
    apr_size_t length = at_shell_name_length(raw);
    const char *name = apr_pstrmemdup(script->pool, raw, length);

    if (length == 0) {
        return;
    }
    if (raw[length] == '=' && raw[length + 1] != '~') {
        at_script_change(script, name,
                         word->text ? word->text + length + 1 : NULL);
    }
    else if (raw[length] == '=' || raw[length] == '+') {
        at_script_change(script, name, NULL);
    }
    if (exports) {
        export_it(script, at_script_variable(script, name), AT_YES);
    }
}

/* Conditions */

static at_verdict_e verdict_of(int is_so)
{
    return is_so ? AT_YES : AT_NO;
}

at_verdict_e at_script_negated(at_verdict_e verdict)
{
    return (at_verdict_e)(AT_YES - verdict);
}

static at_verdict_e judge_one(const char *primary, const char *text)
{
    if (strlen(primary) != 2 || primary[0] != '-') {
        return AT_MAYBE;
    }
    switch (primary[1]) {
    case 'n':
        return verdict_of(*text != '\0');
    case 'z':
        return verdict_of(*text == '\0');
    case 'e':
    case 'f':
    case 'r':
        return verdict_of(access(text, F_OK) == 0);
    default:
        return AT_MAYBE;
    }
}

/* The words between "[" and "]". */
static at_verdict_e judge(const at_shell_word_t *words, int count)
{
    int negate = count > 1 && strcmp(words[0].raw, "!") == 0;
    at_verdict_e verdict = AT_MAYBE;
    int i;

    words += negate;
    count -= negate;
    for (i = 0; i < count; i++) {
        if (!words[i].text) {
            return AT_MAYBE;
        }
    }
    if (count == 2) {
        verdict = judge_one(words[0].text, words[1].text);
    }
    else if (count == 3 && (strcmp(words[1].text, "=") == 0 ||
                            strcmp(words[1].text, "!=") == 0)) {
        verdict = verdict_of((strcmp(words[0].text, words[2].text) == 0) ==
                             (words[1].text[0] == '='));
    }
    return negate ? at_script_negated(verdict) : verdict;
}

/* Commands */

/* Another script, in the place of ".". */
static void read_other(at_script_t *script, const at_shell_word_t *path)
{
    if (!path->text || path->text[0] != '/' || strpbrk(path->text, "*?[") ||
        !at_script_read(script, path->text)) {
        forget_all(script);
    }
}

/* Whether what follows runs is not known, whatever closes. */
static void doubt_the_rest(at_script_t *script)
{
    at_script_level_t *level = apr_array_push(script->levels);

    memset(level, 0, sizeof(*level));
    level->runs = AT_MAYBE;
}

static void end_script(at_script_t *script)
{
    script->has_ended |= runs(script) == AT_YES;
    doubt_the_rest(script);
}

/* A bash function, or lines that are the input of a command. */
static int is_beyond(const at_shell_word_t *words, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (strstr(words[i].raw, "<<")) {
            return 1;
        }
    }
    return count > 0 && strcmp(words[0].raw, "function") == 0;
}

int at_script_is_one_of(const char *word, const char *const *all)
{
    for (; *all && strcmp(word, *all) != 0;) {
        all++;
    }
    return *all != NULL;
}

static void set_options(at_script_t *script, const at_shell_word_t *option)
{
    int raises = strcmp(option->raw, "-a") == 0;

    if (raises || strcmp(option->raw, "+a") == 0) {
        at_verdict_e wanted = raises ? AT_YES : AT_NO;

        script->exports_all =
            runs(script) == AT_YES || script->exports_all == wanted ? wanted
                                                                    : AT_MAYBE;
    }
}

/* A command with its words; does it succeed? */
static at_verdict_e run_command(at_script_t *script,
                                const at_shell_word_t *words, int count)
{
    static const char *const exporting[] = {"export", "declare", "typeset",
                                            NULL};
    static const char *const assigning[] = {"readonly", "local", NULL};
    static const char *const unsetting[] = {"unset", "read", NULL};
    static const char *const ending[] = {"exit", "return", "exec", NULL};
    const char *name = words[0].raw;
    int exports = at_script_is_one_of(name, exporting);
    int unsets = at_script_is_one_of(name, unsetting);
    int i;

    if (strcmp(name, "[") == 0 || strcmp(name, "test") == 0) {
        return judge(words + 1, count - 1 - (*name == '['));
    }
    if (exports || unsets || at_script_is_one_of(name, assigning)) {
        for (i = 1; i < count; i++) {
            if (unsets) {
                forget(script, words[i].raw, *name == 'u');
            }
            else {
                assign(script, &words[i], exports);
            }
        }
        return AT_YES;
    }
    if ((strcmp(name, ".") == 0 || strcmp(name, "source") == 0) && count > 1) {
        read_other(script, &words[1]);
    }
    else if (strcmp(name, "set") == 0 && count > 1) {
        set_options(script, &words[1]);
    }
    else if (strcmp(name, "eval") == 0) {
        forget_all(script);
    }
    else if (at_script_is_one_of(name, ending)) {
        end_script(script);
    }
    if (strcmp(name, "false") == 0) {
        return AT_NO;
    }
    return strcmp(name, ":") == 0 || strcmp(name, "true") == 0 ? AT_YES
                                                               : AT_MAYBE;
}

at_verdict_e at_script_run(at_script_t *script, const at_shell_word_t *words,
                           int count)
{
    int assignments = 0;
    int i;

    while (assignments < count && is_assignment(&words[assignments])) {
        assignments++;
    }
    if (runs(script) == AT_NO) {
        return AT_MAYBE;
    }
    if (is_beyond(words, count)) {
        forget_all(script);
        doubt_the_rest(script);
        return AT_MAYBE;
    }
    if (assignments < count) {
        return run_command(script, words + assignments, count - assignments);
    }
    for (i = 0; i < count; i++) {
        assign(script, &words[i], 0);
    }
    return AT_YES;
}
