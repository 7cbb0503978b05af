/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks through configuration files line by line, as httpd does, with a stack of
 * the sections that are open.
 */
#include "tool/conf.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "tool/conditions.h"

#define DEPTH_MAX 64            /* of files that include each other */
#define FILE_MAX (16 * 1048576) /* more is no configuration */

typedef struct section_t {
    const char *name;
    at_surety_e surety;
    const char *words; /* as the file has it, for messages */
    const char *where;
    int host;
} section_t;

typedef struct reading_t {
    at_knowledge_t knowledge;
    const char *server_root;
    apr_array_header_t *sections; /* section_t */
    int hosts;
    int depth;
    at_conf_seen_t *seen;
    void *baton;
    apr_pool_t *pool;
} reading_t;

static const char *read_file(reading_t *reading, const char *path);

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
    return apr_pstrcat(reading->pool, reading->server_root, "/", path, NULL);
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
    one->host = strcasecmp(name, "VirtualHost") == 0 ? ++reading->hosts : 0;
}

/* httpd has checked that they match. */
static void close_section(reading_t *reading)
{
    if (reading->sections->nelts > 0) {
        apr_array_pop(reading->sections);
    }
}

/* Includes */

static const char *read_match(reading_t *reading, const char *path)
{
    struct stat found;

    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        glob_t inside;
        const char *wrong = NULL;
        apr_size_t i;

        if (glob(apr_pstrcat(reading->pool, path, "/*", NULL), 0, NULL,
                 &inside) != 0) {
            return NULL;
        }
        for (i = 0; i < inside.gl_pathc && !wrong; i++) {
            wrong = read_match(reading,
                               apr_pstrdup(reading->pool, inside.gl_pathv[i]));
        }
        globfree(&inside);
        return wrong;
    }
    return read_file(reading, path);
}

static const char *include(reading_t *reading, const char *words, int optional,
                           const char *where)
{
    const char *pattern =
        absolute(reading, at_conf_word(&words, reading->pool));
    const section_t *doubt = doubtful(reading);
    const char *wrong = NULL;
    glob_t matches;
    apr_size_t i;
    int status;

    if (doubt && doubt->surety < AT_PERHAPS) {
        optional = 1;
    }
    status = glob(pattern, 0, NULL, &matches);
    if (status != 0) {
        globfree(&matches);
        return optional && status == GLOB_NOMATCH
                   ? NULL
                   : apr_psprintf(reading->pool, "%s includes %s, which %s",
                                  where, pattern,
                                  status == GLOB_NOMATCH ? "does not exist"
                                                         : "cannot be read");
    }
    for (i = 0; i < matches.gl_pathc && !wrong; i++) {
        wrong = read_match(reading,
                           apr_pstrdup(reading->pool, matches.gl_pathv[i]));
    }
    globfree(&matches);
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
                           .server_root = reading->server_root};
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
    reading->seen(reading->baton, &line);
}

static const char *directive(reading_t *reading, const char *name,
                             const char *words, const char *where)
{
    const section_t *doubt = doubtful(reading);
    int is_include = strcasecmp(name, "Include") == 0;

    if (is_include || strcasecmp(name, "IncludeOptional") == 0) {
        return include(reading, words, !is_include, where);
    }
    if (!doubt || doubt->surety >= AT_PERHAPS) {
        if (at_conditions_heed(&reading->knowledge, name, words)) {
            return NULL;
        }
        if (strcasecmp(name, "ServerRoot") == 0) {
            reading->server_root = at_conf_word(&words, reading->pool);
            return NULL;
        }
    }
    see(reading, name, words, where);
    return NULL;
}

static const char *read_line(reading_t *reading, char *line, const char *where)
{
    const section_t *doubt;
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
    doubt = doubtful(reading);
    if (doubt && doubt->surety == AT_SURELY_NOT) {
        return NULL;
    }
    name = at_conf_word(&rest, reading->pool);
    return directive(reading, name, rest, where);
}

/* The line from `text` on, joined with those that follow a backslash; where the
 * next one begins. */
static char *take_line(char *text, int *lines)
{
    char *in = text;
    char *out = text;

    for (; *in && *in != '\n'; in++) {
        if (*in == '\\' && in[1] == '\r' && in[2] == '\n') {
            in++;
        }
        if (*in == '\\' && in[1] == '\n') {
            in++;
            ++*lines;
            continue;
        }
        if (*in != '\r') {
            *out++ = *in;
        }
    }
    in += *in == '\n';
    *out = '\0';
    return in;
}

static const char *load(const char *path, char **text, apr_pool_t *p)
{
    apr_finfo_t found;
    apr_file_t *file;
    apr_size_t length = 0;
    apr_status_t status;
    char why[120];

    status = apr_file_open(&file, path, APR_FOPEN_READ, 0, p);
    if (status == APR_SUCCESS) {
        status =
            apr_file_info_get(&found, APR_FINFO_SIZE | APR_FINFO_TYPE, file);
    }
    if (status == APR_SUCCESS && found.filetype == APR_DIR) {
        return apr_psprintf(p, "%s is a folder", path);
    }
    if (status == APR_SUCCESS && found.size > FILE_MAX) {
        return apr_psprintf(p, "%s is too large for a configuration", path);
    }
    if (status == APR_SUCCESS) {
        *text = apr_pcalloc(p, (apr_size_t)found.size + 1);
        status =
            apr_file_read_full(file, *text, (apr_size_t)found.size, &length);
        (*text)[length] = '\0';
        apr_file_close(file);
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return apr_psprintf(
            p, "%s cannot be read: %s%s", path,
            apr_strerror(status, why, sizeof(why)),
            APR_STATUS_IS_EACCES(status)
                ? "; run httoken as root, or name the database with -d"
                : "");
    }
    return NULL;
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
    wrong = load(path, &text, reading->pool);
    if (wrong) {
        return wrong;
    }
    reading->depth++;
    while (!wrong && *text) {
        int first = number++;
        char *line = text;

        text = take_line(line, &number);
        wrong = read_line(reading, line,
                          apr_psprintf(reading->pool, "%s:%d", path, first));
    }
    reading->depth--;
    return wrong;
}

const char *at_conf_read(const char *path, const char *server_root,
                         at_conf_seen_t *seen, void *baton, apr_pool_t *p)
{
    reading_t reading = {.server_root = server_root,
                         .sections = apr_array_make(p, 8, sizeof(section_t)),
                         .seen = seen,
                         .baton = baton,
                         .pool = p};

    at_conditions_begin(&reading.knowledge, path, p);
    return read_file(&reading, path);
}
