/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host uses access tokens where a manager stands, or a location whose AuthType
 * is or may be AccessToken. What stands in .htaccess is not seen here.
 */
#include "tool/hosts.h"

#include <string.h>

#include <apr_strings.h>

typedef struct host_t {
    const char *label;
    const at_conf_line_t *use; /* the first, or NULL */
    int redirects;             /* every request, by mod_alias */
} host_t;

struct at_hosts_t {
    apr_array_header_t *all; /* host_t, by number */
    apr_pool_t *pool;
};

static host_t *host_at(const at_hosts_t *hosts, int number)
{
    return &APR_ARRAY_IDX(hosts->all, number, host_t);
}

static void add_host(at_hosts_t *hosts, const char *label)
{
    host_t *host = apr_array_push(hosts->all);

    memset(host, 0, sizeof(*host));
    host->label = label;
}

at_hosts_t *at_hosts_make(apr_pool_t *p)
{
    at_hosts_t *hosts = apr_pcalloc(p, sizeof(*hosts));

    hosts->pool = p;
    hosts->all = apr_array_make(p, 8, sizeof(host_t));
    add_host(hosts, "");
    return hosts;
}

/* An expression may come out as anything. */
static int is_use(const at_conf_line_t *line, apr_pool_t *p)
{
    const char *rest = line->words;
    const char *word;

    if (strcasecmp(line->name, "AccessTokenManager") == 0) {
        return strcasecmp(at_conf_word(&rest, p), "Off") != 0;
    }
    if (strcasecmp(line->name, "AuthType") == 0) {
        word = at_conf_word(&rest, p);
        return strcasecmp(word, "AccessToken") == 0 || strstr(word, "%{");
    }
    return 0;
}

/* Redirect [status] / URL, as the host of port 80 often has it. */
static int is_redirect_of_all(const at_conf_line_t *line, apr_pool_t *p)
{
    const char *rest = line->words;
    const char *word;

    if (strcasecmp(line->name, "Redirect") != 0 || line->doubt) {
        return 0;
    }
    word = at_conf_word(&rest, p);
    if (*word != '/') {
        word = at_conf_word(&rest, p);
    }
    return strcmp(word, "/") == 0;
}

void at_hosts_see(at_hosts_t *hosts, const at_conf_line_t *line)
{
    host_t *host;

    while (hosts->all->nelts <= line->host) {
        add_host(hosts, line->label);
    }
    host = host_at(hosts, line->host);
    if (!host->use && is_use(line, hosts->pool)) {
        host->use = apr_pmemdup(hosts->pool, line, sizeof(*line));
    }
    host->redirects |= is_redirect_of_all(line, hosts->pool);
}

int at_hosts_count(const at_hosts_t *hosts)
{
    return hosts->all->nelts;
}

const at_conf_line_t *at_hosts_use(const at_hosts_t *hosts, int host)
{
    const host_t *one = host_at(hosts, host);

    if (one->redirects) {
        return NULL;
    }
    return one->use ? one->use : host_at(hosts, 0)->use;
}

int at_hosts_are_used(const at_hosts_t *hosts)
{
    int i;

    for (i = 0; i < hosts->all->nelts; i++) {
        if (at_hosts_use(hosts, i)) {
            return 1;
        }
    }
    return 0;
}

const char *at_hosts_name(const at_hosts_t *hosts, int host)
{
    return host == 0 ? "the main server"
                     : apr_pstrcat(hosts->pool, "VirtualHost ",
                                   host_at(hosts, host)->label, NULL);
}
