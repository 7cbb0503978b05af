/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few answers that APR has no status for. Absent (APR_NOTFOUND) and
 * "could not be asked" (AT_EUNAVAILABLE) never share a value.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_STATUS_H
#define ACCESSTOKEN_CORE_TOKEN_STATUS_H

#include <apr_errno.h>

/** The table could not be asked or written; nothing was decided. */
#define AT_EUNAVAILABLE (APR_OS_START_USERERR + 7001)
/** The user has as many live tokens as allowed. */
#define AT_ELIMIT (APR_OS_START_USERERR + 7002)
/** The system's random generator gave nothing. */
#define AT_ENORANDOM (APR_OS_START_USERERR + 7003)
/** Rows were left out, because another session has locked them. */
#define AT_ELOCKED (APR_OS_START_USERERR + 7004)

#endif
