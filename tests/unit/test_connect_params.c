/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the limit for making a connection: parameters for libpq, and a
 * listener that greets, is silent, or does not exist.
 */
#include "support.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/db/connect_params.h"
#include "core/token/clock.h"
#include "dbpool_inside.h"

#define PATIENCE 100

static void check_params(support_t *support, const char *given,
                         const char *wanted)
{
    assert_string_equal(
        at_connect_params("pgsql", given, 3400, 0, support->pool), wanted);
}

static void connections_to_postgresql_have_a_limit(void **state)
{
    check_params(*state, "host=a dbname=b",
                 "connect_timeout=4 host=a dbname=b");
    check_params(*state, "host=a connect_timeout=9",
                 "host=a connect_timeout=9");
    check_params(*state, "service=a", "service=a");
    check_params(*state, "", "connect_timeout=4 ");
    check_params(*state, "postgresql://a/b",
                 "postgresql://a/b?connect_timeout=4");
    check_params(*state, "postgres://a/b?user=c",
                 "postgres://a/b?user=c&connect_timeout=4");
    check_params(*state, "postgres://a/b?connect_timeout=9",
                 "postgres://a/b?connect_timeout=9");
}

static void a_question_mark_in_a_password_begins_no_query(void **state)
{
    check_params(*state, "postgresql://u:p?w@a/b",
                 "postgresql://u:p?w@a/b?connect_timeout=4");
    check_params(*state, "postgresql://u:p?w@a/b?sslmode=disable",
                 "postgresql://u:p?w@a/b?sslmode=disable&connect_timeout=4");
    check_params(*state, "postgresql:///b?user=c@d",
                 "postgresql:///b?user=c@d&connect_timeout=4");
    check_params(*state, "postgresql://a/b?",
                 "postgresql://a/b?connect_timeout=4");
}

static void without_a_limit_parameters_stay_as_they_are(void **state)
{
    support_t *support = *state;

    assert_string_equal(
        at_connect_params("pgsql", "host=a", 0, 0, support->pool), "host=a");
    assert_string_equal(
        at_connect_params("mysql", "host=a", 900, 0, support->pool), "host=a");
    assert_string_equal(
        at_connect_params("sqlite3", "/a", 900, 1, support->pool), "/a");
}

/* A listener of this process, at a free port or a path, that accepts no
 * connection: they stay in its queue. */
static int listen_at(struct sockaddr *address, socklen_t length)
{
    int fd = socket(address->sa_family, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, address, length), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, address, &length), 0);
    return fd;
}

static int listen_at_port(support_t *support, const char **params)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = listen_at((struct sockaddr *)&address, sizeof(address));

    *params = apr_psprintf(support->pool, "host=127.0.0.1, port = %d;user=a",
                           ntohs(address.sin_port));
    return fd;
}

static int listen_at_path(support_t *support, const char **params)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    apr_cpystrn(address.sun_path, support->file, sizeof(address.sun_path));
    *params =
        apr_pstrcat(support->pool, "sock=", support->file, ",user=a", NULL);
    return listen_at((struct sockaddr *)&address, sizeof(address));
}

typedef struct greeter_t {
    int listener;
    int goes; /* and does not close the connection */
    pthread_t thread;
} greeter_t;

static void *greet(void *data)
{
    greeter_t *greeter = data;
    int fd = accept(greeter->listener, NULL, NULL);
    char byte;

    send(fd, "J", 1, MSG_NOSIGNAL);
    greeter->goes = recv(fd, &byte, 1, 0) == 0;
    close(fd);
    return NULL;
}

static void check_listener(support_t *support, int fd, const char *params)
{
    greeter_t greeter = {.listener = fd};

    assert_null(at_connect_params("mysql", params, PATIENCE, 1, support->pool));
    close(accept(fd, NULL, NULL));
    assert_int_equal(pthread_create(&greeter.thread, NULL, greet, &greeter), 0);
    assert_string_equal(
        at_connect_params("mysql", params, SUPPORT_LONG_MS, 1, support->pool),
        params);
    pthread_join(greeter.thread, NULL);
    assert_true(greeter.goes);
    close(fd);
    /* No server listens there, which the driver finds out by itself. */
    assert_string_equal(
        at_connect_params("mysql", params, SUPPORT_LONG_MS, 1, support->pool),
        params);
}

static void a_server_of_mysql_or_mariadb_must_greet(void **state)
{
    const char *params;
    int fd = listen_at_port(*state, &params);

    check_listener(*state, fd, params);
    fd = listen_at_path(*state, &params);
    check_listener(*state, fd, params);
}

/* MariaDB would count them, and block the host after a hundred. */
static void a_probe_of_a_silent_server_leaves_no_closed_connection(void **state)
{
    support_t *support = *state;
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);
    const char *params;
    int fd = listen_at_port(support, &params);
    int left;

    assert_null(at_connect_params("mysql", params, PATIENCE, 1, support->pool));
    left = accept(fd, NULL, NULL);
    assert_true(left >= 0);
    assert_int_equal(getpeername(left, (struct sockaddr *)&peer, &length), -1);
    close(left);
    close(fd);
}

