/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warns when the managers of two virtual hosts generate tokens in one table
 * for users of different realms.
 *
 * A token carries a user name, and httpd compares only that name: a user
 * registered as "admin" at one virtual host would be admin at the other. Only
 * the authentication modules know where users come from. So this check
 * compares AuthName, the realm within which a user name means one person (RFC
 * 9110, 11.5). It does not compare the realms of one virtual host, such as
 * those of users and of administrators. A manager whose own section does not
 * show its realm causes no warning.
 */
#include "httpd/config/realm_warning.h"

#include <string.h>

#include <http_core.h>
#include <http_log.h>
#include <apr_strings.h>

#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

typedef struct realm_t {
    const char *path; /* of the manager */
    const char *name; /* "": it has none. NULL: it is not known */
    const ap_directive_t *directive;
} realm_t;

/* The first argument of the first directive of this name in a section. */
static const char *first_argument(const ap_directive_t *directive,
                                  const char *name, apr_pool_t *p)
{
    const char *found = NULL;

    for (; directive && !found; directive = directive->next) {
        const char *args = directive->args;

        if (ap_cstr_casecmp(directive->directive, name) == 0) {
            return ap_getword_conf(p, &args);
        }
        found = first_argument(directive->first_child, name, p);
    }
    return found;
}

/* These AuthTypes need an AuthName, in this section or in an outer one. */
static int needs_realm(const char *type)
{
    static const char *const types[] = {"Basic", "Digest", "form", NULL};
    int i = 0;

    while (types[i] && ap_cstr_casecmp(type, types[i]) != 0) {
        i++;
    }
    return types[i] != NULL;
}

/* The realm of a manager; NULL if it is not known. */
static const char *realm_of(const ap_directive_t *manager, apr_pool_t *p)
{
    const ap_directive_t *section = manager->parent;
    const char *name, *type;

    while (section && ap_cstr_casecmp(section->directive, "<Location") != 0) {
        section = section->parent;
    }
    if (!section) {
        return NULL;
    }
    name = first_argument(section->first_child, "AuthName", p);
    if (name) {
        return ap_strstr_c(name, "%{") ? NULL : name;
    }
    type = first_argument(section->first_child, "AuthType", p);
    return !type || needs_realm(type) || ap_strstr_c(type, "%{") ? NULL : "";
}

/* A later section of the same path replaces an earlier one: that of a virtual
 * host replaces one of the main server, for instance. */
static realm_t *slot_for(apr_array_header_t *realms, const char *path)
{
    int i;

    for (i = 0; i < realms->nelts; i++) {
        realm_t *realm = &APR_ARRAY_IDX(realms, i, realm_t);

        if (strcmp(realm->path, path) == 0) {
            return realm;
        }
    }
    return apr_array_push(realms);
}

static apr_array_header_t *realms_of(const server_rec *server, apr_pool_t *p)
{
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);
    apr_array_header_t *realms = apr_array_make(p, 2, sizeof(realm_t));
    int i;

    for (i = 0; i < core->sec_url->nelts; i++) {
        const at_dir_t *dir = ap_get_module_config(
            APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *),
            &accesstoken_module);

        if (dir && dir->manager.mode != AT_MANAGER_OFF) {
            *slot_for(realms, dir->manager.path) =
                (realm_t){.path = dir->manager.path,
                          .name = realm_of(dir->manager.directive, p),
                          .directive = dir->manager.directive};
        }
    }
    return realms;
}

static int has_known_realm(const apr_array_header_t *realms)
{
    int i = 0;

    while (i < realms->nelts && !APR_ARRAY_IDX(realms, i, realm_t).name) {
        i++;
    }
    return i < realms->nelts;
}

/* Finds two managers of different realms. False if both servers have a
 * realm in common, or no known one. */
static int find_different(const apr_array_header_t *ours,
                          const apr_array_header_t *theirs,
                          const realm_t *pair[2])
{
    int i, j;

    pair[0] = pair[1] = NULL;
    for (i = 0; i < ours->nelts; i++) {
        for (j = 0; j < theirs->nelts; j++) {
            const realm_t *our = &APR_ARRAY_IDX(ours, i, realm_t);
            const realm_t *their = &APR_ARRAY_IDX(theirs, j, realm_t);

            if (!our->name || !their->name) {
                continue;
            }
            if (strcmp(our->name, their->name) == 0) {
                return 0;
            }
            pair[0] = our;
            pair[1] = their;
        }
    }
    return pair[0] != NULL;
}

static const char *describe(const realm_t *realm, apr_pool_t *p)
{
    return apr_psprintf(
        p, "%s:%d (%s%s%s)", realm->directive->filename,
        realm->directive->line_num, *realm->name ? "AuthName \"" : "",
        *realm->name ? realm->name : "no AuthName", *realm->name ? "\"" : "");
}

static void warn(server_rec *server, const realm_t *pair[2], apr_pool_t *p)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                 "the managers at %s and %s generate tokens in one table, %s, "
                 "in which a user name means one user: if their users differ, "
                 "set another AccessTokenTable in one of the virtual hosts; if "
                 "they are the same, set the same AuthName for both managers",
                 describe(pair[0], p), describe(pair[1], p),
                 at_config_server(server)->table);
}

/* For each table, the first server that has managers of it. All other servers
 * are compared with that one. */
typedef struct first_t {
    const at_server_t *settings;
    const apr_array_header_t *realms;
} first_t;

static first_t *first_of(apr_array_header_t *firsts,
                         const at_server_t *settings)
{
    int i;

    for (i = 0; i < firsts->nelts; i++) {
        first_t *first = &APR_ARRAY_IDX(firsts, i, first_t);

        if (at_config_same_table(first->settings, settings)) {
            return first;
        }
    }
    return NULL;
}

int at_realm_warning_check(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp, server_rec *server)
{
    apr_array_header_t *firsts = apr_array_make(ptemp, 2, sizeof(first_t));

    (void)pconf;
    (void)plog;
    /* At its start httpd reads the configuration twice; this is the first
     * time. */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    for (; server; server = server->next) {
        const at_server_t *settings = at_config_server(server);
        const apr_array_header_t *realms = realms_of(server, ptemp);
        const first_t *first = first_of(firsts, settings);
        const realm_t *pair[2];

        if (first && find_different(first->realms, realms, pair)) {
            warn(server, pair, ptemp);
            break;
        }
        if (!first && has_known_realm(realms)) {
            APR_ARRAY_PUSH(firsts, first_t) =
                (first_t){.settings = settings, .realms = realms};
        }
    }
    return OK;
}
