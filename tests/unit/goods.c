/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goods for the shelf, and short words for what is done with them.
 */
#include "goods.h"

void goods_make(const at_shelf_t *shelf, int number, goods_t *goods)
{
    char text[32];
    apr_pool_t *pool;

    memset(goods, 0, sizeof(*goods));
    apr_pool_create(&pool, NULL);
    goods->id = support_row(pool, number)->id;
    at_grant_fill(&goods->grant, support_row(pool, number));
    apr_snprintf(text, sizeof(text), "token-%d", number);
    at_shelf_tag(shelf, text, strlen(text), &goods->tag);
    apr_pool_destroy(pool);
}

void goods_make_neighbours(const at_shelf_t *shelf, goods_t *goods, int count)
{
    const at_set_t *set;
    int number = 0;
    int made;

    goods_make(shelf, number, &goods[0]);
    set = at_shelf_set(shelf, at_shelf_spread_id(&goods[0].id));
    for (made = 1; made < count;) {
        goods_make(shelf, ++number, &goods[made]);
        made += at_shelf_set(shelf, at_shelf_spread_id(&goods[made].id)) == set;
        assert_true(number < 0x10000); /* support_row() knows no more */
    }
}

at_entry_t goods_entry(const goods_t *goods, at_ticket_t ticket)
{
    return (at_entry_t){.id = &goods->id,
                        .tag = &goods->tag,
                        .grant = &goods->grant,
                        .last_used = AT_TIME_NONE,
                        .ticket = ticket};
}

int goods_offer(at_shelf_t *shelf, const goods_t *goods, at_ticket_t ticket)
{
    at_entry_t entry = goods_entry(goods, ticket);
    at_use_t evicted;
    at_spot_t spot;

    return at_shelf_put(shelf, &entry, &spot, &evicted);
}

at_spot_t goods_put(at_shelf_t *shelf, const goods_t *goods,
                    apr_int64_t read_at)
{
    at_entry_t entry =
        goods_entry(goods, at_shelf_ticket(shelf, &goods->id, read_at));
    at_use_t evicted;
    at_spot_t spot;

    assert_true(at_shelf_put(shelf, &entry, &spot, &evicted));
    return spot;
}

int goods_are_there(const at_shelf_t *shelf, const goods_t *goods)
{
    apr_pool_t *pool;
    at_hit_t hit;
    int there;

    apr_pool_create(&pool, NULL);
    there =
        at_shelf_get(shelf, &goods->id, &goods->tag, &hit, pool) &&
        hit.proven &&
        memcmp(hit.grant, &goods->grant,
               offsetof(at_grant_t, user) + goods->grant.text_length + 1) == 0;
    apr_pool_destroy(pool);
    return there;
}

at_slot_t *goods_slot(const at_shelf_t *shelf, at_spot_t spot)
{
    return &shelf->sets[spot.slot / AT_SHELF_WAYS]
                .slots[spot.slot % AT_SHELF_WAYS];
}