/* The queue of a Unix socket is full if no process accepts its connections. */
static void a_socket_with_a_full_queue_does_not_greet(void **state)
{
    support_t *support = *state;
    const char *params;
    int fd = listen_at_path(support, &params);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int links[16];
    apr_size_t i;

    apr_cpystrn(address.sun_path, support->file, sizeof(address.sun_path));
    for (i = 0; i < COUNT(links); i++) {
        links[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(links[i], (struct sockaddr *)&address, sizeof(address));
    }
    assert_null(
        at_connect_params("mysql", params, SUPPORT_LONG_MS, 1, support->pool));
    for (i = 0; i < COUNT(links); i++) {
        close(links[i]);
    }
    close(fd);
}

static void a_server_whose_address_is_unknown_is_not_probed(void **state)
{
    support_t *support = *state;
    static const char *const params[] = {"user=a,dbname=b", "host=localhost",
                                         "hostile=1", ""};
    apr_size_t i;

    for (i = 0; i < COUNT(params); i++) {
        assert_string_equal(
            at_connect_params("mysql", params[i], PATIENCE, 1, support->pool),
            params[i]);
    }
}

/* The address, as each driver reads it. */
static const char *params_for(support_t *support, const char *driver,
                              const char *params)
{
    const char *port = strstr(params, "port = ") + 7;

    if (strcmp(driver, "mysql") == 0) {
        return params;
    }
    return apr_psprintf(support->pool, "host=127.0.0.1 user=a port=%.*s",
                        (int)strcspn(port, ";"), port);
}

/* The real driver with a silent server; without a limit it never returns, and
 * the program's alarm ends the test. */
static void check_given_up(support_t *support, const char *driver,
                           const char *params)
{
    at_database_t *database = at_database_make(
        driver, params_for(support, driver, params), support->pool);

    at_database_limit_connecting(database, 500, 1);
    assert_int_equal(at_database_command(database, "SELECT 1"),
                     AT_EUNAVAILABLE);
    assert_false(at_database_is_open(database));
    at_database_drop(database);
}

static void connecting_to_a_silent_server_ends(void **state)
{
    const char *params;
    int fd = listen_at_port(*state, &params);

    check_given_up(*state, "pgsql", params);
    check_given_up(*state, "mysql", params);
    close(fd);
}

static apr_status_t say_something(at_job_t *job, at_database_t *database,
                                  void *data)
{
    (void)job;
    (void)data;
    return at_database_command(database, "SELECT 1");
}

static void run_without_answer(at_dbpool_t *dbpool)
{
    at_job_t *job = at_job_make(dbpool, AT_JOB_LOOKUP, say_something);

    at_breaker_close(dbpool->breaker);
    assert_int_equal(at_job_run(job, NULL, 200), AT_EUNAVAILABLE);
    at_job_release(job);
}

static void await_returned(at_dbpool_t *dbpool, const int *hanging)
{
    apr_int64_t begun = at_clock_monotonic();
    int now = 1;

    while (now > 0) {
        assert_true(at_clock_monotonic() < begun + SUPPORT_LONG_MS / 2);
        support_nap();
        pthread_mutex_lock(&dbpool->lock);
        now = *hanging;
        pthread_mutex_unlock(&dbpool->lock);
    }
}

/* With MySQL's driver the first job hangs, but no other does. */
static void workers_return_from_a_silent_server(void **state)
{
    const char *params;
    int fd = listen_at_port(*state, &params);
    at_dbpool_t *pgsql =
        at_dbpool_open("pgsql", params_for(*state, "pgsql", params), 1);
    at_dbpool_t *mysql =
        at_dbpool_open("mysql", params_for(*state, "mysql", params), 1);

    run_without_answer(pgsql);
    await_returned(pgsql, &pgsql->replaced);
    run_without_answer(mysql);
    run_without_answer(mysql);
    await_returned(mysql, &mysql->hung);
    assert_int_equal(mysql->replaced, 1);
    close(fd);
    at_dbpool_stop(mysql, SUPPORT_LONG_MS);
    at_dbpool_stop(pgsql, SUPPORT_LONG_MS);
    assert_int_equal(mysql->threads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(connections_to_postgresql_have_a_limit),
        SUPPORT_TEST(a_question_mark_in_a_password_begins_no_query),
        SUPPORT_TEST(without_a_limit_parameters_stay_as_they_are),
        SUPPORT_TEST(a_server_of_mysql_or_mariadb_must_greet),
        SUPPORT_TEST(a_probe_of_a_silent_server_leaves_no_closed_connection),
        SUPPORT_TEST(a_socket_with_a_full_queue_does_not_greet),
        SUPPORT_TEST(a_server_whose_address_is_unknown_is_not_probed),
        SUPPORT_TEST(connecting_to_a_silent_server_ends),
        SUPPORT_TEST(workers_return_from_a_silent_server),
    };

    return cmocka_run_group_tests_name("connect_params", tests, support_begin,
                                       support_end);
}
