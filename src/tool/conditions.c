/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges conditions by what the files themselves say. What httpd was compiled
 * with, and its -D options, cannot be seen from here; so there are four answers
 * and not two.
 */
#include "tool/conditions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "tool/conf.h"
#include "tool/envvars.h"

/* Variables */

/* The value of a variable of which it is not known what it is. */
static const char unknown[] = "";

static const char *value_of(const at_knowledge_t *knowledge, const char *name)
{
    const char *value =
        apr_hash_get(knowledge->variables, name, APR_HASH_KEY_STRING);

    if (value == unknown) {
        return NULL;
    }
    return value ? value : getenv(name);
}

/* accesstoken.conf lies one folder deeper than envvars. */
static void read_envvars(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');
    const char *folder =
        apr_pstrmemdup(p, path, slash ? (apr_size_t)(slash - path) + 1 : 0);

    if (!at_envvars_read(apr_pstrcat(p, folder, "envvars", NULL), p)) {
        at_envvars_read(apr_pstrcat(p, folder, "../envvars", NULL), p);
    }
}

void at_conditions_begin(at_knowledge_t *knowledge, const char *path,
                         apr_pool_t *p)
{
    knowledge->pool = p;
    knowledge->variables = apr_hash_make(p);
    knowledge->modules = apr_table_make(p, 64);
    read_envvars(path, p);
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

/* Where it is not sure that the line holds, neither is what the variable is
 * then; but <IfDefine !NAME> around it leaves it defined in any case. */
static void define(at_knowledge_t *knowledge, const char *name,
                   const char *value, at_surety_e surety, const char *unless)
{
    const char *now =
        apr_hash_get(knowledge->variables, name, APR_HASH_KEY_STRING);
    int is_same = now && value && now != unknown && strcmp(now, value) == 0;

    if (surety < AT_SURELY && !is_same && strcmp(name, unless) != 0) {
        value = unknown;
    }
    apr_hash_set(knowledge->variables, name, APR_HASH_KEY_STRING, value);
}

static void load_module(at_knowledge_t *knowledge, const char *name,
                        const char *file)
{
    file = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    apr_table_set(knowledge->modules, name, "");
    apr_table_set(
        knowledge->modules,
        apr_pstrcat(knowledge->pool,
                    apr_pstrndup(knowledge->pool, file, strcspn(file, ".")),
                    ".c", NULL),
        "");
}

int at_conditions_log(at_knowledge_t *knowledge, const char *name,
                      const char *words, at_surety_e surety, const char *unless)
{
    const char *first = at_conf_word(&words, knowledge->pool);
    const char *second = at_conf_word(&words, knowledge->pool);

    if (strcasecmp(name, "Define") == 0) {
        define(knowledge, first, second, surety, unless);
        return 1;
    }
    if (strcasecmp(name, "UnDefine") == 0) {
        define(knowledge, first, NULL, surety, "");
        return 1;
    }
    if (strcasecmp(name, "LoadModule") == 0) {
        if (surety >= AT_PERHAPS) {
            load_module(knowledge, first, second);
        }
        return 1;
    }
    if (strcasecmp(name, "ServerRoot") == 0 && surety >= AT_PERHAPS) {
        knowledge->server_root = first;
        return 1;
    }
    return 0;
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
    const char *value =
        apr_hash_get(knowledge->variables, word, APR_HASH_KEY_STRING);

    return value && value != unknown ? AT_SURELY : AT_PERHAPS_NOT;
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

static at_surety_e judge_file(const at_knowledge_t *knowledge, const char *word)
{
    if (word[0] != '/') {
        word = apr_pstrcat(knowledge->pool, knowledge->server_root, "/", word,
                           NULL);
    }
    if (access(word, F_OK) == 0) {
        return AT_SURELY;
    }
    return strstr(word, "${") || (errno != ENOENT && errno != ENOTDIR)
               ? AT_PERHAPS_NOT
               : AT_SURELY_NOT;
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
        surety = judge_file(knowledge, word);
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
