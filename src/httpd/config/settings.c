/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the words of directives. Every refusal names the word and says what
 * would be right.
 */
#include "httpd/config/settings.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/clock.h"
#include "core/token/scopes.h"
#include "core/token/text.h"
#include "core/token/token.h"

const char *at_settings_refuse(const cmd_parms *cmd, const char *word,
                               const char *why)
{
    return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, word, why);
}

const char *at_settings_read_identifier(const cmd_parms *cmd,
                                        const at_setting_t *setting,
                                        const char *word, void *field)
{
    (void)setting;
    if (!at_text_is_identifier(word)) {
        return at_settings_refuse(
            cmd, word,
            "is not a table name; write a letter or _ and then up to "
            "47 letters, digits or _");
    }
    *(const char **)field = word;
    return NULL;
}

const char *at_settings_read_prefix(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *word, void *field)
{
    (void)setting;
    if (!at_token_is_prefix(word, strlen(word))) {
        return at_settings_refuse(
            cmd, word,
            "is not a token prefix; write a letter and then 1 to 30 "
            "letters, digits or _");
    }
    *(const char **)field = word;
    return NULL;
}

const char *at_settings_read_switch(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *word, void *field)
{
    int on = ap_cstr_casecmp(word, "On") == 0;

    (void)setting;
    if (!on && ap_cstr_casecmp(word, "Off") != 0) {
        return at_settings_refuse(cmd, word,
                                  "is not a switch; write On or Off");
    }
    *(int *)field = on;
    return NULL;
}

static int read_special(const at_setting_t *setting, const char *word,
                        apr_int64_t *value)
{
    if (!setting->special || ap_cstr_casecmp(word, setting->special) != 0) {
        return 0;
    }
    *value = setting->special_value;
    return 1;
}

static const char *or_special(const cmd_parms *cmd, const at_setting_t *setting,
                              const char *what)
{
    if (!setting->special) {
        return what;
    }
    return apr_pstrcat(cmd->pool, what, ", or ", setting->special, NULL);
}

const char *at_settings_read_duration(const cmd_parms *cmd,
                                      const at_setting_t *setting,
                                      const char *word, void *field)
{
    apr_int64_t seconds;

    if (read_special(setting, word, field)) {
        return NULL;
    }
    if (at_clock_parse_duration(word, setting->unit, &seconds) != APR_SUCCESS) {
        return at_settings_refuse(
            cmd, word,
            or_special(cmd, setting,
                       "is not a duration of at most 36500d; write 30s, 5m, "
                       "2h or 365d"));
    }
    if (seconds < setting->least) {
        return at_settings_refuse(
            cmd, word,
            or_special(cmd, setting,
                       "is too short; write a duration of at least "
                       "one second, such as 30s, 5m, 2h or 365d"));
    }
    *(apr_int64_t *)field = seconds;
    return NULL;
}

