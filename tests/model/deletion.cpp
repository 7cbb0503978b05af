// SPDX-License-Identifier: Apache-2.0
//
// A deletion wins over every lookup that was running: no request that begins after its 204 finds the
// row in the cache, whichever of the two processes is faster at which step. This depends on the lock
// alone, not on the memory orders of the words.
//
// MISTAKE 3: the lookup reads the version after it has read the table
// MISTAKE 4: the row is put without comparing the version
// MISTAKE 5: the deletion does not raise the version
// MISTAKE 6: the deletion raises the version only if it finds the row
// MISTAKE 7: the deletion drops the row before it is committed
#include "words.hpp"

struct deletion : rl::test_suite<deletion, 2> {
    rl::mutex table; // its statements run one after the other
    rl::var<int> is_deleted;
    rl::mutex lock; // of the set
    word version;
    word cached;

    void before()
    {
        is_deleted($) = 0;
        version($).store(0, rl::mo_relaxed);
        cached($).store(0, rl::mo_relaxed);
    }

    // a lookup in the table, at_cache_put()
    void look_up()
    {
        std::uint64_t ticket = load(version);
        int is_live;

        table.lock($);
        is_live = !is_deleted($);
        table.unlock($);
        if (mistake == 3) {
            ticket = load(version);
        }
        lock.lock($);
        if (is_live && (mistake == 4 || load(version) == ticket)) {
            store(cached, 1);
        }
        lock.unlock($);
    }

    void commit()
    {
        table.lock($);
        is_deleted($) = 1;
        table.unlock($);
    }

    // at_cache_drop()
    void drop()
    {
        lock.lock($);
        if (mistake != 5 && (mistake != 6 || load(cached))) {
            version($).fetch_add(1, rl::mo_seq_cst);
        }
        store(cached, 0);
        lock.unlock($);
    }

    void thread(unsigned index)
    {
        if (index == 0) {
            look_up();
            return;
        }
        if (mistake == 7) {
            drop();
        }
        commit();
        if (mistake != 7) {
            drop();
        }
        RL_ASSERT(load(cached) == 0); // the 204 is sent, and the next request comes
    }

    void after()
    {
        RL_ASSERT(load(cached) == 0);
    }
};

int main(int count, char **arguments)
{
    return run<deletion>(count, arguments);
}
