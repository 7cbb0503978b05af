/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the script with sh, whose environment env(1) then writes to a pipe. The
 * script itself has neither the pipe nor the caller's standard streams: what
 * it prints is lost, and a process that it leaves in the background keeps
 * nothing open.
 */
#include "tool/conf/envvars.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/token/clock.h"
#include "tool/files/access.h"
#include "tool/output/messages.h"
#include "tool/output/terminal.h"

#define TIMEOUT_MS 5000
#define POLL_MS 100        /* between two checks for a signal */
#define OUTPUT_MAX 1048576 /* of all variables, names and values */
#define PIPE_FD 3

extern char **environ;

/* Trust */

static int is_of_root_or_caller(const struct stat *found)
{
    return found->st_uid == 0 || found->st_uid == geteuid();
}

/* Could another user have written the file, or put another one in its place?
 * In a folder with the sticky bit, such as /tmp, other users can add files,
 * but cannot replace those of root and of the caller.
 *
 * @param path  absolute, without symbolic links
 * @return NULL if not; or what another user can write. */
static const char *writable_part(const char *path, apr_pool_t *p)
{
    struct stat found;
    int may_be_sticky = 0;

    while (stat(path, &found) == 0 && is_of_root_or_caller(&found)) {
        int is_shared = (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;

        if (is_shared && !(may_be_sticky && (found.st_mode & S_ISVTX))) {
            return path;
        }
        if (strcmp(path, "/") == 0) {
            return NULL;
        }
        may_be_sticky = S_ISDIR(found.st_mode);
        path = at_access_folder(path, p);
    }
    return path;
}

/* The path without symbolic links; NULL if it does not exist. */
static const char *resolved(const char *path, apr_pool_t *p)
{
    char *real = realpath(path, NULL);
    const char *copy = real ? apr_pstrdup(p, real) : NULL;

    free(real);
    return copy;
}

/* Both the folder in which the name is looked up and the file that it leads to
 * must be safe. */
static const char *untrusted_part(const char *path, apr_pool_t *p)
{
    const char *folder = resolved(at_access_folder(path, p), p);
    const char *file = resolved(path, p);
    const char *part;

    if (!folder || !file) {
        return path;
    }
    part = writable_part(folder, p);
    return part ? part : writable_part(file, p);
}

/* Running */

/* The child has the pipe as PIPE_FD and under no other number. */
static int add_actions(posix_spawn_file_actions_t *actions, int pipe_fd)
{
    return posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR,
                                            0) ||
           posix_spawn_file_actions_adddup2(actions, 0, 1) ||
           posix_spawn_file_actions_adddup2(actions, 0, 2) ||
           posix_spawn_file_actions_adddup2(actions, pipe_fd, PIPE_FD) ||
           (pipe_fd != PIPE_FD &&
            posix_spawn_file_actions_addclose(actions, pipe_fd));
}

/* In a process group of its own, so that all of it can be killed.
 *
 * @return 0, or an errno. */
static int spawn(const char *path, int pipe_fd, pid_t *process)
{
    static char command[] = "{ . \"$0\"; } 3>&-; exec /usr/bin/env -0 >&3";
    char *script = strdup(path);
    char *const arguments[] = {"sh", "-c", command, script, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error;

    if (!script) {
        return ENOMEM;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    error = add_actions(&actions, pipe_fd);
    if (!error) {
        error = posix_spawn(process, "/bin/sh", &actions, &attributes,
                            arguments, environ);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(script);
    return error;
}

/* Read to the end of the pipe.
 *
 * @return the length; -1 if the script takes too long, writes too much, or the
 *         user interrupts it. */
static ssize_t read_all(int from, char *output)
{
    const apr_int64_t end = at_clock_monotonic() + TIMEOUT_MS;
    struct pollfd input = {.fd = from, .events = POLLIN};
    ssize_t length = 0;
    ssize_t got = 1;

    while (got > 0) {
        if (at_term_interrupted() || at_clock_monotonic() > end ||
            length == OUTPUT_MAX) {
            return -1;
        }
        if (poll(&input, 1, POLL_MS) > 0) {
            got = read(from, output + length, (size_t)(OUTPUT_MAX - length));
            length += got > 0 ? got : 0;
        }
    }
    return got == 0 ? length : -1;
}

/* @return the length of what env wrote; 0 or less if env was not run. */
static ssize_t run(const char *path, char *output)
{
    pid_t process = 0;
    ssize_t length = -1;
    int status = 0;
    int ends[2];

    if (pipe(ends) != 0) {
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    status = spawn(path, ends[1], &process);
    close(ends[1]);
    if (status == 0) {
        length = read_all(ends[0], output);
        if (length < 0) {
            kill(-process, SIGKILL);
        }
        while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
        }
    }
    close(ends[0]);
    return status == 0 ? length : -1;
}

static void export_all(char *output, ssize_t length)
{
    const char *end = output + length;

    while (output < end) {
        char *next = output + strlen(output) + 1;
        char *equals = strchr(output, '=');

        if (equals && equals > output) {
            *equals = '\0';
            setenv(output, equals + 1, 0);
        }
        output = next;
    }
}

int at_envvars_read(const char *path, apr_pool_t *p)
{
    const char *part;
    char *output;
    ssize_t length;

    if (access(path, F_OK) != 0) {
        return 0;
    }
    part = untrusted_part(path, p);
    if (part) {
        at_message_note(
            "Note: %s is not run, so the variables that it sets are "
            "not known: users other than root and you can write %s.",
            path, part);
        return 1;
    }
    path = resolved(path, p);
    /* Debian's apache2ctl gives the folder to the script. */
    setenv("APACHE_CONFDIR", at_access_folder(path, p), 0);
    output = apr_pcalloc(p, OUTPUT_MAX + 1);
    length = run(path, output);
    if (length <= 0) {
        at_message_note(
            "Note: sh could not run %s to its end, so the variables "
            "that it sets are not known.",
            path);
        return 1;
    }
    export_all(output, length);
    return 1;
}
