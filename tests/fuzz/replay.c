/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target with all seeds, and with the beginnings of each seed, so
 * that `make check` runs the targets without a fuzzer.
 *
 * Seeds are the files that the command line names; without any, those in the
 * target's folder below the environment variable srcdir.
 */
#include "fuzz.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>

/* In a buffer of exactly that size, so that memory checkers find overreads. */
static void run_target(const char *bytes, apr_size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    FUZZ_HOLDS(copy);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_file_t *file;
    apr_size_t length, size;
    char *bytes;

    if (apr_file_open(&file, path, APR_FOPEN_READ, 0, p) != APR_SUCCESS ||
        apr_file_info_get(&info, APR_FINFO_SIZE, file) != APR_SUCCESS) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    bytes = apr_palloc(p, (apr_size_t)info.size + 1);
    FUZZ_HOLDS(apr_file_read_full(file, bytes, (apr_size_t)info.size, &size) ==
                   APR_SUCCESS ||
               info.size == 0);
    apr_file_close(file);
    size = (apr_size_t)info.size;
    for (length = size > 300 ? size - 1 : 0; length < size; length++) {
        run_target(bytes, length);
    }
    run_target(bytes, size);
}

static int replay_folder(apr_pool_t *p)
{
    const char *srcdir = getenv("srcdir");
    const char *folder = apr_pstrcat(p, srcdir ? srcdir : ".",
                                     "/tests/fuzz/seeds/", fuzz_seeds, NULL);
    apr_finfo_t entry;
    apr_dir_t *dir;
    int seeds = 0;

    if (apr_dir_open(&dir, folder, p) != APR_SUCCESS) {
        fprintf(stderr, "there is no folder %s\n", folder);
        return 0;
    }
    while (apr_dir_read(&entry, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (entry.name[0] != '.') {
            replay(apr_pstrcat(p, folder, "/", entry.name, NULL), p);
            seeds++;
        }
    }
    apr_dir_close(dir);
    return seeds;
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    int seeds = argc - 1;
    int i;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    for (i = 1; i < argc; i++) {
        replay(argv[i], pool);
    }
    if (argc == 1) {
        seeds = replay_folder(pool);
    }
    printf("%s: %d seeds replayed\n", fuzz_seeds, seeds);
    apr_pool_destroy(pool);
    apr_terminate();
    return seeds > 0 ? 0 : 1;
}