const char *at_settings_read_count(const cmd_parms *cmd,
                                   const at_setting_t *setting,
                                   const char *word, void *field)
{
    static const apr_int64_t most = 1000000;
    apr_int64_t number = 0;
    const char *c;

    if (read_special(setting, word, field)) {
        return NULL;
    }
    for (c = word; apr_isdigit(*c) && number <= most; c++) {
        number = number * 10 + (*c - '0');
    }
    if (c == word || *c || number < setting->least || number > most) {
        return at_settings_refuse(
            cmd, word,
            or_special(cmd, setting,
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

/* In gigabytes; what an address space of 32 bits cannot hold must not be cut. */
#if APR_SIZEOF_VOIDP < 8
#define AT_SIZE_MOST 2
#else
#define AT_SIZE_MOST 64
#endif

const char *at_settings_read_size(const cmd_parms *cmd,
                                  const at_setting_t *setting, const char *word,
                                  void *field)
{
    static const apr_int64_t most = AT_SIZE_MOST * APR_INT64_C(1073741824);
    apr_int64_t number = 0;
    apr_int64_t unit;
    const char *c;

    for (c = word; apr_isdigit(*c) && number <= most; c++) {
        number = number * 10 + (*c - '0');
    }
    unit = c > word && *c ? unit_of(*c) * !c[1] : unit_of('\0');
    if (c == word || unit == 0 || number > most / unit) {
        return at_settings_refuse(cmd, word,
                                  "is not a size of at most " APR_STRINGIFY(
                                      AT_SIZE_MOST) "g; write "
                                                    "512k, 8m or 1g, or 0");
    }
    if (number != 0 && number * unit < setting->least) {
        return at_settings_refuse(cmd, word,
                                  "is too small; write at least 64k, or 0");
    }
    *(apr_int64_t *)field = number * unit;
    return NULL;
}

static const char *refuse_scope(const cmd_parms *cmd, const char *word)
{
    static const char shortest_user[] = "x";

    if (ap_strstr_c(word, "%{")) {
        return at_settings_refuse(cmd, word,
                                  "is an expression; scopes are plain words");
    }
    if (!at_scopes_is_word(word)) {
        return at_settings_refuse(
            cmd, word,
            "is not a scope; write words of printable ASCII characters "
            "without blanks, quotation marks and backslashes");
    }
    return at_scopes_judge(word, shortest_user)
               ? at_settings_refuse(cmd, word,
                                    "is too long; a token's scopes have 254 "
                                    "bytes with the user's name")
               : NULL;
}

const char *at_settings_gather_scopes(const cmd_parms *cmd, const char *words,
                                      const char **scopes)
{
    const char *gathered = NULL;

    while (*words) {
        const char *word = ap_getword_conf(cmd->pool, &words);
        const char *wrong = refuse_scope(cmd, word);

        if (wrong) {
            return wrong;
        }
        gathered = at_scopes_add(gathered, word, cmd->pool);
    }
    *scopes = gathered;
    return NULL;
}

const char *at_settings_read_scopes(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *words, void *field)
{
    const char *scopes;
    const char *wrong = at_settings_gather_scopes(cmd, words, &scopes);

    if (wrong) {
        return wrong;
    }
    if (scopes && ap_cstr_casecmp(scopes, setting->special) == 0) {
        *(const char **)field = NULL;
        return NULL;
    }
    if (!scopes || at_scopes_meet(scopes, setting->special)) {
        return at_settings_refuse(cmd, words,
                                  "is no list of scopes; write the words that "
                                  "may be given, or none alone");
    }
    *(const char **)field = scopes;
    return NULL;
}

/* The path of the <Location> that the directive stands in, perhaps within
 * sections that are decided when the configuration is read. */
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

/* httpd compares the path of a section with that of the request after it has
 * decoded the latter and taken "//", "/./" and "/../" out of it. */
static int is_reachable(const cmd_parms *cmd, const char *path)
{
    char *normal = apr_pstrdup(cmd->temp_pool, path);

    return !has_escape(path) &&
           ap_normalize_path(normal, AP_NORMALIZE_NOT_ABOVE_ROOT |
                                         AP_NORMALIZE_MERGE_SLASHES) &&
           strcmp(normal, path) == 0;
}

/* Why no manager can be in a <Location> with this path, or NULL. */
static const char *judge_path(const cmd_parms *cmd, const char *path)
{
    if (path[1] != '\0' && path[strlen(path) - 1] == '/') {
        return apr_psprintf(cmd->pool,
                            "may not stand in <Location %s>; write it "
                            "without the final slash",
                            path);
    }
    if (!is_reachable(cmd, path)) {
        return apr_psprintf(cmd->pool,
                            "may not stand in <Location %s>, which no request "
                            "reaches; write it without //, /./ and /../ and "
                            "without %%-escapes",
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
                                     const char *word, void *field)
{
    static const char *const modes[] = {[AT_MANAGER_OFF] = "Off",
                                        [AT_MANAGER_OWN] = "own",
                                        [AT_MANAGER_ALL] = "all"};
    at_dir_t *dir = (at_dir_t *)((char *)field - setting->offset);
    const char *path = location_path(cmd);
    const char *wrong;
    apr_size_t length;
    int mode;

    for (mode = AT_MANAGER_ALL; mode >= AT_MANAGER_OFF; mode--) {
        if (ap_cstr_casecmp(word, modes[mode]) == 0) {
            break;
        }
    }
    if (mode < AT_MANAGER_OFF) {
        return at_settings_refuse(
            cmd, word, "is not a kind of manager; write Off, own or all");
    }
    if (in_expression(cmd)) {
        return at_settings_refuse(
            cmd, word,
            "may not stand in an <If>; the manager takes over its "
            "location before expressions are evaluated");
    }
    wrong = path ? judge_path(cmd, path) : NULL;
    if (wrong) {
        return at_settings_refuse(cmd, word, wrong);
    }
    if (mode != AT_MANAGER_OFF && !path) {
        return at_settings_refuse(
            cmd, word,
            "may only stand in a <Location /path>, where the path "
            "has no wildcard and no regular expression");
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
