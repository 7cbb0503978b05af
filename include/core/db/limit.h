/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many live tokens a user may have, also when several are generated at the
 * same time.
 */
#ifndef ACCESSTOKEN_CORE_DB_LIMIT_H
#define ACCESSTOKEN_CORE_DB_LIMIT_H

#include "core/db/op.h"

/**
 * Within a transaction: may the user of `row` have one more token? Until
 * at_limit_end() no other transaction counts that user's tokens. `limit` is the
 * number of live tokens with the new one; 0: any number.
 *
 * @return APR_SUCCESS; AT_ELIMIT; AT_EUNAVAILABLE.
 */
apr_status_t at_limit_check(at_op_t *op);

/** After the transaction, whatever its outcome: others may count again. */
void at_limit_end(at_op_t *op);

#endif
