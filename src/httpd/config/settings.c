/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the arguments of directives. Every error message names the argument
 * and says what would be right.
 */
#include "httpd/config/settings.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/clock.h"
#include "core/token/scopes.h"
#include "core/token/text.h"
#include "core/token/token.h"

const char *at_settings_refuse(const cmd_parms *cmd, const char *arg,
                               const char *reason)
{
    return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, arg, reason);
}

const char *at_settings_read_identifier(const cmd_parms *cmd,
                                        const at_setting_t *setting,
                                        const char *arg, void *field)
{
    (void)setting;
    if (!at_text_is_identifier(arg)) {
        return at_settings_refuse(
            cmd, arg,
            "is not a table name; write a letter or _ and then up to "
            "47 letters, digits or _");
    }
    *(const char **)field = arg;
    return NULL;
}

const char *at_settings_read_prefix(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *arg, void *field)
{
    (void)setting;
    if (!at_token_is_prefix(arg, strlen(arg))) {
        return at_settings_refuse(
            cmd, arg,
            "is not a token prefix; write a letter and then 1 to 30 "
            "letters, digits or _");
    }
    *(const char **)field = arg;
    return NULL;
}

const char *at_settings_read_switch(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *arg, void *field)
{
    int on = ap_cstr_casecmp(arg, "On") == 0;

    (void)setting;
    if (!on && ap_cstr_casecmp(arg, "Off") != 0) {
        return at_settings_refuse(cmd, arg, "is not a switch; write On or Off");
    }
    *(int *)field = on;
    return NULL;
}

static int read_keyword(const at_setting_t *setting, const char *arg,
                        apr_int64_t *value)
{
    if (!setting->keyword || ap_cstr_casecmp(arg, setting->keyword) != 0) {
        return 0;
    }
    *value = setting->keyword_value;
    return 1;
}

static const char *or_keyword(const cmd_parms *cmd, const at_setting_t *setting,
                              const char *what)
{
    if (!setting->keyword) {
        return what;
    }
    return apr_pstrcat(cmd->pool, what, ", or ", setting->keyword, NULL);
}

const char *at_settings_read_duration(const cmd_parms *cmd,
                                      const at_setting_t *setting,
                                      const char *arg, void *field)
{
    apr_int64_t seconds;

    if (read_keyword(setting, arg, field)) {
        return NULL;
    }
    if (at_clock_parse_duration(arg, setting->unit, &seconds) != APR_SUCCESS) {
        return at_settings_refuse(
            cmd, arg,
            or_keyword(cmd, setting,
                       "is not a duration of at most 36500d; write 30s, 5m, "
                       "2h or 365d"));
    }
    if (seconds < setting->min) {
        return at_settings_refuse(
            cmd, arg,
            or_keyword(cmd, setting,
                       "is too short; write a duration of at least "
                       "one second, such as 30s, 5m, 2h or 365d"));
    }
    *(apr_int64_t *)field = seconds;
    return NULL;
}

const char *at_settings_read_count(const cmd_parms *cmd,
                                   const at_setting_t *setting, const char *arg,
                                   void *field)
{
    static const apr_int64_t most = 1000000;
    apr_int64_t number = 0;
    const char *c;

    if (read_keyword(setting, arg, field)) {
        return NULL;
    }
    for (c = arg; apr_isdigit(*c) && number <= most; c++) {
        number = number * 10 + (*c - '0');
    }
    if (c == arg || *c || number < setting->min || number > most) {
        return at_settings_refuse(
            cmd, arg,
            or_keyword(cmd, setting,
                       "is not a number from 1 to 1000000; write one"));
    }
    *(apr_int64_t *)field = number;
    return NULL;
}

static apr_int64_t unit_of(char suffix)
{
    switch (apr_tolower(suffix)) {
    case '\0':
        return 1;
    case 'k':
        return 1024;
    case 'm':
        return 1048576;
    case 'g':
        return 1073741824;
    }
    return 0;
}

/* In gigabytes. With pointers of 32 bits the limit keeps a size from being cut
 * when it is converted to apr_size_t. */
#if APR_SIZEOF_VOIDP < 8
#define AT_SIZE_MOST 2
#else
#define AT_SIZE_MOST 64
#endif

const char *at_settings_read_size(const cmd_parms *cmd,
                                  const at_setting_t *setting, const char *arg,
                                  void *field)
{
    static const apr_int64_t most = AT_SIZE_MOST * APR_INT64_C(1073741824);
    apr_int64_t number = 0;
    apr_int64_t unit;
    const char *c;

    for (c = arg; apr_isdigit(*c) && number <= most; c++) {
        number = number * 10 + (*c - '0');
    }
    unit = c > arg && *c ? unit_of(*c) * !c[1] : unit_of('\0');
    if (c == arg || unit == 0 || number > most / unit) {
        return at_settings_refuse(cmd, arg,
                                  "is not a size of at most " APR_STRINGIFY(
                                      AT_SIZE_MOST) "g; write "
                                                    "512k, 8m or 1g, or 0");
    }
    if (number != 0 && number * unit < setting->min) {
        return at_settings_refuse(cmd, arg,
                                  "is too small; write at least 64k, or 0");
    }
    *(apr_int64_t *)field = number * unit;
    return NULL;
}

static const char *refuse_scope(const cmd_parms *cmd, const char *arg)
{
    static const char shortest_user[] = "x";

    if (ap_strstr_c(arg, "%{")) {
        return at_settings_refuse(cmd, arg,
                                  "is an expression; write the scopes as plain "
                                  "words");
    }
    if (!at_scopes_is_word(arg)) {
        return at_settings_refuse(
            cmd, arg,
            "is not a scope; write words of printable ASCII characters "
            "without blanks, quotation marks and backslashes");
    }
    return at_scopes_check(arg, shortest_user)
               ? at_settings_refuse(cmd, arg,
                                    "is too long; a token's scopes and its "
                                    "user's name have 254 bytes together")
               : NULL;
}

