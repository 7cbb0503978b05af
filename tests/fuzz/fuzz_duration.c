/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the durations of directives.
 */
#include "fuzz.h"

#include <string.h>

#include "core/token/clock.h"

const char fuzz_seeds[] = "duration";

#define LONGEST (INT64_C(36500) * 86400)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char units[] = "smhdx";
    char *text = malloc(size + 1);
    const char *unit;

    FUZZ_HOLDS(text);
    memcpy(text, data, size);
    text[size] = '\0';
    for (unit = units; *unit; unit++) {
        apr_int64_t seconds = -7;
        apr_status_t status = at_clock_parse_duration(text, *unit, &seconds);

        if (status == APR_SUCCESS) {
            FUZZ_HOLDS(seconds >= 0 && seconds <= LONGEST);
            FUZZ_HOLDS(text[0] >= '0' && text[0] <= '9');
        }
        else {
            FUZZ_HOLDS(status == APR_EINVAL && seconds == -7);
        }
    }
    free(text);
    return 0;
}
