/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges conditions by what the files themselves say. What httpd was compiled
 * with, and its -D options, cannot be seen from here; so there are four answers
 * and not two.
 */
#include "tool/conditions.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "tool/conf.h"

#define LINE_SIZE 1024

/* Variables */

static const char *value_of(const at_knowledge_t *knowledge, const char *name)
{
    const char *value =
        apr_hash_get(knowledge->variables, name, APR_HASH_KEY_STRING);

    return value ? value : getenv(name);
}

static apr_size_t name_length(const char *text)
{
    apr_size_t length = 0;

    while (apr_isalnum(text[length]) || text[length] == '_') {
        length++;
    }
    return length;
}

/* A word of a shell with each $NAME and ${NAME} replaced; NULL if a shell would
 * compute it, or a variable is not known. */
static const char *shell_value(const at_knowledge_t *knowledge,
                               const char *word)
{
    apr_pool_t *p = knowledge->pool;
    const char *done = "";
    const char *dollar;

    while ((dollar = strchr(word, '$')) != NULL) {
        int braced = dollar[1] == '{';
        const char *name = dollar + 1 + braced;
        apr_size_t length = name_length(name);
        const char *value =
            length > 0 ? value_of(knowledge, apr_pstrmemdup(p, name, length))
                       : NULL;

        if (!value || (braced && name[length] != '}')) {
            return NULL;
        }
        done = apr_pstrcat(p, done,
                           apr_pstrmemdup(p, word, (apr_size_t)(dollar - word)),
                           value, NULL);
        word = name + length + (apr_size_t)braced;
    }
    return strchr(word, '`') ? NULL : apr_pstrcat(p, done, word, NULL);
}

/* httpd has it in its environment; who has it here as well, keeps it. */
static void export_variable(const char *name, const char *value)
{
    if (value) {
        setenv(name, value, 0);
    }
}

/* "NAME=value", "export NAME=value" or "export NAME". */
static void read_assignment(at_knowledge_t *knowledge, const char *line)
{
    apr_pool_t *p = knowledge->pool;
    int is_export;
    const char *name;
    const char *value;
    apr_size_t length;

    line += strspn(line, " \t");
    is_export = strncmp(line, "export ", 7) == 0;
    line += is_export ? 7 : 0;
    length = name_length(line);
    name = apr_pstrmemdup(p, line, length);
    if (length == 0 || (line[length] != '=' && !is_export)) {
        return;
    }
    if (line[length] == '=') {
        int is_literal = line[length + 1] == '\'';

        line += length + 1;
        value = apr_isspace(*line) ? "" : at_conf_word(&line, p);
        value = is_literal ? value : shell_value(knowledge, value);
        if (value && !getenv(name)) {
            apr_hash_set(knowledge->variables, name, APR_HASH_KEY_STRING,
                         value);
        }
    }
    if (is_export) {
        export_variable(name, value_of(knowledge, name));
    }
}

/* The variables that Debian's apache2ctl gives to httpd, as far as nothing is to
 * be computed; no shell runs here. */
static void read_envvars(at_knowledge_t *knowledge, const char *path)
{
    const char *slash = strrchr(path, '/');
    apr_size_t folder = slash ? (apr_size_t)(slash - path) + 1 : 0;
    char line[LINE_SIZE];
    apr_file_t *file;
    int up;

    for (up = 0; up < 2; up++) { /* accesstoken.conf lies one folder deeper */
        const char *name = apr_pstrcat(
            knowledge->pool, apr_pstrmemdup(knowledge->pool, path, folder),
            up ? "../" : "", "envvars", NULL);

        if (apr_file_open(&file, name, APR_FOPEN_READ | APR_FOPEN_BUFFERED, 0,
                          knowledge->pool) == APR_SUCCESS) {
            while (apr_file_gets(line, LINE_SIZE, file) == APR_SUCCESS) {
                read_assignment(knowledge, line);
            }
            apr_file_close(file);
            return;
        }
    }
}

void at_conditions_begin(at_knowledge_t *knowledge, const char *path,
                         apr_pool_t *p)
{
    knowledge->pool = p;
    knowledge->variables = apr_hash_make(p);
    knowledge->modules = apr_table_make(p, 64);
    read_envvars(knowledge, path);
}

