/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads configuration files line by line, as httpd does, with a stack of the
 * sections that are open.
 */
#include "tool/conf/reader.h"

#include <string.h>
#include <sys/stat.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "tool/conf/conditions.h"
#include "tool/conf/includes.h"
#include "tool/conf/lexer.h"

#define DEPTH_MAX 64 /* of files that include each other */

typedef struct section_t {
    const char *name;
    at_certainty_e certainty;
    const char *arguments; /* as the file has them, for messages */
    int host;
} section_t;

typedef struct reading_t {
    at_definitions_t definitions;
    apr_array_header_t *sections; /* section_t */
    int hosts;
    int depth;
    at_directive_visit_t *visit;
    void *data;
    apr_pool_t *pool;
} reading_t;

static const char *read_file(reading_t *reading, const char *path);
static void visit_directive(reading_t *reading, const char *name,
                            const char *arguments, const char *location);

/* Sections */

static const section_t *section(const reading_t *reading, int i)
{
    return &APR_ARRAY_IDX(reading->sections, i, section_t);
}

/* The section that makes it least certain that httpd reads a line; NULL: it is
 * certain. */
static const section_t *least_certain(const reading_t *reading)
{
    const section_t *least = NULL;
    int i;

    for (i = 0; i < reading->sections->nelts; i++) {
        const section_t *one = section(reading, i);

        if (one->certainty < (least ? least->certainty : AT_CERTAINLY)) {
            least = one;
        }
    }
    return least;
}

static int is_skipped(const reading_t *reading)
{
    const section_t *doubt = least_certain(reading);

    return doubt && doubt->certainty == AT_CERTAINLY_NOT;
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

/* Is the line in a section that holds for some requests only? */
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
                         const char *arguments, const char *location)
{
    apr_size_t length = strlen(arguments);
    section_t *one = apr_array_push(reading->sections);

    while (length > 0 && strchr("> \t", arguments[length - 1])) {
        length--;
    }
    arguments = apr_pstrmemdup(reading->pool, arguments, length);
    one->name = name;
    one->arguments = arguments;
    one->certainty =
        at_conditions_evaluate(&reading->definitions, name, arguments);
    one->host = 0;
    if (strcasecmp(name, "VirtualHost") == 0 && !is_skipped(reading)) {
        one->host = ++reading->hosts;
        visit_directive(reading, AT_DIRECTIVE_HOST, arguments, location);
    }
}

/* Which section ends is not compared: httpd refuses those that do not
 * match. */
static void close_section(reading_t *reading)
{
    if (reading->sections->nelts > 0) {
        apr_array_pop(reading->sections);
    }
}

/* Includes */

static const char *unreadable(const reading_t *reading, const char *location,
                              const char *path)
{
    return apr_psprintf(reading->pool,
                        "%s includes %s, which cannot be read; %s", location,
                        path, AT_INCLUDES_ADVICE);
}

static const char *read_match(reading_t *reading, const char *path,
                              const char *location)
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
        return unreadable(reading, location, path);
    }
    for (i = 0; i < inside->nelts && !wrong; i++) {
        wrong = read_match(reading, APR_ARRAY_IDX(inside, i, const char *),
                           location);
    }
    return wrong;
}

/* Does the path depend on what is not known here: a variable, or an argument
 * of a macro? */
static int is_unknown(const reading_t *reading, const char *pattern,
                      int matches)
{
    if (is_in(reading, "Macro") && (!matches || strpbrk(pattern, "$%@"))) {
        return 1;
    }
    return strstr(pattern, "${") != NULL;
}

static const char *include(reading_t *reading, const char *name,
                           const char *arguments, const char *location)
{
    const char *rest = arguments;
    const char *pattern = at_definitions_path(
        &reading->definitions, at_lexer_word(&rest, reading->pool));
    const section_t *doubt = least_certain(reading);
    int optional = strcasecmp(name, "Include") != 0 ||
                   (doubt && doubt->certainty < AT_PROBABLY);
    apr_array_header_t *paths =
        apr_array_make(reading->pool, 8, sizeof(const char *));
    const char *wrong = NULL;
    int i;

    if (!at_includes_find(pattern, paths, reading->pool)) {
        return unreadable(reading, location, pattern);
    }
    if (is_unknown(reading, pattern, paths->nelts)) {
        visit_directive(reading, name, arguments, location);
        return NULL;
    }
    if (paths->nelts == 0 && !optional) {
        return apr_psprintf(reading->pool,
                            "%s includes %s, which does not exist", location,
                            pattern);
    }
    for (i = 0; i < paths->nelts && !wrong; i++) {
        wrong = read_match(reading, APR_ARRAY_IDX(paths, i, const char *),
                           location);
    }
    return wrong;
}

