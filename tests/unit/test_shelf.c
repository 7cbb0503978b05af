/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the shelf as readers see it: what was put is got, whole and for its
 * own token only, and whatever is missing, half written or foreign is a miss.
 */
#include "goods.h"

#define SIZE AT_SHELF_LEAST

static void what_was_put_is_got(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods;
    at_hit_t hit;
    at_spot_t spot;

    goods_make(shelf, 1, &goods);
    goods.grant.expires_at = 7000;
    goods.grant.deleted_at = 6000;
    assert_false(
        at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
    spot = goods_put(shelf, &goods, 5000);
    assert_true(
        at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
    assert_true(hit.proven);
    assert_true(hit.read_at == 5000);
    assert_int_equal(hit.spot.slot, spot.slot);
    assert_int_equal(hit.spot.generation, spot.generation);
    assert_true(hit.grant->expires_at == 7000);
    assert_true(hit.grant->deleted_at == 6000);
    assert_string_equal(hit.grant->user, "alice");
    assert_string_equal(hit.grant->expires_text, "never");
    assert_string_equal(hit.grant->id_text, goods.grant.id_text);
    assert_true(at_shelf_last_put(shelf) == 5000);
}

static void a_token_is_recognized_by_its_digits_and_tag(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    char digits[AT_TOKEN_ID_DIGITS], others[AT_TOKEN_ID_DIGITS];
    goods_t goods, other;
    at_hit_t hit;

    goods_make(shelf, 1, &goods);
    goods_make(shelf, 2, &other);
    at_token_write_digits(&goods.id, digits);
    at_token_write_digits(&other.id, others);
    goods_put(shelf, &goods, 5000);
    assert_true(
        at_shelf_recognize(shelf, digits, &goods.tag, &hit, support->pool));
    assert_true(hit.proven);
    assert_memory_equal(&hit.id, &goods.id, sizeof(hit.id));
    assert_string_equal(hit.grant->id_text, goods.grant.id_text);
    assert_false(
        at_shelf_recognize(shelf, digits, &other.tag, &hit, support->pool));
    assert_false(
        at_shelf_recognize(shelf, others, &goods.tag, &hit, support->pool));
    goods.tag.half[1] ^= 1;
    assert_false(
        at_shelf_recognize(shelf, digits, &goods.tag, &hit, support->pool));
}

static void another_token_is_not_known(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods;
    at_hit_t hit;
    int bit;

    goods_make(shelf, 1, &goods);
    goods_put(shelf, &goods, 5000);
    for (bit = 0; bit < 128; bit++) {
        goods.id.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_false(
            at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
        goods.id.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

/* Ids of one set and with one hint: only the whole id tells them apart. */
static void the_whole_id_is_compared(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods, other;
    at_set_t *set;
    at_hit_t hit;

    goods_make(shelf, 1, &goods);
    goods_make(shelf, 2, &other);
    goods_put(shelf, &goods, 5000);
    set = at_shelf_set(shelf, at_shelf_spread_id(&other.id));
    set->hints[3] = at_shelf_hint(at_shelf_spread_id(&other.id));
    assert_false(
        at_shelf_get(shelf, &other.id, &other.tag, &hit, support->pool));
    set->slots[3].id[0] = 0;
    memcpy(&set->slots[3].id[1], other.id.data + 8, 8);
    set->slots[3].read_at = 5000;
    assert_false(
        at_shelf_get(shelf, &other.id, &other.tag, &hit, support->pool));
}

static void a_grant_comes_back_byte_for_byte(void **state)
{
    static const apr_size_t lengths[] = {1, 7, 8, 9, 63, 64, 254, 255};
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    apr_size_t i;

    for (i = 0; i < COUNT(lengths); i++) {
        at_row_t *row = support_row(support->pool, (int)i);
        char *user = apr_pcalloc(support->pool, lengths[i] + 1);
        goods_t goods;
        at_hit_t hit;
        apr_size_t j;

        goods_make(shelf, (int)i, &goods);
        for (j = 0; j < lengths[i]; j++) {
            user[j] = (char)('a' + j % 26);
        }
        row->user = user;
        row->expires_at = 1547585908175 + (apr_int64_t)i;
        at_grant_fill(&goods.grant, row);
        goods_put(shelf, &goods, 5000);
        assert_true(
            at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
        assert_int_equal(hit.grant->text_length, lengths[i]);
        assert_string_equal(hit.grant->user, user);
        assert_memory_equal(hit.grant, &goods.grant,
                            offsetof(at_grant_t, user) + lengths[i] + 1);
    }
}

static void scopes_come_back_with_the_user(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    int length;

    for (length = 1; length <= 249; length++) {
        at_row_t *row = support_row(support->pool, length);
        char *scopes = apr_pcalloc(support->pool, (apr_size_t)length + 1);
        goods_t goods;
        at_hit_t hit;

        goods_make(shelf, length, &goods);
        memset(scopes, 's', (apr_size_t)length);
        row->scopes = scopes;
        at_grant_fill(&goods.grant, row);
        goods_put(shelf, &goods, 5000);
        assert_true(
            at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
        assert_string_equal(hit.grant->user, "alice");
        assert_string_equal(at_grant_scopes(hit.grant), scopes);
    }
}

/* It is known that the secret is wrong, and nothing else is told. */
static void an_unproven_text_learns_nothing(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods;
    at_hit_t hit;
    int bit;

    goods_make(shelf, 1, &goods);
    goods_put(shelf, &goods, 5000);
    for (bit = 0; bit < 128; bit++) {
        goods.tag.half[bit / 64] ^= APR_UINT64_C(1) << bit % 64;
        assert_true(
            at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
        assert_false(hit.proven);
        assert_null(hit.grant);
        assert_true(hit.read_at == 5000);
        goods.tag.half[bit / 64] ^= APR_UINT64_C(1) << bit % 64;
    }
    assert_true(goods_are_there(shelf, &goods));
}

/* So that nobody who does not see the memory can compute one. */
static void each_shelf_has_tags_of_its_own(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    at_tag_t one, again, other;

    (void)state;
    at_shelf_tag(shelf, "token", 5, &one);
    at_shelf_tag(shelf, "token", 5, &again);
    assert_memory_equal(&one, &again, sizeof(one));
    assert_true(one.half[0] != one.half[1]);
    at_shelf_tag(shelf, "token", 4, &other);
    assert_true(one.half[0] != other.half[0] && one.half[1] != other.half[1]);
    at_shelf_tag(support_shelf(SIZE), "token", 5, &other);
    assert_true(one.half[0] != other.half[0] && one.half[1] != other.half[1]);
}

static void too_little_memory_is_refused(void **state)
{
    support_t *support = *state;
    char *memory = apr_pcalloc(support->pool, SIZE);

    assert_int_equal(at_shelf_format(memory, 0), APR_ENOSPC);
    assert_int_equal(at_shelf_format(memory, SIZE - 1), APR_ENOSPC);
    assert_null(at_shelf_open(memory, support->pool));
    assert_int_equal(at_shelf_format(memory, SIZE), APR_SUCCESS);
    assert_true(at_shelf_room(at_shelf_open(memory, support->pool)) >=
                AT_SHELF_WAYS);
}

static void memory_of_another_layout_is_no_shelf(void **state)
{
    support_t *support = *state;
    apr_uint64_t *memory = apr_pcalloc(support->pool, SIZE + AT_SHELF_LINE);
    at_shelf_t *shelf;

    assert_null(at_shelf_open(memory, support->pool));
    assert_int_equal(at_shelf_format(memory, SIZE), APR_SUCCESS);
    shelf = at_shelf_open(memory, support->pool);
    assert_non_null(shelf);
    shelf->header->layout++;
    assert_null(at_shelf_open(memory, support->pool));
}

/* Wherever the memory begins, and with every slot written. */
static void nothing_is_written_beyond_the_memory(void **state)
{
    support_t *support = *state;
    apr_size_t size = SIZE + 777;
    apr_size_t before, i;

    for (before = 1; before < AT_SHELF_LINE; before += 31) {
        unsigned char *memory = apr_pcalloc(support->pool, size + 256);
        unsigned char *end = memory + before + size;
        at_shelf_t *shelf;
        goods_t goods;

        memset(memory, 0xaa, before);
        memset(end, 0xaa, 256 - before);
        assert_int_equal(at_shelf_format(memory + before, size), APR_SUCCESS);
        shelf = at_shelf_open(memory + before, support->pool);
        for (i = 0; i < 3000; i++) {
            goods_make(shelf, (int)i, &goods);
            goods_put(shelf, &goods, 5000);
        }
        assert_int_equal(at_shelf_entries(shelf), at_shelf_room(shelf));
        for (i = 0; i < before; i++) {
            assert_int_equal(memory[i], 0xaa);
        }
        for (i = 0; i < 256 - before; i++) {
            assert_int_equal(end[i], 0xaa);
        }
    }
}

static void entries_are_counted(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods[3];
    at_use_t use;
    int i;

    (void)state;
    assert_int_equal(at_shelf_entries(shelf), 0);
    for (i = 0; i < 3; i++) {
        goods_make(shelf, i, &goods[i]);
        goods_put(shelf, &goods[i], 5000);
        goods_put(shelf, &goods[i], 5001);
        assert_int_equal(at_shelf_entries(shelf), i + 1);
    }
    at_shelf_drop(shelf, &goods[1].id, &use);
    assert_int_equal(at_shelf_entries(shelf), 2);
}

static void a_row_that_is_being_written_is_a_miss(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods;
    at_hit_t hit;
    at_spot_t spot;

    goods_make(shelf, 1, &goods);
    spot = goods_put(shelf, &goods, 5000);
    goods_slot(shelf, spot)->sequence++;
    assert_false(
        at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
    goods_put(shelf, &goods, 5001);
    assert_true(goods_are_there(shelf, &goods));
}

/* A torn copy may have any length; a longer one than there can be would be
 * written beyond the grant. */
static void a_length_that_cannot_be_is_a_miss(void **state)
{
    support_t *support = *state;
    at_shelf_t *shelf = support_shelf(SIZE);
    apr_uint16_t lengths[] = {AT_TEXT_USER_MAX + 1, 0x7fff, 0xffff};
    apr_uint16_t length = 5;
    apr_size_t i;
    goods_t goods;
    at_hit_t hit;
    at_spot_t spot;
    char *grant;

    goods_make(shelf, 1, &goods);
    spot = goods_put(shelf, &goods, 5000);
    grant = (char *)shelf->sets[spot.slot / AT_SHELF_WAYS]
                .grants[spot.slot % AT_SHELF_WAYS];
    for (i = 0; i < COUNT(lengths); i++) {
        memcpy(grant + offsetof(at_grant_t, text_length), &lengths[i],
               sizeof(length));
        assert_false(
            at_shelf_get(shelf, &goods.id, &goods.tag, &hit, support->pool));
    }
    memcpy(grant + offsetof(at_grant_t, text_length), &length, sizeof(length));
    assert_true(goods_are_there(shelf, &goods));
}

static void what_was_read_before_is_forgotten(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods[3];
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        goods_make(shelf, i, &goods[i]);
        goods_put(shelf, &goods[i], 5000 + i);
    }
    at_shelf_forget(shelf, 5001);
    assert_false(goods_are_there(shelf, &goods[0]));
    assert_false(goods_are_there(shelf, &goods[1]));
    assert_true(goods_are_there(shelf, &goods[2]));
    goods_put(shelf, &goods[0], 5001); /* its lookup began too early */
    assert_false(goods_are_there(shelf, &goods[0]));
    goods_put(shelf, &goods[0], 5002);
    assert_true(goods_are_there(shelf, &goods[0]));
}

/* One who knows of an earlier moment takes nothing back. */
static void what_is_forgotten_stays_forgotten(void **state)
{
    at_shelf_t *shelf = support_shelf(SIZE);
    goods_t goods;

    (void)state;
    goods_make(shelf, 1, &goods);
    goods_put(shelf, &goods, 5000);
    at_shelf_forget(shelf, 6000);
    at_shelf_forget(shelf, 4000);
    assert_false(goods_are_there(shelf, &goods));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(what_was_put_is_got),
        SUPPORT_TEST(a_token_is_recognized_by_its_digits_and_tag),
        SUPPORT_TEST(another_token_is_not_known),
        SUPPORT_TEST(the_whole_id_is_compared),
        SUPPORT_TEST(a_grant_comes_back_byte_for_byte),
        SUPPORT_TEST(scopes_come_back_with_the_user),
        SUPPORT_TEST(an_unproven_text_learns_nothing),
        SUPPORT_TEST(each_shelf_has_tags_of_its_own),
        SUPPORT_TEST(too_little_memory_is_refused),
        SUPPORT_TEST(memory_of_another_layout_is_no_shelf),
        SUPPORT_TEST(nothing_is_written_beyond_the_memory),
        SUPPORT_TEST(entries_are_counted),
        SUPPORT_TEST(a_row_that_is_being_written_is_a_miss),
        SUPPORT_TEST(a_length_that_cannot_be_is_a_miss),
        SUPPORT_TEST(what_was_read_before_is_forgotten),
        SUPPORT_TEST(what_is_forgotten_stays_forgotten),
    };

    return cmocka_run_group_tests_name("shelf", tests, support_begin,
                                       support_end);
}
