/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits the time that making a connection takes: by libpq's own parameter, and
 * by a look at a server of MySQL's kind before its driver is called. And what may
 * be repeated of the reason where none could be made.
 */
#include "core/db/connect_params.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/clock.h"

#define DEFAULT_PORT "3306"
#define LEAST_S 2 /* libpq takes less for this */

/* PostgreSQL */

/* Between an address and one more parameter. As libpq reads it, a user's password
 * ends at the first @ before any /, and may have a question mark in it. */
static const char *before_one_more(const char *address)
{
    const char *rest = strstr(address, "://") + strlen("://");
    const char *query;

    rest += strcspn(rest, "@/");
    query = strchr(*rest == '@' ? rest : address, '?');
    if (!query) {
        return "?";
    }
    return query[1] ? "&" : "";
}

/* Before the others, because with libpq the last of two counts. In an address it
 * can only stand behind. What a service's file says would not count any more. */
static const char *with_limit(const char *params, apr_int64_t patience,
                              apr_pool_t *p)
{
    apr_int64_t seconds = (patience + 999) / 1000;
    const char *limit;

    if (strstr(params, "connect_timeout") || strstr(params, "service=")) {
        return params;
    }
    limit = apr_psprintf(p, "connect_timeout=%" APR_INT64_T_FMT,
                         seconds < LEAST_S ? LEAST_S : seconds);
    if (strncmp(params, "postgresql://", 13) == 0 ||
        strncmp(params, "postgres://", 11) == 0) {
        return apr_pstrcat(p, params, before_one_more(params), limit, NULL);
    }
    return apr_pstrcat(p, limit, " ", params, NULL);
}

/* MySQL and MariaDB */

/* The value of a parameter, as apr_dbd's driver reads them; NULL if there is
 * none. */
static const char *value_of(const char *params, const char *name, apr_pool_t *p)
{
    apr_size_t length = strlen(name);
    const char *at;

    for (at = strstr(params, name); at; at = strstr(at + 1, name)) {
        const char *value = at + length;

        if (at > params && apr_isalpha(at[-1])) {
            continue;
        }
        value += strspn(value, " \t");
        if (*value != '=') {
            continue;
        }
        value += 1 + strspn(value + 1, " \t");
        return apr_pstrmemdup(p, value, strcspn(value, " \r\n\t;|,"));
    }
    return NULL;
}

static int wait_for(int fd, short events, apr_int64_t until)
{
    struct pollfd one = {.fd = fd, .events = events};
    apr_int64_t rest = until - at_clock_monotonic();
    int ready;

    do {
        ready = poll(&one, 1, rest > 0 ? (int)rest : 0);
        rest = until - at_clock_monotonic();
    } while (ready < 0 && errno == EINTR && rest > 0);
    return ready == 1;
}

/* A server that finds a hundred connections of a host closed before their login
 * lets that host in no more (max_connect_errors). It does not know whose one is
 * that was reset while it waited to be accepted. */
static void reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* A byte, or an error: what is wrong then, the driver will say. A Unix socket
 * whose queue is full says EAGAIN: nobody takes connections from it. */
static int is_greeted(const struct sockaddr *address, socklen_t length,
                      apr_int64_t until)
{
    int fd = socket(address->sa_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char greeting[256];
    int greets;

    if (fd < 0) {
        return 1;
    }
    if (connect(fd, address, length) == 0 || errno == EINPROGRESS) {
        greets = wait_for(fd, POLLOUT, until) && wait_for(fd, POLLIN, until);
        recv(fd, greeting, sizeof(greeting), 0); /* else the close is a reset */
        if (!greets) {
            reset(fd);
        }
    }
    else {
        greets = errno != EAGAIN;
    }
    close(fd);
    return greets;
}

static int greets_at_path(const char *path, apr_int64_t until)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        return 1;
    }
    apr_cpystrn(address.sun_path, path, sizeof(address.sun_path));
    return is_greeted((const struct sockaddr *)&address, sizeof(address),
                      until);
}

/* The driver tries one address after the other, and so does this. */
static int greets_at_host(const char *host, const char *port, apr_int64_t until)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found, *one;
    int greets = 0;

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return 1;
    }
    for (one = found; one && !greets; one = one->ai_next) {
        greets = is_greeted(one->ai_addr, one->ai_addrlen, until);
    }
    freeaddrinfo(found);
    return greets;
}

static int greets(const char *params, apr_int64_t patience, apr_pool_t *p)
{
    apr_int64_t until = at_clock_monotonic() + patience;
    const char *host = value_of(params, "host", p);
    const char *path = value_of(params, "sock", p);
    const char *port = value_of(params, "port", p);

    if (host && *host && strcmp(host, "localhost") != 0) {
        return greets_at_host(host, port && *port ? port : DEFAULT_PORT, until);
    }
    return path && *path ? greets_at_path(path, until) : 1;
}

const char *at_connect_params(const char *driver, const char *params,
                              apr_int64_t patience, int wary, apr_pool_t *p)
{
    if (patience > 0 && strcmp(driver, "pgsql") == 0) {
        return with_limit(params, patience, p);
    }
    if (wary && strcmp(driver, "mysql") == 0 && !greets(params, patience, p)) {
        return NULL;
    }
    return params;
}

/* What libpq cannot read it quotes, which may be the end of a password that has
 * a blank in it; or in an address, an @, which makes it a part of the host. */
const char *at_connect_params_redacted(const char *params, const char *words)
{
    static const char *const quoting[] = {
        "connection info string", "connection option", "URI", "percent"};
    int tells = strstr(params, "://") && strchr(words, '@');
    apr_size_t i;

    for (i = 0; i < sizeof(quoting) / sizeof(quoting[0]); i++) {
        tells |= strstr(words, quoting[i]) != NULL;
    }
    return tells ? "the parameters cannot be read: one has no such name, or a "
                   "value has to be quoted"
                 : words;
}
