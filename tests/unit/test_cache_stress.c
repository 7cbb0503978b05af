/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stress test of the cache: processes use a small cache in all ways at once,
 * while they are killed and replaced at random. All content is derived from
 * its id, so that each mix-up is found.
 *
 * STRESS_SECONDS (5) is the duration, STRESS_SEED (1) that of the random
 * numbers.
 */
#include "fixture_rows.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cache/cache_uses.h"

#define SIZE ((apr_size_t)4 * AT_CACHE_SIZE_MIN)
#define PROCESSES 6
#define ID_BITS 11 /* in the time of a use */
#define IDS (1 << ID_BITS)
#define MORTAL (IDS / 2) /* from this id on, ids are deleted for ever */

typedef enum {
    WRONG_GRANT,  /* of another token, or half of one */
    WRONG_SECRET, /* accepted, or terms were returned */
    WRONG_USE,    /* noted for another token */
    WRONG_LIFE,   /* found though it was deleted */
    WRONGS
} wrong_e;

/* What all processes share besides the cache. */
typedef struct board_t {
    _Atomic(apr_uint32_t) wrong[WRONGS];
    _Atomic(apr_uint32_t) looks, hits, puts, drops, notes, evictions;
    int legacies; /* half-written slots that were found after a kill */
    _Atomic(unsigned char) deleted[IDS]; /* stands for the table */
    _Atomic(unsigned char) dropped[IDS]; /* and so in the cache */
} board_t;

static board_t *board;
static at_cache_t *cache;
static sample_t sample[IDS];

