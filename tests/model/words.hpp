// SPDX-License-Identifier: Apache-2.0
//
// What the models share: an atomic word as src/core uses it, in relacy's memory model.
//
// relacy runs all interleavings of a model's threads and, within each, all values that C11 allows a
// load to return, even if this machine would never return them. A model is written for that, as close
// to the C code as possible; guard_memory_order.py checks that the C code has the memory orders that
// are used here.
#ifndef ACCESSTOKEN_MODEL_WORDS_HPP
#define ACCESSTOKEN_MODEL_WORDS_HPP

#include <cstdint>
#include <cstdlib>

#include <relacy/relacy.hpp>

// The mistake that a run makes on purpose; 0: none. Each model lists those that it must detect.
static int mistake;

typedef rl::atomic<std::uint64_t> word;

// at_cache_load(), at_cache_store()

static inline std::uint64_t load(word &from)
{
    return from($).load(mistake == 1 ? rl::mo_relaxed : rl::mo_acquire);
}

static inline void store(word &to, std::uint64_t value)
{
    to($).store(value, mistake == 2 ? rl::mo_relaxed : rl::mo_release);
}

template <typename Model> static int run(int count, char **arguments)
{
    rl::test_params params;

    mistake = count > 1 ? std::atoi(arguments[1]) : 0;
    params.search_type = rl::sched_full;
    return rl::simulate<Model>(params) ? 0 : 1;
}

#endif