const char *at_conditions_expand(const at_knowledge_t *knowledge,
                                 const char *line)
{
    apr_pool_t *p = knowledge->pool;
    const char *done = "";
    const char *begin;

    while ((begin = strstr(line, "${")) != NULL) {
        const char *end = strchr(begin, '}');
        const char *value = NULL;

        if (end) {
            value = value_of(
                knowledge,
                apr_pstrmemdup(p, begin + 2, (apr_size_t)(end - begin - 2)));
        }
        if (!value) {
            end = begin + 1;
            value = "${";
        }
        done = apr_pstrcat(p, done,
                           apr_pstrmemdup(p, line, (apr_size_t)(begin - line)),
                           value, NULL);
        line = end + 1;
    }
    return apr_pstrcat(p, done, line, NULL);
}

int at_conditions_heed(at_knowledge_t *knowledge, const char *name,
                       const char *words)
{
    const char *first = at_conf_word(&words, knowledge->pool);
    const char *second = at_conf_word(&words, knowledge->pool);

    if (strcasecmp(name, "Define") == 0) {
        apr_hash_set(knowledge->variables, first, APR_HASH_KEY_STRING, second);
        return 1;
    }
    if (strcasecmp(name, "UnDefine") == 0) {
        apr_hash_set(knowledge->variables, first, APR_HASH_KEY_STRING, NULL);
        return 1;
    }
    if (strcasecmp(name, "LoadModule") != 0) {
        return 0;
    }
    apr_table_set(knowledge->modules, first, "");
    second = strrchr(second, '/') ? strrchr(second, '/') + 1 : second;
    apr_table_set(
        knowledge->modules,
        apr_pstrcat(knowledge->pool,
                    apr_pstrndup(knowledge->pool, second, strcspn(second, ".")),
                    ".c", NULL),
        "");
    return 1;
}

/* Conditions */

static at_surety_e negated(at_surety_e surety)
{
    return (at_surety_e)(AT_SURELY - surety);
}

/* -D on httpd's command line defines, too. */
static at_surety_e judge_define(const at_knowledge_t *knowledge,
                                const char *word)
{
    return apr_hash_get(knowledge->variables, word, APR_HASH_KEY_STRING)
               ? AT_SURELY
               : AT_PERHAPS_NOT;
}

static at_surety_e judge_module(const at_knowledge_t *knowledge,
                                const char *word)
{
    static const char *const ours[] = {"accesstoken_module",
                                       "mod_accesstoken.c"};

    if (strcasecmp(word, ours[0]) == 0 || strcasecmp(word, ours[1]) == 0 ||
        apr_table_get(knowledge->modules, word)) {
        return AT_SURELY;
    }
    return AT_PERHAPS_NOT;
}

static at_surety_e judge_file(const char *word)
{
    return access(word, F_OK) == 0 ? AT_SURELY : AT_SURELY_NOT;
}

at_surety_e at_conditions_judge(const at_knowledge_t *knowledge,
                                const char *name, const char *words)
{
    const char *word = at_conf_word(&words, knowledge->pool);
    int negate = word[0] == '!';
    at_surety_e surety;

    word += negate;
    if (strcasecmp(name, "IfDefine") == 0) {
        surety = judge_define(knowledge, word);
    }
    else if (strcasecmp(name, "IfModule") == 0) {
        surety = judge_module(knowledge, word);
    }
    else if (strcasecmp(name, "IfFile") == 0) {
        surety = judge_file(word);
    }
    else if (strcasecmp(name, "IfDirective") == 0) {
        surety =
            strncasecmp(word, "AccessToken", 11) == 0 ? AT_SURELY : AT_PERHAPS;
    }
    else if (strcasecmp(name, "IfVersion") == 0 ||
             strcasecmp(name, "IfSection") == 0) {
        return AT_PERHAPS;
    }
    else {
        return strcasecmp(name, "Macro") == 0 ? AT_PERHAPS_NOT : AT_SURELY;
    }
    return negate ? negated(surety) : surety;
}