/* Reproducible random numbers: xorshift. */
static apr_uint64_t random_number(apr_uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static apr_uint64_t seed_of(apr_uint64_t number)
{
    apr_uint64_t seed = (number + 1) * APR_UINT64_C(0x9e3779b97f4a7c15);

    random_number(&seed);
    return seed;
}

static void make_sample(int number)
{
    apr_uint64_t seed = seed_of((apr_uint64_t)number);
    at_terms_t *terms = &sample[number].terms;
    apr_size_t i;

    sample_make(cache, number, &sample[number]);
    for (i = 2; i < sizeof(at_id_t); i++) {
        sample[number].id.data[i] = (unsigned char)random_number(&seed);
    }
    terms->expires_at = (apr_int64_t)random_number(&seed);
    terms->deleted_at = (apr_int64_t)random_number(&seed);
    terms->text_length =
        (apr_uint16_t)(1 + random_number(&seed) % AT_TEXT_USER_MAX);
    for (i = 0; i < terms->text_length; i++) {
        terms->user[i] = (char)('a' + random_number(&seed) % 26);
    }
}

static void report(wrong_e what)
{
    atomic_fetch_add(&board->wrong[what], 1);
}

static void check_use(const at_use_t *use)
{
    int number = (int)(use->when & (IDS - 1));

    if (use->when != AT_TIME_NONE &&
        memcmp(&sample[number].id, &use->id, sizeof(use->id)) != 0) {
        report(WRONG_USE);
    }
}

/* What a process does */

static void note(const at_hit_t *hit, int number)
{
    apr_int64_t when = at_clock_now() << ID_BITS | number;

    when &= ((apr_int64_t)1 << (AT_CACHE_MS_BITS - 1)) - 1;
    if (at_cache_uses_note(cache, hit->spot, when)) {
        atomic_fetch_add(&board->notes, 1);
    }
}

static void find_row(int number, apr_uint64_t roll, apr_pool_t *p)
{
    const sample_t *mine = &sample[number];
    int gone = atomic_load(&board->dropped[number]);
    at_hit_t hit;

    atomic_fetch_add(&board->looks, 1);
    if (!at_cache_find_id(cache, &mine->id, &mine->tag, &hit, p)) {
        return;
    }
    atomic_fetch_add(&board->hits, 1);
    if (!hit.proven ||
        memcmp(hit.terms, &mine->terms,
               offsetof(at_terms_t, user) + mine->terms.text_length + 1) != 0) {
        report(WRONG_GRANT);
    }
    if (gone) {
        report(WRONG_LIFE);
    }
    if (roll % 2) {
        note(&hit, number);
    }
}

static void find_with_another_secret(int number, apr_pool_t *p)
{
    at_hit_t hit;

    if (at_cache_find_id(cache, &sample[number].id,
                         &sample[(number + 1) % IDS].tag, &hit, p) &&
        (hit.proven || hit.terms)) {
        report(WRONG_SECRET);
    }
}

static void put(int number)
{
    at_ticket_t ticket =
        at_cache_ticket(cache, &sample[number].id, at_clock_monotonic());
    at_entry_t entry = sample_entry(&sample[number], ticket);
    at_use_t evicted;
    at_spot_t spot;

    if (atomic_load(&board->deleted[number])) {
        return;
    }
    if (at_cache_put(cache, &entry, &spot, &evicted)) {
        atomic_fetch_add(&board->puts, 1);
        atomic_fetch_add(&board->evictions, evicted.when != AT_TIME_NONE);
        check_use(&evicted);
    }
}

static void drop(int number)
{
    at_use_t unwritten;

    if (number >= MORTAL) {
        atomic_store(&board->deleted[number], 1);
    }
    at_cache_drop(cache, &sample[number].id, &unwritten);
    if (number >= MORTAL) {
        atomic_store(&board->dropped[number], 1);
    }
    check_use(&unwritten);
    atomic_fetch_add(&board->drops, 1);
}

static void read_use(int number)
{
    apr_int64_t when = at_cache_uses_of(cache, &sample[number].id);

    if (when != AT_TIME_NONE && (when & (IDS - 1)) != number) {
        report(WRONG_USE);
    }
}

static void write_uses(apr_pool_t *p)
{
    apr_array_header_t *uses =
        at_cache_uses_pending(cache, AT_CACHE_USES_ALL, p);
    int i;

    for (i = 0; i < uses->nelts; i++) {
        check_use(&APR_ARRAY_IDX(uses, i, at_use_t));
        at_cache_uses_written(cache, &APR_ARRAY_IDX(uses, i, at_use_t));
    }
}

static void act(apr_uint64_t roll, apr_pool_t *p)
{
    int number = (int)(roll % IDS);
    apr_uint64_t what = roll / IDS % 1000;

    if (what < 450) {
        find_row(number, roll >> 32, p);
    }
    else if (what < 500) {
        find_with_another_secret(number, p);
    }
    else if (what < 900) {
        put(number);
    }
    else if (what < 960) {
        drop(number < MORTAL ? number : number - MORTAL);
    }
    else if (what < 961) {
        drop(number);
    }
    else if (what < 990) {
        read_use(number);
    }
    else if (what < 992) {
        write_uses(p);
    }
    else if (what == 999 && (roll >> 32) % 16 == 0) {
        at_cache_invalidate(cache, at_clock_monotonic());
    }
}

static void run_process(apr_uint64_t seed)
{
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    for (;;) {
        act(random_number(&seed), pool);
        apr_pool_clear(pool);
    }
}

/* The test */

static pid_t start(apr_uint64_t seed)
{
    pid_t child = support_fork();

    assert_true(child >= 0);
    if (child == 0) {
        run_process(seed_of(seed));
    }
    return child;
}

static void end(pid_t child)
{
    int status = 0;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int half_written(void)
{
    apr_uint32_t i;
    int odd = 0;

    for (i = 0; i < at_cache_capacity(cache); i++) {
        odd += (int)(sample_slot(cache, (at_spot_t){i, 0})->sequence & 1);
    }
    return odd;
}

static int stress(apr_int64_t seconds, apr_uint64_t seed)
{
    apr_int64_t until = at_clock_monotonic() + 1000 * seconds;
    apr_uint64_t state = seed_of(seed);
    pid_t children[PROCESSES];
    int killed, i;

    for (i = 0; i < PROCESSES; i++) {
        children[i] = start(random_number(&state));
    }
    for (killed = 0; at_clock_monotonic() < until; killed++) {
        i = (int)(random_number(&state) % PROCESSES);
        usleep((useconds_t)(random_number(&state) % 6000));
        end(children[i]);
        board->legacies += half_written();
        children[i] = start(random_number(&state));
    }
    for (i = 0; i < PROCESSES; i++) {
        end(children[i]);
    }
    return killed;
}

/* Writes to all sets and takes all locks; no half-written slot may be left. */
static void check_end(apr_pool_t *p)
{
    int number;

    for (number = 0; number < IDS; number++) {
        find_row(number, 0, p);
    }
    write_uses(p);
    for (number = 0; number < IDS; number++) {
        sample_put(cache, &sample[number], at_clock_monotonic() + 1000);
        assert_true(sample_is_cached(cache, &sample[number]));
    }
    assert_int_equal(half_written(), 0);
    assert_int_equal(at_cache_entries(cache), at_cache_capacity(cache));
}

static apr_int64_t number_from(const char *name, apr_int64_t otherwise)
{
    const char *text = getenv(name);

    return text ? apr_strtoi64(text, NULL, 10) : otherwise;
}

static void run_stress_test(support_t *support, int uses_are_written)
{
    apr_int64_t seconds = number_from("STRESS_SECONDS", 5);
    apr_int64_t seed = number_from("STRESS_SEED", 1);
    int killed, i;

    alarm((unsigned int)seconds + 240);
    cache = support_cache(SIZE);
    if (uses_are_written) {
        at_cache_uses_begin_writing(cache);
    }
    board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(board, MAP_FAILED);
    for (i = 0; i < IDS; i++) {
        make_sample(i);
    }
    killed = stress(seconds, (apr_uint64_t)seed);
    print_message("seed %d, %d s: %d killed, %d half-written slots met; of %u "
                  "looks %u hit, %u puts, %u drops, %u uses, %u handed over\n",
                  (int)seed, (int)seconds, killed, board->legacies,
                  board->looks, board->hits, board->puts, board->drops,
                  board->notes, board->evictions);
    check_end(support->pool);
    for (i = 0; i < WRONGS; i++) {
        assert_int_equal(board->wrong[i], 0);
    }
    assert_true(board->hits > 0 && board->notes > 0);
    assert_true(uses_are_written
                    ? at_counters_sum(cache, AT_COUNTER_DISPLACED) > 0
                    : board->evictions > 0);
}

static void no_row_is_ever_mixed_up(void **state)
{
    run_stress_test(*state, 0);
}

static void no_displaced_use_is_ever_mixed_up(void **state)
{
    run_stress_test(*state, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(no_row_is_ever_mixed_up),
        SUPPORT_TEST(no_displaced_use_is_ever_mixed_up),
    };

    return cmocka_run_group_tests_name("cache_stress", tests, support_begin,
                                       support_end);
}
