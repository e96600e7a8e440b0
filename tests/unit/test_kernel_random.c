/* Random streams: the known answers of the library, all ways to the same number, and streams that
 * have nothing to do with each other. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include <Random123/threefry.h>

#include "kernel/law.h"
#include "kernel/random.h"

enum { MANY = 100000 };

/* Rows of the library's own file of known answers: counter, key, result. */
static const uint64_t known[3][3][4] = {
    {{0}, {0},
     {0x4071fabee1dc8e05, 0x02ed3113695c9c62, 0x397311b5b89f9d49, 0xe21292c3258024bc}},
    {{~0ull, ~0ull, ~0ull, ~0ull}, {~0ull, ~0ull, ~0ull, ~0ull},
     {0x7eaed935479722b5, 0x90994358c429f31c, 0x496381083e07a75b, 0x627ed0d746821121}},
    {{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
     {0x452821e638d01377, 0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917},
     {0x4361288ef9c1900c, 0x8717291521782833, 0x0d19db18c20cf47e, 0xa0b41d63ac8581e5}},
};

Test(kernel_random, library_gives_its_known_answers)
{
    for (int row = 0; row < 3; row++) {
        threefry4x64_ctr_t counter;
        threefry4x64_key_t key;
        memcpy(counter.v, known[row][0], sizeof counter.v);
        memcpy(key.v, known[row][1], sizeof key.v);
        const threefry4x64_ctr_t result = threefry4x64_R(13, counter, key);
        cr_assert_arr_eq(result.v, known[row][2], sizeof result.v, "row %d", row);
    }
}

/* Number n as the header states the order, from the library. */
static uint64_t stated(struct tbs_key key, uint64_t n)
{
    const threefry4x64_ctr_t counter = {{n / 32 * 8 + n % 8, 0, 0, 0}};
    threefry4x64_key_t name;

    memcpy(name.v, key.word, sizeof name.v);
    return threefry4x64_R(13, counter, name).v[n / 8 % 4];
}

Test(kernel_random, vector_code_equals_the_library)
{
    const struct tbs_key key = tbs_key(0x0123456789abcdef, TBS_SERVICE, 57, 999);
    struct tbs_random random;

    tbs_random_open(&random, key);
    for (uint64_t n = 0; n < 5 * TBS_RANDOM_BUFFER; n++) {
        cr_assert_eq(tbs_random_index(&random), n);
        cr_assert_eq(tbs_random_u64(&random), stated(key, n), "number %lu", n);
    }
    const struct tbs_key zero = {{0}};
    cr_assert_eq(tbs_random_at(zero, 0), 0x4071fabee1dc8e05u);
    cr_assert_eq(tbs_random_at(zero, 8), 0x02ed3113695c9c62u);
}

Test(kernel_random, every_way_leads_to_the_same_number)
{
    const struct tbs_key key = tbs_key(7, TBS_PATIENCE, 3, 1);
    static const uint64_t starts[] = {0, 1, 63, 64, 65, 200, (uint64_t)31 << 20, ~0ull - 1000};
    uint64_t filled[300];
    struct tbs_random random;

    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        tbs_random_open(&random, key);
        tbs_random_seek(&random, starts[s]);
        tbs_random_fill_at(key, starts[s], filled, 300);
        for (uint64_t n = 0; n < 300; n++) {
            cr_assert_eq(filled[n], tbs_random_at(key, starts[s] + n));
            cr_assert_eq(filled[n], tbs_random_u64(&random));
        }
    }
}

Test(kernel_random, fill_writes_what_was_asked_for_and_no_more)
{
    const struct tbs_key key = tbs_key(7, TBS_TEST, 0, 0);
    uint64_t filled[200];

    for (uint64_t start = 0; start < 70; start += 7)
        for (size_t count = 0; count < 199; count += 11) {
            filled[count] = 42;
            tbs_random_fill_at(key, start, filled, count);
            cr_assert_eq(filled[count], 42);
            if (count > 0)
                cr_assert_eq(filled[count - 1], tbs_random_at(key, start + count - 1));
        }
}

Test(kernel_random, across_entities)
{
    struct tbs_key key = tbs_key(7, TBS_SICK, 1000, 5);
    uint64_t across[37];

    for (uint64_t index = 0; index < 64; index += 9) {
        tbs_random_across(key, index, across, 37);
        for (uint64_t i = 0; i < 37; i++)
            cr_assert_eq(across[i], tbs_random_at(tbs_key(7, TBS_SICK, 1000 + i, 5), index));
    }
}

Test(kernel_random, by_index_begins_with_the_number_and_goes_on_elsewhere)
{
    const struct tbs_key key = tbs_key(7, TBS_TEST, 1, 2);
    struct tbs_random a, b;
    uint64_t seen[2][200];

    tbs_random_open_at(&a, key, 100);
    tbs_random_open_at(&b, key, 101);
    for (int i = 0; i < 200; i++) {
        seen[0][i] = tbs_random_u64(&a);
        seen[1][i] = tbs_random_u64(&b);
    }
    cr_assert_eq(seen[0][0], tbs_random_at(key, 100));
    cr_assert_eq(seen[1][0], tbs_random_at(key, 101));
    for (int i = 1; i < 200; i++)
        for (int j = 0; j < 200; j++) {
            cr_assert_neq(seen[0][i], seen[1][j]);
            cr_assert_neq(seen[0][i], tbs_random_at(key, (uint64_t)j));
        }
}

