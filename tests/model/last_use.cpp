// SPDX-License-Identifier: Apache-2.0
//
// A last use is neither lost nor noted for another token while another row gets the slot of its row
// and a third process collects the uses that are to be written.
//
// MISTAKE 1: words are loaded relaxed
// MISTAKE 2: words are stored relaxed
// MISTAKE 3: the process that collects does not check the generation again
// MISTAKE 4: the slot gets the other id before its new generation
// MISTAKE 5: a use is noted whatever the generation
// MISTAKE 6: a new generation is loaded and stored, not exchanged
// MISTAKE 7: the use that the other row displaces is dropped
#include "words.hpp"

static const std::uint64_t OLD_ID = 1, NEW_ID = 2;
static const std::uint64_t OLD_USE = 5, NEW_USE = 7; // times

static std::uint64_t use_of(std::uint64_t generation, std::uint64_t when)
{
    return generation << 8 | when;
}

static std::uint64_t generation_of(std::uint64_t use)
{
    return use >> 8;
}

static std::uint64_t when_of(std::uint64_t use)
{
    return use & 0xff;
}

struct last_use : rl::test_suite<last_use, 3> {
    word id, used, written;
    std::uint64_t in_table[3]; // by id; each thread writes another element
    std::uint64_t displaced;
    bool was_noted;

    void before()
    {
        id($).store(OLD_ID, rl::mo_relaxed);
        used($).store(use_of(0, 0), rl::mo_relaxed);
        written($).store(use_of(0, 0), rl::mo_relaxed);
        in_table[0] = in_table[OLD_ID] = in_table[NEW_ID] = 0;
        displaced = 0;
        was_noted = false;
    }

    // at_cache_advance()
    bool advance(word &use, std::uint64_t generation, std::uint64_t when)
    {
        std::uint64_t before = load(use);

        do {
            if (generation_of(before) != generation && mistake != 5) {
                return false;
            }
            if (when_of(before) >= when) {
                return true;
            }
        } while (!use($).compare_exchange_strong(
            before, use_of(mistake == 5 ? generation_of(before) : generation, when),
            rl::mo_seq_cst));
        return true;
    }

    // begin_generation(), write_slot(), and the first request with the new token
    void replace()
    {
        std::uint64_t next = generation_of(load(used)) + 1;
        std::uint64_t known = when_of(load(written));
        std::uint64_t last;

        if (mistake == 4) {
            store(id, NEW_ID);
        }
        if (mistake == 6) {
            last = when_of(load(used));
            store(used, use_of(next, 0));
        }
        else {
            last = when_of(used($).exchange(use_of(next, 0), rl::mo_seq_cst));
        }
        store(written, use_of(next, 0));
        if (last > known && mistake != 7) {
            displaced = last;
        }
        store(id, NEW_ID);
        advance(used, next, NEW_USE);
    }

    // at_cache_uses_pending(), at_cache_uses_written()
    void collect()
    {
        std::uint64_t use = load(used);
        std::uint64_t owner = load(id);

        if (when_of(use) == 0 ||
            (generation_of(load(used)) != generation_of(use) && mistake != 3)) {
            return;
        }
        RL_ASSERT(owner == OLD_ID ? when_of(use) == OLD_USE : when_of(use) == NEW_USE);
        in_table[owner] = when_of(use);
        advance(written, generation_of(use), when_of(use));
    }

    void thread(unsigned index)
    {
        if (index == 0) {
            was_noted = advance(used, 0, OLD_USE);
        }
        if (index == 1) {
            replace();
        }
        if (index == 2) {
            collect();
        }
    }

    void after()
    {
        // Otherwise at_cache_uses_note() has returned that another token has the slot.
        RL_ASSERT(!was_noted || in_table[OLD_ID] == OLD_USE || displaced == OLD_USE);
        RL_ASSERT(when_of(load(used)) == NEW_USE);
    }
};

int main(int count, char **arguments)
{
    return run<last_use>(count, arguments);
}
