// SPDX-License-Identifier: Apache-2.0
//
// A reader of a cached row takes no lock, and gets a whole row or none: while a process writes, and
// after a writer was killed at any instruction and the next one has got its lock.
//
// MISTAKE 1: words are loaded relaxed
// MISTAKE 2: words are stored relaxed
// MISTAKE 3: the reader does not check the sequence number again
// MISTAKE 4: the writer does not make the sequence number odd
// MISTAKE 5: the writer adds one to an odd number that a dead process has left
// MISTAKE 6: the reader takes an odd sequence number for an even one
#include "words.hpp"

static const unsigned WORDS = 3;         // of a row: id, tag, terms
static const unsigned STEPS = WORDS + 2; // of a writer

struct torn_copy : rl::test_suite<torn_copy, 2> {
    word sequence;
    word row[WORDS];

    void before()
    {
        sequence($).store(0, rl::mo_relaxed);
        for (unsigned i = 0; i < WORDS; i++) {
            row[i]($).store(0, rl::mo_relaxed);
        }
    }

    // begin_writing(), write_slot(), end_writing(); a process that is killed takes fewer steps.
    void write(std::uint64_t value, unsigned steps)
    {
        std::uint64_t number = load(sequence);

        for (unsigned step = 0; step < steps; step++) {
            if (step == 0 && mistake != 4) {
                store(sequence, mistake == 5 ? number + 1 : number | 1);
            }
            if (step > 0 && step <= WORDS) {
                store(row[step - 1], value);
            }
            if (step == STEPS - 1) {
                store(sequence, load(sequence) + (mistake == 4 ? 2 : 1));
            }
        }
    }

    // read_slot()
    void read()
    {
        std::uint64_t number = load(sequence);
        std::uint64_t copy[WORDS];

        if ((number & 1) && mistake != 6) {
            return;
        }
        for (unsigned i = 0; i < WORDS; i++) {
            copy[i] = load(row[i]);
        }
        if (load(sequence) != number && mistake != 3) {
            return;
        }
        for (unsigned i = 1; i < WORDS; i++) {
            RL_ASSERT(copy[i] == copy[0]);
        }
    }

    void thread(unsigned index)
    {
        if (index == 0) {
            write(1, rl::rand(STEPS + 1));
            write(2, STEPS); // another process, under the same lock
        }
        else {
            read();
        }
    }
};

int main(int count, char **arguments)
{
    return run<torn_copy>(count, arguments);
}