Test(kernel_random, names_in_any_part_make_other_streams)
{
    const struct tbs_key base = tbs_key(1, TBS_ARRIVAL, 1, 1);
    const struct tbs_key others[] = {
        tbs_key(2, TBS_ARRIVAL, 1, 1), tbs_key(1, TBS_SERVICE, 1, 1),
        tbs_key(1, TBS_ARRIVAL, 2, 1), tbs_key(1, TBS_ARRIVAL, 1, 2),
        tbs_key(1, TBS_ARRIVAL, 1, 0), tbs_key(1ull << 63, TBS_ARRIVAL, 1, 1),
    };
    /* Correlation of n uniform pairs is normal with deviation 1 / sqrt n. */
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        struct tbs_random a, b;
        double sum = 0.0;
        tbs_random_open(&a, base);
        tbs_random_open(&b, others[k]);
        for (int i = 0; i < MANY; i++)
            sum += 12.0 * (tbs_unit(tbs_random_u64(&a)) - 0.5) *
                   (tbs_unit(tbs_random_u64(&b)) - 0.5);
        cr_assert_lt(fabs(sum) / sqrt(MANY), 4.0, "stream %zu", k);
    }
}

/* Chance of so uneven a spread of count numbers over 256 cells. */
static double evenness(const uint64_t *cell, double count)
{
    double square = 0.0;

    for (int i = 0; i < 256; i++) {
        const double off = (double)cell[i] - count / 256;
        square += off * off / (count / 256);
    }
    return tbs_chi_square_above(square, 255);
}

Test(kernel_random, numbers_are_even_along_a_stream_and_across_streams)
{
    for (unsigned byte = 0; byte < 8; byte++) {
        uint64_t along[256] = {0}, across[256] = {0}, next[256] = {0};
        struct tbs_random random;
        uint64_t before = 0;
        tbs_random_open(&random, tbs_key(11, TBS_TEST, 0, 0));
        for (uint64_t i = 0; i < MANY; i++) {
            const uint64_t number = tbs_random_u64(&random) >> (8 * byte);
            along[number & 255]++;
            next[(number ^ before) & 255]++;
            before = number;
            across[tbs_random_at(tbs_key(11, TBS_TEST, i, 0), 5) >> (8 * byte) & 255]++;
        }
        cr_assert_gt(evenness(along, MANY), 1e-4, "byte %u along", byte);
        cr_assert_gt(evenness(next, MANY), 1e-4, "byte %u to the next", byte);
        cr_assert_gt(evenness(across, MANY), 1e-4, "byte %u across", byte);
    }
}

Test(kernel_random, a_hall_more_changes_nobody_elses_luck)
{
    /* What hall h draws, when each of so many halls draws in turn. */
    uint64_t drawn[2][3];

    for (int extra = 0; extra < 2; extra++) {
        struct tbs_random halls[4];
        for (uint64_t h = 0; h < 3 + (uint64_t)extra; h++)
            tbs_random_open(&halls[h], tbs_key(5, TBS_ARRIVAL, h, 0));
        for (int round = 0; round < 100; round++)
            for (int h = 0; h < 3 + extra; h++) {
                const uint64_t number = tbs_random_u64(&halls[h]);
                if (h < 3)
                    drawn[extra][h] = number;
            }
    }
    cr_assert_arr_eq(drawn[0], drawn[1], sizeof drawn[0]);
}

Test(kernel_random, below_has_no_bias_and_keeps_the_bound)
{
    static const uint32_t bounds[] = {1, 2, 3, 58, 256, 0x80000001u};
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(3, TBS_TEST, 0, 0));
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        double sum = 0.0;
        for (int i = 0; i < MANY; i++) {
            const uint32_t drawn = tbs_random_below(&random, bounds[b]);
            cr_assert_lt(drawn, bounds[b]);
            sum += drawn;
        }
        const double mean = (bounds[b] - 1.0) / 2, error = bounds[b] / sqrt(12.0 * MANY);
        cr_assert_leq(fabs(sum / MANY - mean), 4 * error, "bound %u", bounds[b]);
    }
}

Test(kernel_random, reals_stay_inside)
{
    cr_assert_eq(tbs_unit(0), 0.0);
    cr_assert_lt(tbs_unit(UINT64_MAX), 1.0);
    cr_assert_gt(tbs_unit_open(0), 0.0);
    cr_assert_lt(tbs_unit_open(UINT64_MAX), 1.0);
}

Test(kernel_random, purposes_have_numbers_of_their_own)
{
    static const unsigned numbers[] = {
#define X(name, number, what) number,
#include "kernel/purpose.def"
#undef X
    };
    const size_t count = sizeof numbers / sizeof *numbers;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(numbers[i], numbers[j]);
}
