/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes base64 (RFC 4648, 4), in which Basic credentials are sent.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_BASE64_H
#define ACCESSTOKEN_CORE_TOKEN_BASE64_H

#include <apr.h>

/** Bytes of the memory that decoding `length` characters may write. */
#define AT_BASE64_SIZE(length) ((length) / 4 * 3 + 4)

/**
 * Decode up to the first character that is not in the alphabet, as apr_base64
 * does: padding is not needed, and ends the text wherever it is.
 *
 * @param bytes  AT_BASE64_SIZE() of the text's length
 * @param used   set to the number of characters that were decoded
 * @return the number of bytes.
 */
apr_size_t at_base64_decode(const char *text, char *bytes, apr_size_t *used);

#endif
