/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fuzz target defines: the entry point that libFuzzer calls, and the
 * name of its folder of seeds, with which replay.c runs it in `make check`.
 *
 * To fuzz, compile the target and the core with clang
 * -fsanitize=fuzzer,address and without replay.c.
 */
#ifndef ACCESSTOKEN_TESTS_FUZZ_H
#define ACCESSTOKEN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** The name of a folder in tests/fuzz/seeds. */
extern const char fuzz_seeds[];

/** Run the target with this input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What must hold for every input. */
#define FUZZ_HOLDS(condition)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__,   \
                    #condition);                                               \
            abort();                                                           \
        }                                                                      \
    } while (0)

#endif
