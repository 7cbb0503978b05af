/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goods: what the tests of the shelf put on it. Each is made of a number.
 */
#ifndef ACCESSTOKEN_TESTS_GOODS_H
#define ACCESSTOKEN_TESTS_GOODS_H

#include "support.h"

/* The shelf's inside names these only where it needs them. */
#include "shelf_inside.h"

typedef struct goods_t {
    at_id_t id;
    at_tag_t tag;
    at_grant_t grant;
} goods_t;

/** One token's: the id of support_row() for that number. */
void goods_make(const at_shelf_t *shelf, int number, goods_t *goods);

/** Some whose rows all want to stand in the same set. */
void goods_make_neighbours(const at_shelf_t *shelf, goods_t *goods, int count);

/** As they come from a lookup that began with this ticket. */
at_entry_t goods_entry(const goods_t *goods, at_ticket_t ticket);

/** Put them on the shelf, read at that moment; they must find a place. */
at_spot_t goods_put(at_shelf_t *shelf, const goods_t *goods,
                    apr_int64_t read_at);

/** The same, if they may have to be refused: whether they are there. */
int goods_offer(at_shelf_t *shelf, const goods_t *goods, at_ticket_t ticket);

/** Are they on the shelf, with their grant? */
int goods_are_there(const at_shelf_t *shelf, const goods_t *goods);

/** The slot of a spot. */
at_slot_t *goods_slot(const at_shelf_t *shelf, at_spot_t spot);

#endif
