/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of reading the cache: a row that was put is found, complete and for
 * its own token only; a row that is missing, half written or of another token
 * is a miss.
 */
#include "fixture_rows.h"

#define SIZE AT_CACHE_SIZE_MIN

static void a_row_that_was_put_is_found(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;
    at_hit_t hit;
    at_spot_t spot;

    sample_make(cache, 1, &sample);
    sample.terms.expires_at = 7000;
    sample.terms.deleted_at = 6000;
    assert_false(
        at_cache_find_id(cache, &sample.id, &sample.tag, &hit, support->pool));
    spot = sample_put(cache, &sample, 5000);
    assert_true(
        at_cache_find_id(cache, &sample.id, &sample.tag, &hit, support->pool));
    assert_true(hit.proven);
    assert_true(hit.read_at == 5000);
    assert_int_equal(hit.spot.slot, spot.slot);
    assert_int_equal(hit.spot.generation, spot.generation);
    assert_true(hit.terms->expires_at == 7000);
    assert_true(hit.terms->deleted_at == 6000);
    assert_string_equal(hit.terms->user, "alice");
    assert_string_equal(hit.terms->expires_text, "never");
    assert_string_equal(hit.terms->id_text, sample.terms.id_text);
    assert_true(at_cache_last_put(cache) == 5000);
}

static void a_token_is_found_by_its_digits_and_tag(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    char digits[AT_TOKEN_ID_DIGITS], others[AT_TOKEN_ID_DIGITS];
    sample_t sample, other;
    at_hit_t hit;

    sample_make(cache, 1, &sample);
    sample_make(cache, 2, &other);
    at_token_write_digits(&sample.id, digits);
    at_token_write_digits(&other.id, others);
    sample_put(cache, &sample, 5000);
    assert_true(
        at_cache_find_text(cache, digits, &sample.tag, &hit, support->pool));
    assert_true(hit.proven);
    assert_memory_equal(&hit.id, &sample.id, sizeof(hit.id));
    assert_string_equal(hit.terms->id_text, sample.terms.id_text);
    assert_false(
        at_cache_find_text(cache, digits, &other.tag, &hit, support->pool));
    assert_false(
        at_cache_find_text(cache, others, &sample.tag, &hit, support->pool));
    sample.tag.half[1] ^= 1;
    assert_false(
        at_cache_find_text(cache, digits, &sample.tag, &hit, support->pool));
}

