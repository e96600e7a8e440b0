/* load.h: published load: a few words about one hall, written by the thread that owns the city,
 * read by anybody, at any time, without disturbing the writer.
 *
 * Purpose: advice, boards and metrics read queue lengths and waits of every hall as often as they
 * like. An array of struct tbi_load, one for each hall, is all that is shared.
 *
 * Method: a sequence lock with two halves. Version n of the words lies in half n % 2. The writer
 * fills the half that does not hold the newest version, then publishes the version. So a writer
 * that stops anywhere, for ever, leaves the newest complete version untouched, and readable: an
 * ordinary sequence lock would hold up every reader there. A reader that was overtaken by a whole
 * write may hold words of two versions; it sees that the version has moved on, and tries again.
 *
 * Progress: tbi_load_write is wait-free. tbi_load_read is wait-free as well, because it tries a
 * fixed number of times only; it gives up (false) only if the writer completed a write during
 * each of the tries. Readers never write shared memory, so they can't disturb anybody.
 *
 * What a reader may rely on: the words are those of one version, the version is at least as new as
 * any that happened before the call, and so versions never go backwards for a thread.
 *
 * Memory order; each atomic operation names its edge:
 *
 *   L1 publish:   version store-release (write) -> version load-acquire (read).
 *                 Covers the words of that version, and of all before it.
 *   L2 overwrite: word store-release (write) -> word load-acquire (read).
 *                 A reader that sees a word of version n + 2 where it expects version n thereby
 *                 knows that version n + 1 was published before; its second look at the version
 *                 then can't show n. This does the work of the two fences that a sequence lock
 *                 usually has.
 *   L3 relaxed:   the second look at the version: made current by L2 when it must be.
 *   OWN relaxed:  the version read by the writer: its only writer.
 *
 * Sources: L. Lamport, "Concurrent reading and writing" (1977) for versions around the words;
 * H.-J. Boehm, "Can seqlocks get along with programming language memory models?" (2012) for orders
 * on the words instead of fences.
 */
#ifndef TBI_RING_LOAD_H
#define TBI_RING_LOAD_H

#include "atomic.h"

/* Words of one version; their meaning is the user's. The explorer makes it smaller. */
#ifndef TBI_LOAD_WORDS
#define TBI_LOAD_WORDS 7
#endif

/* Tries of a reader. A write takes some 10 ns and halls are published every few microseconds, so
 * already the second try hardly ever happens.
 */
#ifndef TBI_LOAD_TRIES
#define TBI_LOAD_TRIES 8
#endif

/* One version's words; in the first half of a pair, `version` is the newest complete version. */
struct tbi_load_half {
    _Alignas(64) tbi_atomic_u64 version; /* second half: unused, always 0 */
    tbi_atomic_u64 word[TBI_LOAD_WORDS];
};

/* Two lines, both written by the same thread. */
struct tbi_load {
    struct tbi_load_half half[2];
};

_Static_assert(sizeof(struct tbi_load) == 2 * TBI_LINE_BYTES, "a half is one line");

/* Makes version 0, all words 0. Before the load is shared. The caller owns the memory, aligned to
 * 64 bytes.
 */
static inline void tbi_load_init(struct tbi_load *load)
{
    for (int h = 0; h < 2; h++) {
        tbi_atomic_init(&load->half[h].version, 0);
        for (int i = 0; i < TBI_LOAD_WORDS; i++) {
            tbi_atomic_init(&load->half[h].word[i], 0);
        }
    }
}

/* Publishes these words as the next version; copies them. The one writer only; wait-free; release
 * (L1, L2).
 */
static inline void tbi_load_write(struct tbi_load *load, const uint64_t words[TBI_LOAD_WORDS])
{
    uint64_t version = tbi_atomic_load_relaxed(TBI_OWN, &load->half[0].version) + 1;
    struct tbi_load_half *half = &load->half[version % 2];

    for (int i = 0; i < TBI_LOAD_WORDS; i++) {
        tbi_atomic_store_release(TBI_L2, &half->word[i], words[i]);
    }
    tbi_atomic_store_release(TBI_L1, &load->half[0].version, version);
}

/* Copies the words of the newest version, and says which version that is (counted from 1; 0 before
 * the first write). False if the writer was faster than all tries: `words` and `*version` then mean
 * nothing, and the caller keeps what it read last. Any thread; wait-free; acquire (L1, L2).
 */
static inline bool tbi_load_read(const struct tbi_load *load, uint64_t words[TBI_LOAD_WORDS],
                                 uint64_t *version)
{
    for (int n = 0; n < TBI_LOAD_TRIES; n++) {
        *version = tbi_atomic_load_acquire(TBI_L1, &load->half[0].version);
        const struct tbi_load_half *half = &load->half[*version % 2];
        for (int i = 0; i < TBI_LOAD_WORDS; i++) {
            words[i] = tbi_atomic_load_acquire(TBI_L2, &half->word[i]);
        }
        if (tbi_atomic_load_relaxed(TBI_L3, &load->half[0].version) == *version) {
            return true;
        }
    }
    return false;
}

#endif
