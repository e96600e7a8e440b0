/* atomic.h: the one layer through which lock-free code touches shared words.
 *
 * Why a layer: a test build (-DTB_EXPLORE) replaces it by a model of weak memory with a scheduler
 * of its own, and so runs the real code through every interleaving and every stale value that C
 * allows (tests/explore). The normal build is C11 atomics and nothing else.
 *
 * Rules, which the layer enforces where it can:
 * - The order is part of the name, and stands on the object. There are no free-standing fences:
 *   ThreadSanitizer can't see them, and neither can a reader of the code.
 * - Each operation names its edge (edge.def) as its first argument; there are no untagged ones.
 * - The word sits in a structure, so that a plain `ring->head = 1`, which C would make a hidden
 *   sequentially consistent store, does not compile.
 * - Plain data that another thread will read under the cover of an edge goes through
 *   tbi_plain_store and tbi_plain_load: memcpy here, a race check in the test build.
 *
 * -DTB_WEAKEN=TBI_E1_STORE turns that one end of that one edge a step down (seq_cst to release or
 * acquire, release or acquire to relaxed). It exists for the tests of the tests only.
 *
 * All functions: any thread; wait-free.
 */
#ifndef TBI_RING_ATOMIC_H
#define TBI_RING_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef TB_EXPLORE
#include "hooks.h" /* tests/explore */
#else
#include <stdatomic.h>
#endif

/* Bytes that move between cores as one. Words with different writers never share such a line. */
enum { TBI_LINE_BYTES = 64 };

/* Both ends of every edge, and the reasons for having none. */
enum tbi_edge {
#define TBI_EDGE(name, what)   TBI_##name, TBI_##name##_STORE = TBI_##name, TBI_##name##_LOAD,
#define TBI_RELAXED(name, why) TBI_##name,
#include "edge.def"
#undef TBI_EDGE
#undef TBI_RELAXED
    TBI_EDGE_END
};

/* Which end is weakened; none in a normal build. */
#ifdef TB_EXPLORE
#define TBI_WEAKENED explore_weakened
#elif defined(TB_WEAKEN)
#define TBI_WEAKENED TB_WEAKEN
#else
#define TBI_WEAKENED TBI_EDGE_END
#endif

/* ---- The two back ends: C11, and the explorer ---- */

#ifdef TB_EXPLORE

enum {
    TBI_ORDER_RELAXED = EXPLORE_RELAXED,
    TBI_ORDER_ACQUIRE = EXPLORE_ACQUIRE,
    TBI_ORDER_RELEASE = EXPLORE_RELEASE,
    TBI_ORDER_ACQ_REL = EXPLORE_ACQ_REL,
    TBI_ORDER_SEQ_CST = EXPLORE_SEQ_CST,
};

typedef struct {
    uint64_t word;
} tbi_atomic_u64;

#define TBI_LOAD(object, order)             explore_load(&(object)->word, order)
#define TBI_STORE(object, value, order)     explore_store(&(object)->word, value, order)
#define TBI_EXCHANGE(object, value, order)  explore_exchange(&(object)->word, value, order)
#define TBI_FETCH_ADD(object, value, order) explore_fetch_add(&(object)->word, value, order)
#define TBI_CAS(object, expected, desired, order, failed)                                          \
    explore_cas(&(object)->word, expected, desired, order, failed)

#else

enum {
    TBI_ORDER_RELAXED = memory_order_relaxed,
    TBI_ORDER_ACQUIRE = memory_order_acquire,
    TBI_ORDER_RELEASE = memory_order_release,
    TBI_ORDER_ACQ_REL = memory_order_acq_rel,
    TBI_ORDER_SEQ_CST = memory_order_seq_cst,
};

typedef struct {
    _Atomic uint64_t word;
} tbi_atomic_u64;

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a shared word must never hide a lock");

#define TBI_LOAD(object, order)             atomic_load_explicit(&(object)->word, order)
#define TBI_STORE(object, value, order)     atomic_store_explicit(&(object)->word, value, order)
#define TBI_EXCHANGE(object, value, order)  atomic_exchange_explicit(&(object)->word, value, order)
#define TBI_FETCH_ADD(object, value, order) atomic_fetch_add_explicit(&(object)->word, value, order)
#define TBI_CAS(object, expected, desired, order, failed)                                          \
    atomic_compare_exchange_strong_explicit(&(object)->word, expected, desired, order, failed)

#endif

_Static_assert(sizeof(tbi_atomic_u64) == 8, "an atomic word is a word");

/* The order of a load that names an edge; a step down when its load end is weakened. */
#define TBI_LOAD_ORDER(edge, strong, weak)                                                         \
    ((int)(edge) + 1 == (int)TBI_WEAKENED ? (weak) : (strong))
/* The order of a store that names an edge; a step down when its store end is weakened. */
#define TBI_STORE_ORDER(edge, strong, weak) ((int)(edge) == (int)TBI_WEAKENED ? (weak) : (strong))
/* The order of a read-modify-write: it is both ends. */
#define TBI_RMW_ORDER(edge)                                                                        \
    TBI_STORE_ORDER(edge, TBI_LOAD_ORDER(edge, TBI_ORDER_ACQ_REL, TBI_ORDER_RELEASE),              \
                    TBI_ORDER_ACQUIRE)

