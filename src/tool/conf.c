/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks through configuration files line by line, as httpd does, with a stack of
 * the sections that are open.
 */
#include "tool/conf.h"

#include <string.h>
#include <sys/stat.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "tool/conditions.h"
#include "tool/conftext.h"
#include "tool/includes.h"

#define DEPTH_MAX 64 /* of files that include each other */

typedef struct section_t {
    const char *name;
    at_surety_e surety;
    const char *words; /* as the file has it, for messages */
    const char *where;
    int host;
} section_t;

typedef struct reading_t {
    at_knowledge_t knowledge;
    apr_array_header_t *sections; /* section_t */
    int hosts;
    int depth;
    at_conf_seen_t *seen;
    void *data;
    apr_pool_t *pool;
} reading_t;

static const char *read_file(reading_t *reading, const char *path);
static void see(reading_t *reading, const char *name, const char *words,
                const char *where);

/* Words */

const char *at_conf_word(const char **rest, apr_pool_t *p)
{
    const char *c = *rest;
    char quote = 0;
    char *word, *out;

    while (apr_isspace(*c)) {
        c++;
    }
    word = out = apr_palloc(p, strlen(c) + 1);
    if (*c == '"' || *c == '\'') {
        quote = *c++;
    }
    for (; *c && (quote ? *c != quote : !apr_isspace(*c)); c++) {
        if (quote && *c == '\\' && (c[1] == quote || c[1] == '\\')) {
            c++;
        }
        *out++ = *c;
    }
    *out = '\0';
    *rest = *c ? c + 1 : c;
    return word;
}

static const char *absolute(const reading_t *reading, const char *path)
{
    if (path[0] == '/') {
        return path;
    }
    return apr_pstrcat(reading->pool, reading->knowledge.server_root, "/", path,
                       NULL);
}

/* Sections */

static const section_t *section(const reading_t *reading, int i)
{
    return &APR_ARRAY_IDX(reading->sections, i, section_t);
}

/* The one that makes it least sure; NULL: nothing does. */
static const section_t *doubtful(const reading_t *reading)
{
    const section_t *least = NULL;
    int i;

    for (i = 0; i < reading->sections->nelts; i++) {
        const section_t *one = section(reading, i);

        if (one->surety < (least ? least->surety : AT_SURELY)) {
            least = one;
        }
    }
    return least;
}

static int is_skipped(const reading_t *reading)
{
    const section_t *doubt = doubtful(reading);

    return doubt && doubt->surety == AT_SURELY_NOT;
}