const char *at_settings_parse_scopes(const cmd_parms *cmd, const char *line,
                                     const char **scopes)
{
    const char *gathered = NULL;

    while (*line) {
        const char *arg = ap_getword_conf(cmd->pool, &line);
        const char *error = refuse_scope(cmd, arg);

        if (error) {
            return error;
        }
        gathered = at_scopes_add(gathered, arg, cmd->pool);
    }
    *scopes = gathered;
    return NULL;
}

const char *at_settings_read_scopes(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *line, void *field)
{
    const char *scopes;
    const char *error = at_settings_parse_scopes(cmd, line, &scopes);

    if (error) {
        return error;
    }
    if (scopes && ap_cstr_casecmp(scopes, setting->keyword) == 0) {
        *(const char **)field = NULL;
        return NULL;
    }
    if (!scopes || at_scopes_overlap(scopes, setting->keyword)) {
        return at_settings_refuse(cmd, line,
                                  "is not a list of scopes; write the scopes "
                                  "that a token may get, or none alone");
    }
    *(const char **)field = scopes;
    return NULL;
}

/* The path of the <Location> that contains the directive, directly or in
 * sections such as <IfModule>, which httpd evaluates when it reads the
 * configuration. NULL if it has a wildcard or is a regular expression. */
static const char *location_path(const cmd_parms *cmd)
{
    const ap_directive_t *section = cmd->directive->parent;
    const char *args;

    while (section && strncasecmp(section->directive, "<If", 3) == 0 &&
           section->directive[3] != '\0') {
        section = section->parent;
    }
    if (!section || ap_cstr_casecmp(section->directive, "<Location") != 0 ||
        !cmd->path || cmd->path[0] != '/' || strpbrk(cmd->path, "*?[")) {
        return NULL;
    }
    args = section->args;
    return strcmp(ap_getword_conf(cmd->temp_pool, &args), "~") == 0 ? NULL
                                                                    : cmd->path;
}

static int has_escape(const char *path)
{
    while ((path = strchr(path, '%'))) {
        path++;
        if (apr_isxdigit(path[0]) && apr_isxdigit(path[1])) {
            return 1;
        }
    }
    return 0;
}

/* Before httpd compares the path of a request with that of a section, it
 * decodes the former and removes "//", "/./" and "/../" from it. */
static int is_reachable(const cmd_parms *cmd, const char *path)
{
    char *normal = apr_pstrdup(cmd->temp_pool, path);

    return !has_escape(path) &&
           ap_normalize_path(normal, AP_NORMALIZE_NOT_ABOVE_ROOT |
                                         AP_NORMALIZE_MERGE_SLASHES) &&
           strcmp(normal, path) == 0;
}

/* Why a <Location> with this path cannot be a manager; NULL if it can. */
static const char *judge_path(const cmd_parms *cmd, const char *path)
{
    if (path[1] != '\0' && path[strlen(path) - 1] == '/') {
        return apr_psprintf(cmd->pool,
                            "is not allowed in <Location %s>; write the path "
                            "without the final slash",
                            path);
    }
    if (!is_reachable(cmd, path)) {
        return apr_psprintf(cmd->pool,
                            "is not allowed in <Location %s>, which no request "
                            "reaches; write the path without //, /./ and /../ "
                            "and without %%-escapes",
                            path);
    }
    return NULL;
}

static int in_expression(const cmd_parms *cmd)
{
    const ap_directive_t *section;

    for (section = cmd->directive->parent; section; section = section->parent) {
        if (ap_cstr_casecmp(section->directive, "<If") == 0 ||
            strncasecmp(section->directive, "<Else", 5) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *at_settings_read_manager(const cmd_parms *cmd,
                                     const at_setting_t *setting,
                                     const char *arg, void *field)
{
    static const char *const modes[] = {[AT_MANAGER_OFF] = "Off",
                                        [AT_MANAGER_OWN] = "own",
                                        [AT_MANAGER_ALL] = "all"};
    at_dir_t *dir = (at_dir_t *)((char *)field - setting->offset);
    const char *path = location_path(cmd);
    const char *error;
    apr_size_t length;
    int mode;

    for (mode = AT_MANAGER_ALL; mode >= AT_MANAGER_OFF; mode--) {
        if (ap_cstr_casecmp(arg, modes[mode]) == 0) {
            break;
        }
    }
    if (mode < AT_MANAGER_OFF) {
        return at_settings_refuse(
            cmd, arg, "is not a kind of manager; write Off, own or all");
    }
    if (in_expression(cmd)) {
        return at_settings_refuse(
            cmd, arg,
            "is not allowed in an <If>; the manager claims its location "
            "before httpd evaluates expressions");
    }
    error = path ? judge_path(cmd, path) : NULL;
    if (error) {
        return at_settings_refuse(cmd, arg, error);
    }
    if (mode != AT_MANAGER_OFF && !path) {
        return at_settings_refuse(
            cmd, arg,
            "is not allowed outside of a <Location /path> whose path has no "
            "wildcard and is no regular expression");
    }
    dir->manager.mode = (at_manager_e)mode;
    dir->manager.path = NULL;
    dir->manager.directive = cmd->directive;
    if (mode != AT_MANAGER_OFF) {
        for (length = strlen(path); length > 0 && path[length - 1] == '/';) {
            length--;
        }
        dir->manager.path = apr_pstrmemdup(cmd->pool, path, length);
    }
    return NULL;
}