#define TBI_ATOMIC_INLINE static inline __attribute__((always_inline))

/* ---- Before the object is shared ---- */

/* Gives the word its first value. Only while no other thread can know the object. */
TBI_ATOMIC_INLINE void tbi_atomic_init(tbi_atomic_u64 *object, uint64_t value)
{
#ifdef TB_EXPLORE
    object->word = value;
#else
    atomic_init(&object->word, value);
#endif
}

/* ---- Loads ---- */

TBI_ATOMIC_INLINE uint64_t tbi_atomic_load_relaxed(enum tbi_edge why, const tbi_atomic_u64 *object)
{
    (void)why;
    return TBI_LOAD(object, TBI_ORDER_RELAXED);
}

TBI_ATOMIC_INLINE uint64_t tbi_atomic_load_acquire(enum tbi_edge edge, const tbi_atomic_u64 *object)
{
    return TBI_LOAD(object, TBI_LOAD_ORDER(edge, TBI_ORDER_ACQUIRE, TBI_ORDER_RELAXED));
}

TBI_ATOMIC_INLINE uint64_t tbi_atomic_load_seq_cst(enum tbi_edge edge, const tbi_atomic_u64 *object)
{
    return TBI_LOAD(object, TBI_LOAD_ORDER(edge, TBI_ORDER_SEQ_CST, TBI_ORDER_ACQUIRE));
}

/* ---- Stores ---- */

TBI_ATOMIC_INLINE void tbi_atomic_store_relaxed(enum tbi_edge why, tbi_atomic_u64 *object,
                                                uint64_t value)
{
    (void)why;
    TBI_STORE(object, value, TBI_ORDER_RELAXED);
}

TBI_ATOMIC_INLINE void tbi_atomic_store_release(enum tbi_edge edge, tbi_atomic_u64 *object,
                                                uint64_t value)
{
    TBI_STORE(object, value, TBI_STORE_ORDER(edge, TBI_ORDER_RELEASE, TBI_ORDER_RELAXED));
}

TBI_ATOMIC_INLINE void tbi_atomic_store_seq_cst(enum tbi_edge edge, tbi_atomic_u64 *object,
                                                uint64_t value)
{
    TBI_STORE(object, value, TBI_STORE_ORDER(edge, TBI_ORDER_SEQ_CST, TBI_ORDER_RELEASE));
}

/* ---- Read-modify-writes: each returns the value that it replaced ---- */

TBI_ATOMIC_INLINE uint64_t tbi_atomic_exchange_acq_rel(enum tbi_edge edge, tbi_atomic_u64 *object,
                                                       uint64_t value)
{
    return TBI_EXCHANGE(object, value, TBI_RMW_ORDER(edge));
}

TBI_ATOMIC_INLINE uint64_t tbi_atomic_fetch_add_relaxed(enum tbi_edge why, tbi_atomic_u64 *object,
                                                        uint64_t value)
{
    (void)why;
    return TBI_FETCH_ADD(object, value, TBI_ORDER_RELAXED);
}

TBI_ATOMIC_INLINE uint64_t tbi_atomic_fetch_add_acq_rel(enum tbi_edge edge, tbi_atomic_u64 *object,
                                                        uint64_t value)
{
    return TBI_FETCH_ADD(object, value, TBI_RMW_ORDER(edge));
}

/* Stores `desired` if the word is `*expected`; else puts the word in `*expected`, returns false. */
TBI_ATOMIC_INLINE bool tbi_atomic_cas_relaxed(enum tbi_edge why, tbi_atomic_u64 *object,
                                              uint64_t *expected, uint64_t desired)
{
    (void)why;
    return TBI_CAS(object, expected, desired, TBI_ORDER_RELAXED, TBI_ORDER_RELAXED);
}

/* The same; acquires when it fails, too. */
TBI_ATOMIC_INLINE bool tbi_atomic_cas_acq_rel(enum tbi_edge edge, tbi_atomic_u64 *object,
                                              uint64_t *expected, uint64_t desired)
{
    return TBI_CAS(object, expected, desired, TBI_RMW_ORDER(edge),
                   TBI_LOAD_ORDER(edge, TBI_ORDER_ACQUIRE, TBI_ORDER_RELAXED));
}

/* ---- Plain data under the cover of an edge ---- */

/* Copies `bytes` to memory that another thread reads once an edge has published it. */
TBI_ATOMIC_INLINE void tbi_plain_store(void *shared, const void *from, size_t bytes)
{
#ifdef TB_EXPLORE
    explore_plain(shared, true);
#endif
    memcpy(shared, from, bytes);
}

/* Copies `bytes` from memory that another thread wrote and an edge has published. */
TBI_ATOMIC_INLINE void tbi_plain_load(void *to, const void *shared, size_t bytes)
{
#ifdef TB_EXPLORE
    explore_plain(shared, false);
#endif
    memcpy(to, shared, bytes);
}

#endif