static int is_in(const reading_t *reading, const char *name)
{
    int i;

    for (i = 0; i < reading->sections->nelts; i++) {
        if (strcasecmp(section(reading, i)->name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Does a section stand around that holds for some requests only? */
static int is_partial(const reading_t *reading)
{
    static const char *const whole[] = {"VirtualHost", "Macro",    "IfModule",
                                        "IfDefine",    "IfFile",   "IfVersion",
                                        "IfDirective", "IfSection"};
    apr_size_t kind;
    int i;

    for (i = 0; i < reading->sections->nelts; i++) {
        for (kind = 0; kind < sizeof(whole) / sizeof(whole[0]); kind++) {
            if (strcasecmp(section(reading, i)->name, whole[kind]) == 0) {
                break;
            }
        }
        if (kind == sizeof(whole) / sizeof(whole[0])) {
            return 1;
        }
    }
    return 0;
}

static void open_section(reading_t *reading, const char *name,
                         const char *words, const char *where)
{
    apr_size_t length = strlen(words);
    section_t *one = apr_array_push(reading->sections);

    while (length > 0 && strchr("> \t", words[length - 1])) {
        length--;
    }
    words = apr_pstrmemdup(reading->pool, words, length);
    one->name = name;
    one->words = words;
    one->where = where;
    one->surety = at_conditions_judge(&reading->knowledge, name, words);
    one->host = 0;
    if (strcasecmp(name, "VirtualHost") == 0 && !is_skipped(reading)) {
        one->host = ++reading->hosts;
        see(reading, AT_CONF_HOST, words, where);
    }
}

/* httpd has checked that they match. */
static void close_section(reading_t *reading)
{
    if (reading->sections->nelts > 0) {
        apr_array_pop(reading->sections);
    }
}

/* Includes */

static const char *deny(const reading_t *reading, const char *where,
                        const char *path)
{
    return apr_psprintf(reading->pool,
                        "%s includes %s, which cannot be read; %s", where, path,
                        AT_INCLUDES_CURE);
}

static const char *read_match(reading_t *reading, const char *path,
                              const char *where)
{
    apr_array_header_t *inside;
    const char *wrong = NULL;
    struct stat found;
    int i;

    if (stat(path, &found) != 0 || !S_ISDIR(found.st_mode)) {
        return read_file(reading, path);
    }
    inside = apr_array_make(reading->pool, 8, sizeof(const char *));
    if (!at_includes_folder(path, inside, reading->pool)) {
        return deny(reading, where, path);
    }
    for (i = 0; i < inside->nelts && !wrong; i++) {
        wrong =
            read_match(reading, APR_ARRAY_IDX(inside, i, const char *), where);
    }
    return wrong;
}

/* Does something decide what is meant that is not known here: a variable, or an
 * argument of a macro? */
static int is_open(const reading_t *reading, const char *pattern, int matches)
{
    if (is_in(reading, "Macro") && (!matches || strpbrk(pattern, "$%@"))) {
        return 1;
    }
    return strstr(pattern, "${") != NULL;
}

static const char *include(reading_t *reading, const char *name,
                           const char *words, const char *where)
{
    const char *rest = words;
    const char *pattern = absolute(reading, at_conf_word(&rest, reading->pool));
    const section_t *doubt = doubtful(reading);
    int optional = strcasecmp(name, "Include") != 0 ||
                   (doubt && doubt->surety < AT_PERHAPS);
    apr_array_header_t *paths =
        apr_array_make(reading->pool, 8, sizeof(const char *));
    const char *wrong = NULL;
    int i;

    if (!at_includes_find(pattern, paths, reading->pool)) {
        return deny(reading, where, pattern);
    }
    if (is_open(reading, pattern, paths->nelts)) {
        see(reading, name, words, where);
        return NULL;
    }
    if (paths->nelts == 0 && !optional) {
        return apr_psprintf(reading->pool,
                            "%s includes %s, which does not exist", where,
                            pattern);
    }
    for (i = 0; i < paths->nelts && !wrong; i++) {
        wrong =
            read_match(reading, APR_ARRAY_IDX(paths, i, const char *), where);
    }
    return wrong;
}

/* Lines */

static void see(reading_t *reading, const char *name, const char *words,
                const char *where)
{
    const section_t *doubt = doubtful(reading);
    at_conf_line_t line = {.name = name,
                           .words = words,
                           .where = where,
                           .label = "",
                           .is_partial = is_partial(reading),
                           .server_root = reading->knowledge.server_root};
    int i;

    for (i = 0; i < reading->sections->nelts; i++) {
        if (section(reading, i)->host) {
            line.host = section(reading, i)->host;
            line.label = section(reading, i)->words;
        }
    }
    if (doubt) {
        line.doubt = apr_psprintf(
            reading->pool,
            "it stands in <%s %s>, and whether that holds cannot be seen here",
            doubt->name, doubt->words);
    }
    else if (strstr(words, "${")) {
        line.doubt = "it uses a variable that is not known here";
    }
    reading->seen(reading->data, &line);
}

static const char *directive(reading_t *reading, const char *name,
                             const char *words, const char *where)
{
    const section_t *doubt = doubtful(reading);

    if (strcasecmp(name, "Include") == 0 ||
        strcasecmp(name, "IncludeOptional") == 0) {
        return include(reading, name, words, where);
    }
    if (at_conditions_log(&reading->knowledge, name, words,
                          doubt ? doubt->surety : AT_SURELY,
                          doubt && strcasecmp(doubt->name, "IfDefine") == 0 &&
                                  doubt->words[0] == '!'
                              ? doubt->words + 1
                              : "")) {
        return NULL;
    }
    see(reading, name, words, where);
    return NULL;
}

static const char *read_line(reading_t *reading, char *line, const char *where)
{
    const char *rest;
    const char *name;

    while (apr_isspace(*line)) {
        line++;
    }
    if (!*line || *line == '#') {
        return NULL;
    }
    rest = at_conditions_expand(&reading->knowledge, line);
    if (strncmp(rest, "</", 2) == 0) {
        close_section(reading);
        return NULL;
    }
    if (*rest == '<') {
        rest++;
        name = at_conf_word(&rest, reading->pool);
        open_section(reading,
                     apr_pstrndup(reading->pool, name, strcspn(name, ">")),
                     rest, where);
        return NULL;
    }
    if (is_skipped(reading)) {
        return NULL;
    }
    name = at_conf_word(&rest, reading->pool);
    return directive(reading, name, rest, where);
}

static const char *read_file(reading_t *reading, const char *path)
{
    const char *wrong;
    char *text = NULL;
    int number = 1;

    if (reading->depth >= DEPTH_MAX) {
        return apr_psprintf(reading->pool,
                            "%s is included by itself, or too deeply", path);
    }
    wrong = at_conftext_load(path, &text, reading->pool);
    if (wrong) {
        return wrong;
    }
    reading->depth++;
    while (!wrong && *text) {
        int first = number++;
        char *line = text;

        text = at_conftext_line(line, &number);
        wrong = read_line(reading, line,
                          apr_psprintf(reading->pool, "%s:%d", path, first));
    }
    reading->depth--;
    return wrong;
}

const char *at_conf_read(const char *path, const char *server_root,
                         at_conf_seen_t *seen, void *data, apr_pool_t *p)
{
    reading_t reading = {.knowledge = {.server_root = server_root},
                         .sections = apr_array_make(p, 8, sizeof(section_t)),
                         .seen = seen,
                         .data = data,
                         .pool = p};

    at_conditions_begin(&reading.knowledge, path, p);
    return read_file(&reading, path);
}
