/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes base64. A token that is sent as a Basic password is decoded in every
 * request. apr_base64 passes the text twice and stores each byte by itself,
 * which takes half as many instructions as all the rest of a hit.
 */
#include "core/token/base64.h"

#include <string.h>

/* More than any value below. */
#define INVALID APR_UINT32_MAX

#define IS_IN(c, first, last) ((c) >= (first) && (c) <= (last))
#define VALUE(c)                                                               \
    (IS_IN(c, 'A', 'Z')   ? (c) - 'A'                                          \
     : IS_IN(c, 'a', 'z') ? (c) - 'a' + 26                                     \
     : IS_IN(c, '0', '9') ? (c) - '0' + 52                                     \
     : (c) == '+'         ? 62                                                 \
     : (c) == '/'         ? 63                                                 \
                          : -1)

/* What a character adds to the three bytes of its group, of which the first is
 * the least significant. */
#define FIRST(v) ((v) << 2)
#define SECOND(v) ((v) >> 4 | ((v)&15) << 12)
#define THIRD(v) ((v) >> 2 << 8 | ((v)&3) << 22)
#define FOURTH(v) ((v) << 16)

#define ENTRY(place, c)                                                        \
    (VALUE(c) < 0 ? INVALID : place((apr_uint32_t)(VALUE(c) & 63)))
#define FOUR(place, c)                                                         \
    ENTRY(place, c), ENTRY(place, (c) + 1), ENTRY(place, (c) + 2),             \
        ENTRY(place, (c) + 3)
#define SIXTEEN(place, c)                                                      \
    FOUR(place, c), FOUR(place, (c) + 4), FOUR(place, (c) + 8),                \
        FOUR(place, (c) + 12)
#define SIXTY_FOUR(place, c)                                                   \
    SIXTEEN(place, c), SIXTEEN(place, (c) + 16), SIXTEEN(place, (c) + 32),     \
        SIXTEEN(place, (c) + 48)
#define ALL(place)                                                             \
    {                                                                          \
        SIXTY_FOUR(place, 0), SIXTY_FOUR(place, 64), SIXTY_FOUR(place, 128),   \
            SIXTY_FOUR(place, 192)                                             \
    }

static const apr_uint32_t added[4][256] = {ALL(FIRST), ALL(SECOND), ALL(THIRD),
                                           ALL(FOURTH)};

/* Four bytes, of which the last is overwritten by the next group. */
static void store(char *out, apr_uint32_t group)
{
    out[0] = (char)group;
    out[1] = (char)(group >> 8);
    out[2] = (char)(group >> 16);
    out[3] = (char)(group >> 24);
}

/* The last group, of up to three characters. */
static apr_size_t decode_rest(const unsigned char *in, char *out,
                              apr_size_t *used)
{
    apr_uint32_t group = 0;
    apr_size_t count = 0;

    while (count < 3 && added[count][in[count]] != INVALID) {
        group |= added[count][in[count]];
        count++;
    }
    *used += count;
    store(out, group);
    return count < 2 ? 0 : count - 1;
}

apr_size_t at_base64_decode(const char *text, char *bytes, apr_size_t *used)
{
    const unsigned char *in = (const unsigned char *)text;
    apr_size_t groups = strlen(text) / 4;
    char *out = bytes;

    for (; groups > 0; groups--) {
        apr_uint32_t group = added[0][in[0]] | added[1][in[1]] |
                             added[2][in[2]] | added[3][in[3]];

        if (group == INVALID) {
            break;
        }
        store(out, group);
        in += 4;
        out += 3;
    }
    *used = (apr_size_t)(in - (const unsigned char *)text);
    out += decode_rest(in, out, used);
    return (apr_size_t)(out - bytes);
}
