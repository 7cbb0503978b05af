/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits the time in which a connection is made: for PostgreSQL with libpq's
 * own parameter, for MySQL and MariaDB by probing the server before the driver
 * is called. And redacts the message of a driver that could not connect.
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
#define MIN_SECONDS 2 /* libpq treats 1 as 2 */

/* PostgreSQL */

/* The separator between a URI and another parameter. For libpq the password
 * ends at the first @ before any /, and it may contain a question mark. */
static const char *separator_for(const char *address)
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

/* Before the other parameters, because libpq uses the last of two; in a URI it
 * can only be at the end. With a service it is not added: it would override
 * the limit in the service's file. */
static const char *with_timeout(const char *params, apr_int64_t timeout,
                                apr_pool_t *p)
{
    apr_int64_t seconds = (timeout + 999) / 1000;
    const char *limit;

    if (strstr(params, "connect_timeout") || strstr(params, "service=")) {
        return params;
    }
    limit = apr_psprintf(p, "connect_timeout=%" APR_INT64_T_FMT,
                         seconds < MIN_SECONDS ? MIN_SECONDS : seconds);
    if (strncmp(params, "postgresql://", 13) == 0 ||
        strncmp(params, "postgres://", 11) == 0) {
        return apr_pstrcat(p, params, separator_for(params), limit, NULL);
    }
    return apr_pstrcat(p, limit, " ", params, NULL);
}

/* MySQL and MariaDB */

/* The value of a parameter, read as apr_dbd's driver does; NULL: there is
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

/* If a hundred connections from a host are closed before their login, the
 * server blocks that host (max_connect_errors). A connection that is reset
 * before it is accepted does not count, since the server does not know its
 * host. */
static void reset(int fd)
{
    const struct linger immediately = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &immediately, sizeof(immediately));
}

/* Does the server send a byte? An error counts as a yes, since the driver will
 * report it. EAGAIN means that the queue of a Unix socket is full: no process
 * accepts its connections. */
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
        /* Without reading, close() would reset the connection. */
        recv(fd, greeting, sizeof(greeting), 0);
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

/* Tries one address after the other, as the driver does. */
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

static int greets(const char *params, apr_int64_t timeout, apr_pool_t *p)
{
    apr_int64_t until = at_clock_monotonic() + timeout;
    const char *host = value_of(params, "host", p);
    const char *path = value_of(params, "sock", p);
    const char *port = value_of(params, "port", p);

    if (host && *host && strcmp(host, "localhost") != 0) {
        return greets_at_host(host, port && *port ? port : DEFAULT_PORT, until);
    }
    return path && *path ? greets_at_path(path, until) : 1;
}

const char *at_connect_params(const char *driver, const char *params,
                              apr_int64_t timeout, int probe, apr_pool_t *p)
{
    if (timeout > 0 && strcmp(driver, "pgsql") == 0) {
        return with_timeout(params, timeout, p);
    }
    if (probe && strcmp(driver, "mysql") == 0 && !greets(params, timeout, p)) {
        return NULL;
    }
    return params;
}

/* libpq quotes what it cannot parse. That may be the end of a password that
 * has a blank in it; or in a URI, of a password with an @, which makes its end
 * a part of the host. */
const char *at_connect_params_redacted(const char *params, const char *message)
{
    static const char *const quoting[] = {
        "connection info string", "connection option", "URI", "percent"};
    int quotes = strstr(params, "://") && strchr(message, '@');
    apr_size_t i;

    for (i = 0; i < sizeof(quoting) / sizeof(quoting[0]); i++) {
        quotes |= strstr(message, quoting[i]) != NULL;
    }
    return quotes ? "the parameters cannot be read: one has no such name, or a "
                    "value has to be quoted"
                  : message;
}
