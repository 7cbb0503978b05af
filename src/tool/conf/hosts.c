/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host uses access tokens if it has a manager, or a section whose AuthType
 * is or may be AccessToken. .htaccess files are not read.
 */
#include "tool/conf/hosts.h"

#include <string.h>

#include <apr_strings.h>

#include "tool/conf/lexer.h"

typedef struct host_t {
    const char *label;
    const at_directive_t *use; /* the first that uses tokens, or NULL */
    int is_certain;            /* httpd reads the section */
    int redirects;             /* every request, by mod_alias */
    int forwards;              /* some requests, before mod_alias sees them */
} host_t;

struct at_hosts_t {
    apr_array_header_t *all;     /* host_t, by number */
    apr_array_header_t *listens; /* const char *, addresses and ports */
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
    hosts->listens = apr_array_make(p, 4, sizeof(const char *));
    add_host(hosts, "");
    return hosts;
}

/* An expression, a variable or an argument of a macro: its value is not known
 * here. */
static int is_unknown(const char *word)
{
    return strstr(word, "%{") || strpbrk(word, "$@") || word[0] == '%';
}

static int is_use(const at_directive_t *directive, apr_pool_t *p)
{
    const char *rest = directive->arguments;
    const char *word;

    if (strcasecmp(directive->name, "AccessTokenManager") == 0) {
        return strcasecmp(at_lexer_word(&rest, p), "Off") != 0;
    }
    if (strcasecmp(directive->name, "AuthType") == 0) {
        word = at_lexer_word(&rest, p);
        return strcasecmp(word, "AccessToken") == 0 || is_unknown(word);
    }
    return 0;
}

/* Is it "Redirect [status] / URL", which a host at port 80 often has? */
static int is_redirect_of_all(const at_directive_t *directive, apr_pool_t *p)
{
    const char *rest = directive->arguments;
    const char *word;

    if (strcasecmp(directive->name, "Redirect") != 0 || directive->doubt ||
        directive->is_partial) {
        return 0;
    }
    word = at_lexer_word(&rest, p);
    if (*word != '/') {
        word = at_lexer_word(&rest, p);
    }
    return strcmp(word, "/") == 0;
}

/* httpd calls the modules of these directives before mod_alias. */
static int is_forwarding(const char *name)
{
    return strncasecmp(name, "ProxyPass", 9) == 0 ||
           strcasecmp(name, "RewriteRule") == 0 ||
           strncasecmp(name, "JkMount", 7) == 0;
}

void at_hosts_add(at_hosts_t *hosts, const at_directive_t *directive)
{
    host_t *host;

    while (hosts->all->nelts <= directive->host) {
        add_host(hosts, directive->host_label);
    }
    host = host_at(hosts, directive->host);
    if (strcmp(directive->name, AT_DIRECTIVE_HOST) == 0) {
        host->is_certain = !directive->doubt;
    }
    if (strcasecmp(directive->name, "Listen") == 0 && !directive->doubt) {
        const char *rest = directive->arguments;

        APR_ARRAY_PUSH(hosts->listens, const char *) =
            at_lexer_word(&rest, hosts->pool);
    }
    host->forwards |= is_forwarding(directive->name);
    if (!host->use && is_use(directive, hosts->pool)) {
        host->use = apr_pmemdup(hosts->pool, directive, sizeof(*directive));
    }
    host->redirects |= is_redirect_of_all(directive, hosts->pool);
}

int at_hosts_count(const at_hosts_t *hosts)
{
    return hosts->all->nelts;
}

const at_directive_t *at_hosts_use(const at_hosts_t *hosts, int host)
{
    const host_t *one = host_at(hosts, host);

    if (one->redirects && !one->forwards && !host_at(hosts, 0)->forwards) {
        return NULL;
    }
    return one->use ? one->use : host_at(hosts, 0)->use;
}

/* The port of an address; NULL if it has none. */
static const char *port_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return colon && !strchr(colon, ']') ? colon + 1 : NULL;
}

/* Does an address of a <VirtualHost> take all requests to an address of
 * Listen? */
static int takes(const char *address, const char *listen)
{
    const char *port = port_of(address);
    const char *its_port = port_of(listen) ? port_of(listen) : listen;
    apr_size_t length =
        port ? (apr_size_t)(port - 1 - address) : strlen(address);

    if (port && strcmp(port, "*") != 0 && strcmp(port, its_port) != 0) {
        return 0;
    }
    if ((length == 1 && *address == '*') ||
        (length == 9 && strncasecmp(address, "_default_", 9) == 0)) {
        return 1;
    }
    return port_of(listen) &&
           (apr_size_t)(port_of(listen) - 1 - listen) == length &&
           strncasecmp(address, listen, length) == 0;
}

static int is_taken(const at_hosts_t *hosts, const char *listen)
{
    int i;

    for (i = 1; i < hosts->all->nelts; i++) {
        const char *rest = host_at(hosts, i)->label;

        while (host_at(hosts, i)->is_certain && *rest) {
            const char *address = at_lexer_word(&rest, hosts->pool);

            if (*address && takes(address, listen)) {
                return 1;
            }
        }
    }
    return 0;
}

int at_hosts_main_is_reached(const at_hosts_t *hosts)
{
    int i;

    for (i = 0; i < hosts->listens->nelts; i++) {
        if (!is_taken(hosts, APR_ARRAY_IDX(hosts->listens, i, const char *))) {
            return 1;
        }
    }
    return hosts->all->nelts == 1;
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