/* Lines */

static void visit_directive(reading_t *reading, const char *name,
                            const char *arguments, const char *location)
{
    const section_t *doubt = least_certain(reading);
    at_directive_t directive = {.name = name,
                                .arguments = arguments,
                                .location = location,
                                .host_label = "",
                                .is_partial = is_partial(reading),
                                .server_root =
                                    reading->definitions.server_root};
    int i;

    for (i = 0; i < reading->sections->nelts; i++) {
        if (section(reading, i)->host) {
            directive.host = section(reading, i)->host;
            directive.host_label = section(reading, i)->arguments;
        }
    }
    if (doubt) {
        directive.doubt = apr_psprintf(
            reading->pool,
            "it is in <%s %s>, and whether httpd applies that cannot be seen "
            "here",
            doubt->name, doubt->arguments);
    }
    else if (strstr(arguments, "${")) {
        directive.doubt = "it uses a variable that is not known here";
    }
    reading->visit(reading->data, &directive);
}

static const char *take_directive(reading_t *reading, const char *name,
                                  const char *arguments, const char *location)
{
    const section_t *doubt = least_certain(reading);

    if (strcasecmp(name, "Include") == 0 ||
        strcasecmp(name, "IncludeOptional") == 0) {
        return include(reading, name, arguments, location);
    }
    if (at_definitions_apply(&reading->definitions, name, arguments,
                             doubt ? doubt->certainty : AT_CERTAINLY,
                             doubt &&
                                     strcasecmp(doubt->name, "IfDefine") == 0 &&
                                     doubt->arguments[0] == '!'
                                 ? doubt->arguments + 1
                                 : "")) {
        return NULL;
    }
    visit_directive(reading, name, arguments, location);
    return NULL;
}

static const char *read_line(reading_t *reading, char *line,
                             const char *location)
{
    const char *rest;
    const char *name;

    while (apr_isspace(*line)) {
        line++;
    }
    if (!*line || *line == '#') {
        return NULL;
    }
    rest = at_definitions_expand(&reading->definitions, line);
    if (strncmp(rest, "</", 2) == 0) {
        close_section(reading);
        return NULL;
    }
    if (*rest == '<') {
        rest++;
        name = at_lexer_word(&rest, reading->pool);
        open_section(reading,
                     apr_pstrndup(reading->pool, name, strcspn(name, ">")),
                     rest, location);
        return NULL;
    }
    if (is_skipped(reading)) {
        return NULL;
    }
    name = at_lexer_word(&rest, reading->pool);
    return take_directive(reading, name, rest, location);
}

static const char *read_file(reading_t *reading, const char *path)
{
    const char *wrong;
    char *text = NULL;
    int number = 1;

    if (reading->depth >= DEPTH_MAX) {
        return apr_psprintf(
            reading->pool,
            "%s is included by itself, or more than 64 levels deep", path);
    }
    wrong = at_lexer_load(path, &text, reading->pool);
    if (wrong) {
        return wrong;
    }
    reading->depth++;
    while (!wrong && *text) {
        int first = number++;
        char *line = text;

        text = at_lexer_line(line, &number);
        wrong = read_line(reading, line,
                          apr_psprintf(reading->pool, "%s:%d", path, first));
    }
    reading->depth--;
    return wrong;
}

const char *at_reader_read(const char *path, const char *server_root,
                           at_directive_visit_t *visit, void *data,
                           apr_pool_t *p)
{
    reading_t reading = {.definitions = {.server_root = server_root},
                         .sections = apr_array_make(p, 8, sizeof(section_t)),
                         .visit = visit,
                         .data = data,
                         .pool = p};

    at_definitions_begin(&reading.definitions, path, p);
    return read_file(&reading, path);
}
