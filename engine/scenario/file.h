/* file.h: a file of a scenario, whole, as UTF-8 text whatever Excel made of it.
 *
 * UTF-8 with or without a byte order mark, and GB18030 (which holds GBK and GB2312), are told
 * apart by their bytes: what is valid UTF-8 is UTF-8. UTF-16 is refused with advice. */
#ifndef TBI_SCENARIO_FILE_H
#define TBI_SCENARIO_FILE_H

#include "problem.h"

struct tbi_file {
    const char *path;
    const char *text; /* UTF-8 without a byte order mark, ended by 0 */
    size_t bytes;
    const char *encoding;
    bool crlf;
    uint64_t hash; /* XXH3 of the bytes as they lie on the disk */
};

enum tbi_file_result { TBI_FILE_OK, TBI_FILE_ABSENT, TBI_FILE_WRONG };

/* Reads path. ABSENT adds no mistake, WRONG adds one. Texts lie in the arena. */
enum tbi_file_result tbi_file_read(struct tbi_arena *arena, const char *path,
                                   struct tbi_file *file,
                                   struct tb_scenario_problems *problems);

/* The same from bytes in memory (which are copied); for tests and fuzzing too. */
enum tbi_file_result tbi_file_decode(struct tbi_arena *arena, const char *path,
                                     const void *bytes, size_t byte_count, struct tbi_file *file,
                                     struct tb_scenario_problems *problems);

/* Counts characters: bytes that do not go on with a character. */
uint32_t tbi_file_characters(const char *text, size_t bytes);

#endif