static void another_token_is_not_found(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;
    at_hit_t hit;
    int bit;

    sample_make(cache, 1, &sample);
    sample_put(cache, &sample, 5000);
    for (bit = 0; bit < 128; bit++) {
        sample.id.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_false(at_cache_find_id(cache, &sample.id, &sample.tag, &hit,
                                      support->pool));
        sample.id.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

/* These ids have the same set and hint: only the whole id distinguishes
 * them. */
static void the_whole_id_is_compared(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample, other;
    at_set_t *set;
    at_hit_t hit;

    sample_make(cache, 1, &sample);
    sample_make(cache, 2, &other);
    sample_put(cache, &sample, 5000);
    set = at_cache_set(cache, at_cache_spread_id(&other.id));
    set->hints[3] = at_cache_hint(at_cache_spread_id(&other.id));
    assert_false(
        at_cache_find_id(cache, &other.id, &other.tag, &hit, support->pool));
    set->slots[3].id[0] = 0;
    memcpy(&set->slots[3].id[1], other.id.data + 8, 8);
    set->slots[3].read_at = 5000;
    assert_false(
        at_cache_find_id(cache, &other.id, &other.tag, &hit, support->pool));
}

static void the_terms_are_returned_byte_for_byte(void **state)
{
    static const apr_size_t lengths[] = {1, 7, 8, 9, 63, 64, 254, 255};
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    apr_size_t i;

    for (i = 0; i < COUNT(lengths); i++) {
        at_row_t *row = support_row(support->pool, (int)i);
        char *user = apr_pcalloc(support->pool, lengths[i] + 1);
        sample_t sample;
        at_hit_t hit;
        apr_size_t j;

        sample_make(cache, (int)i, &sample);
        for (j = 0; j < lengths[i]; j++) {
            user[j] = (char)('a' + j % 26);
        }
        row->user = user;
        row->expires_at = 1547585908175 + (apr_int64_t)i;
        at_terms_fill(&sample.terms, row);
        sample_put(cache, &sample, 5000);
        assert_true(at_cache_find_id(cache, &sample.id, &sample.tag, &hit,
                                     support->pool));
        assert_int_equal(hit.terms->text_length, lengths[i]);
        assert_string_equal(hit.terms->user, user);
        assert_memory_equal(hit.terms, &sample.terms,
                            offsetof(at_terms_t, user) + lengths[i] + 1);
    }
}

static void scopes_are_returned_with_the_user(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    int length;

    for (length = 1; length <= 249; length++) {
        at_row_t *row = support_row(support->pool, length);
        char *scopes = apr_pcalloc(support->pool, (apr_size_t)length + 1);
        sample_t sample;
        at_hit_t hit;

        sample_make(cache, length, &sample);
        memset(scopes, 's', (apr_size_t)length);
        row->scopes = scopes;
        at_terms_fill(&sample.terms, row);
        sample_put(cache, &sample, 5000);
        assert_true(at_cache_find_id(cache, &sample.id, &sample.tag, &hit,
                                     support->pool));
        assert_string_equal(hit.terms->user, "alice");
        assert_string_equal(at_terms_scopes(hit.terms), scopes);
    }
}

/* Only that the secret is wrong is returned. */
static void an_unproven_text_gets_no_terms(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;
    at_hit_t hit;
    int bit;

    sample_make(cache, 1, &sample);
    sample_put(cache, &sample, 5000);
    for (bit = 0; bit < 128; bit++) {
        sample.tag.half[bit / 64] ^= APR_UINT64_C(1) << bit % 64;
        assert_true(at_cache_find_id(cache, &sample.id, &sample.tag, &hit,
                                     support->pool));
        assert_false(hit.proven);
        assert_null(hit.terms);
        assert_true(hit.read_at == 5000);
        sample.tag.half[bit / 64] ^= APR_UINT64_C(1) << bit % 64;
    }
    assert_true(sample_is_cached(cache, &sample));
}

/* So that a program that cannot read the memory cannot compute a tag. */
static void each_cache_has_tags_of_its_own(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    at_tag_t one, again, other;

    (void)state;
    at_cache_tag(cache, "token", 5, &one);
    at_cache_tag(cache, "token", 5, &again);
    assert_memory_equal(&one, &again, sizeof(one));
    assert_true(one.half[0] != one.half[1]);
    at_cache_tag(cache, "token", 4, &other);
    assert_true(one.half[0] != other.half[0] && one.half[1] != other.half[1]);
    at_cache_tag(support_cache(SIZE), "token", 5, &other);
    assert_true(one.half[0] != other.half[0] && one.half[1] != other.half[1]);
}

static void memory_that_is_too_small_is_refused(void **state)
{
    support_t *support = *state;
    char *memory = apr_pcalloc(support->pool, SIZE);

    assert_int_equal(at_cache_format(memory, 0), APR_ENOSPC);
    assert_int_equal(at_cache_format(memory, SIZE - 1), APR_ENOSPC);
    assert_null(at_cache_open(memory, support->pool));
    assert_int_equal(at_cache_format(memory, SIZE), APR_SUCCESS);
    assert_true(at_cache_capacity(at_cache_open(memory, support->pool)) >=
                AT_CACHE_WAYS);
}

static void memory_of_another_layout_is_not_opened(void **state)
{
    support_t *support = *state;
    apr_uint64_t *memory = apr_pcalloc(support->pool, SIZE + AT_CACHE_LINE);
    at_cache_t *cache;

    assert_null(at_cache_open(memory, support->pool));
    assert_int_equal(at_cache_format(memory, SIZE), APR_SUCCESS);
    cache = at_cache_open(memory, support->pool);
    assert_non_null(cache);
    cache->header->layout++;
    assert_null(at_cache_open(memory, support->pool));
}

/* At any alignment of the memory, and with all slots written. */
static void nothing_is_written_beyond_the_memory(void **state)
{
    support_t *support = *state;
    apr_size_t size = SIZE + 777;
    apr_size_t before, i;

    for (before = 1; before < AT_CACHE_LINE; before += 31) {
        unsigned char *memory = apr_pcalloc(support->pool, size + 256);
        unsigned char *end = memory + before + size;
        at_cache_t *cache;
        sample_t sample;

        memset(memory, 0xaa, before);
        memset(end, 0xaa, 256 - before);
        assert_int_equal(at_cache_format(memory + before, size), APR_SUCCESS);
        cache = at_cache_open(memory + before, support->pool);
        for (i = 0; i < 3000; i++) {
            sample_make(cache, (int)i, &sample);
            sample_put(cache, &sample, 5000);
        }
        assert_int_equal(at_cache_entries(cache), at_cache_capacity(cache));
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
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample[3];
    at_use_t use;
    int i;

    (void)state;
    assert_int_equal(at_cache_entries(cache), 0);
    for (i = 0; i < 3; i++) {
        sample_make(cache, i, &sample[i]);
        sample_put(cache, &sample[i], 5000);
        sample_put(cache, &sample[i], 5001);
        assert_int_equal(at_cache_entries(cache), i + 1);
    }
    at_cache_drop(cache, &sample[1].id, &use);
    assert_int_equal(at_cache_entries(cache), 2);
}

static void a_row_that_is_being_written_is_a_miss(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;
    at_hit_t hit;
    at_spot_t spot;

    sample_make(cache, 1, &sample);
    spot = sample_put(cache, &sample, 5000);
    sample_slot(cache, spot)->sequence++;
    assert_false(
        at_cache_find_id(cache, &sample.id, &sample.tag, &hit, support->pool));
    sample_put(cache, &sample, 5001);
    assert_true(sample_is_cached(cache, &sample));
}

/* A torn copy may have any length; if it is longer than possible, it would be
 * written beyond the terms. */
static void an_impossible_length_is_a_miss(void **state)
{
    support_t *support = *state;
    at_cache_t *cache = support_cache(SIZE);
    apr_uint16_t lengths[] = {AT_TEXT_USER_MAX + 1, 0x7fff, 0xffff};
    apr_uint16_t length = 5;
    apr_size_t i;
    sample_t sample;
    at_hit_t hit;
    at_spot_t spot;
    char *terms;

    sample_make(cache, 1, &sample);
    spot = sample_put(cache, &sample, 5000);
    terms = (char *)cache->sets[spot.slot / AT_CACHE_WAYS]
                .terms[spot.slot % AT_CACHE_WAYS];
    for (i = 0; i < COUNT(lengths); i++) {
        memcpy(terms + offsetof(at_terms_t, text_length), &lengths[i],
               sizeof(length));
        assert_false(at_cache_find_id(cache, &sample.id, &sample.tag, &hit,
                                      support->pool));
    }
    memcpy(terms + offsetof(at_terms_t, text_length), &length, sizeof(length));
    assert_true(sample_is_cached(cache, &sample));
}

static void rows_that_were_read_before_are_invalidated(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample[3];
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        sample_make(cache, i, &sample[i]);
        sample_put(cache, &sample[i], 5000 + i);
    }
    at_cache_invalidate(cache, 5001);
    assert_false(sample_is_cached(cache, &sample[0]));
    assert_false(sample_is_cached(cache, &sample[1]));
    assert_true(sample_is_cached(cache, &sample[2]));
    sample_put(cache, &sample[0], 5001); /* its lookup began too early */
    assert_false(sample_is_cached(cache, &sample[0]));
    sample_put(cache, &sample[0], 5002);
    assert_true(sample_is_cached(cache, &sample[0]));
}

/* Another process may call it with an earlier time. */
static void an_earlier_time_does_not_undo_an_invalidation(void **state)
{
    at_cache_t *cache = support_cache(SIZE);
    sample_t sample;

    (void)state;
    sample_make(cache, 1, &sample);
    sample_put(cache, &sample, 5000);
    at_cache_invalidate(cache, 6000);
    at_cache_invalidate(cache, 4000);
    assert_false(sample_is_cached(cache, &sample));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_row_that_was_put_is_found),
        SUPPORT_TEST(a_token_is_found_by_its_digits_and_tag),
        SUPPORT_TEST(another_token_is_not_found),
        SUPPORT_TEST(the_whole_id_is_compared),
        SUPPORT_TEST(the_terms_are_returned_byte_for_byte),
        SUPPORT_TEST(scopes_are_returned_with_the_user),
        SUPPORT_TEST(an_unproven_text_gets_no_terms),
        SUPPORT_TEST(each_cache_has_tags_of_its_own),
        SUPPORT_TEST(memory_that_is_too_small_is_refused),
        SUPPORT_TEST(memory_of_another_layout_is_not_opened),
        SUPPORT_TEST(nothing_is_written_beyond_the_memory),
        SUPPORT_TEST(entries_are_counted),
        SUPPORT_TEST(a_row_that_is_being_written_is_a_miss),
        SUPPORT_TEST(an_impossible_length_is_a_miss),
        SUPPORT_TEST(rows_that_were_read_before_are_invalidated),
        SUPPORT_TEST(an_earlier_time_does_not_undo_an_invalidation),
    };

    return cmocka_run_group_tests_name("cache", tests, support_begin,
                                       support_end);
}
