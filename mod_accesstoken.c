/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mod_accesstoken: access tokens that users generate for their scripts.
 *
 * This file is the table of contents: it registers the hooks and defines the
 * module. The reading lists in docs/architecture.md say which files to read
 * next, and in which order.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <apr_optional_hooks.h>

#include "httpd/auth/auth.h"
#include "httpd/auth/authz.h"
#include "httpd/auth/consume.h"
#include "httpd/auth/passwords.h"
#include "httpd/auth/private.h"
#include "httpd/auth/tracelog.h"
#include "httpd/config/dbfile_warning.h"
#include "httpd/config/directives.h"
#include "httpd/config/realm_warning.h"
#include "httpd/manager/claim.h"
#include "httpd/manager/header_fields.h"
#include "httpd/manager/manager.h"
#include "httpd/manager/metadata.h"
#include "httpd/process/cache_memory.h"
#include "httpd/process/child.h"
#include "httpd/process/openmetrics.h"
#include "httpd/process/statuspage.h"

/* mod_ssl replaces the Authorization field (SSLOptions +FakeBasicAuth). */
static const char *const ssl_follows[] = {"mod_ssl.c", NULL};

static void register_openmetrics(void)
{
    static const char *const status[] = {"mod_status.c", NULL};

    ap_hook_handler(at_openmetrics_handle, NULL, status, APR_HOOK_MIDDLE);
}

static void register_metadata(void)
{
    ap_hook_translate_name(at_metadata_translate, NULL, NULL,
                           APR_HOOK_REALLY_FIRST - 1);
    ap_hook_map_to_storage(at_metadata_skip, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(at_metadata_skip, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_check_access_ex(at_metadata_access, NULL, NULL,
                            APR_HOOK_REALLY_LAST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_handler(at_metadata_answer, NULL, NULL, APR_HOOK_REALLY_FIRST + 1);
}

/* Hook: pre_config. Each request asks each hook, so a server has only those
 * that it can need. All modules are loaded now, and the configuration has been
 * read, but not yet processed; httpd sorts the hooks after that. */
static int register_needed(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (ap_find_linked_module("mod_status.c")) {
        register_openmetrics();
    }
    if (at_directives_contain(ap_conftree, "AccessTokenMetadata")) {
        register_metadata();
    }
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    /* Configuration and processes */
    ap_hook_pre_config(register_needed, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(at_child_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(at_child_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(at_dbfile_warning_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(at_cache_memory_prepare, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(at_consume_prepare, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(at_tracelog_prepare, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(at_realm_warning_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(at_child_init, NULL, NULL, APR_HOOK_MIDDLE);

    /* httpd's trace log: without tokens */
    ap_hook_post_read_request(at_tracelog_hide, NULL, NULL,
                              APR_HOOK_REALLY_LAST);
    ap_hook_quick_handler(at_tracelog_restore, NULL, NULL,
                          APR_HOOK_REALLY_FIRST);

    /* A protected request */
    ap_hook_create_request(at_consume_inherit, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_authn(at_auth_check, NULL, ssl_follows, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(at_authz_answer, NULL, NULL, APR_HOOK_REALLY_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_note_auth_failure(at_auth_note_failure, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_fixups(at_auth_variables, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(at_consume, NULL, NULL, APR_HOOK_REALLY_FIRST + 1);
    ap_hook_log_transaction(at_consume_for_log, NULL, NULL,
                            APR_HOOK_REALLY_FIRST);
    ap_hook_insert_error_filter(at_private_insert, NULL, NULL,
                                APR_HOOK_REALLY_LAST);
    at_consume_register();
    at_private_register();
    at_authz_register(p);
    at_passwords_register(p);

    /* The section of mod_status */
    APR_OPTIONAL_HOOK(ap, status_hook, at_statuspage_write, NULL, NULL,
                      APR_HOOK_MIDDLE);

    /* The manager */
    ap_hook_translate_name(at_claim_translate, NULL, NULL,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(at_claim_map, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(at_claim_type, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(at_manager_handle, NULL, NULL, APR_HOOK_REALLY_FIRST + 2);
    ap_hook_insert_filter(at_header_fields_insert, NULL, NULL,
                          APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(at_header_fields_insert, NULL, NULL,
                                APR_HOOK_REALLY_LAST);
    at_header_fields_register();
    at_metadata_register();
}

AP_DECLARE_MODULE(accesstoken) = {STANDARD20_MODULE_STUFF,
                                  at_directives_create_dir,
                                  at_directives_merge_dir,
                                  at_directives_create_server,
                                  at_directives_merge_server,
                                  at_directives,
                                  register_hooks,
                                  AP_MODULE_FLAG_NONE};
