/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes for what APR has none. "There is no such row" (APR_NOTFOUND)
 * and "the table did not answer" (AT_EUNAVAILABLE) are never the same status.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_STATUS_H
#define ACCESSTOKEN_CORE_TOKEN_STATUS_H

#include <apr_errno.h>

/** The table could not be read or written; nothing was decided. */
#define AT_EUNAVAILABLE (APR_OS_START_USERERR + 7001)
/** The user has as many live tokens as are allowed. */
#define AT_ELIMIT (APR_OS_START_USERERR + 7002)
/** The random generator of the system failed. */
#define AT_ENORANDOM (APR_OS_START_USERERR + 7003)
/** Rows were skipped, because another session has locked them. */
#define AT_ELOCKED (APR_OS_START_USERERR + 7004)

#endif
