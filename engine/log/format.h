/* format.h: what lies on the disk, byte for byte (README.md explains it), and the functions that
 * make it and judge it. Little-endian. Nothing here does I/O. */
#ifndef TBI_LOG_FORMAT_H
#define TBI_LOG_FORMAT_H

#include "log.h"

enum {
    TBI_LOG_BLOCK = 4096, /* of O_DIRECT; groups and headers are whole ones */
    TBI_LOG_SECTOR = 512, /* a disk writes it whole or not at all */
    TBI_LOG_FILL = 0xa5,  /* padding: no sector that was written is all zero */
    TBI_LOG_VERSION = 1,
    TBI_LOG_GROUP_MAX = 16 << 20,
};

/* So that many times nobody (TB_NONE) or actor 0 are no sector of zeros. */
#define TBI_LOG_ACTOR_MASK 0x80000000u

#define TBI_LOG_SEGMENT_MAGIC  0x314745534c425400u /* "\0TBLSEG1" */
#define TBI_LOG_GROUP_MAGIC    0x315052474c425400u /* "\0TBLGRP1" */
#define TBI_LOG_SNAPSHOT_MAGIC 0x31414e534c425400u /* "\0TBLSNA1" */

/* The first block of a segment; the rest of the block is fill. */
struct tbi_log_segment {
    uint64_t checksum; /* XXH3 of the block from the next field on */
    uint64_t magic;
    uint64_t config_id;
    uint64_t index; /* 1, 2, ...: the number in its name */
    uint64_t lsn;   /* of its first entry */
    uint64_t chain; /* checksum of the last group of the segment before; 0: none */
    uint64_t bytes; /* of the file: it is never shorter */
    uint32_t version;
    uint32_t zero;
};

/* One write: this, entries, fill up to a whole block (one byte of it at least). */
struct tbi_log_group {
    uint64_t checksum;      /* XXH3 of the group from the next field on, fill and all */
    uint64_t head_checksum; /* XXH3 of the header from the next field on */
    uint64_t magic;
    uint64_t chain;       /* checksum of the group before */
    uint64_t lsn;         /* of its first entry */
    uint32_t bytes, used; /* of the whole group; without the fill */
    uint32_t entry_count;
    uint32_t unsettled; /* so many entries before its first were not durable when it was ordered */
    tb_time now;        /* of its last entry */
};

enum tbi_log_kind {
    TBI_LOG_BATCH = 1, /* count commands (64 bytes each), then count x (actor ^ mask) */
    TBI_LOG_NAME = 2,  /* value: the actor; count bytes of name */
    TBI_LOG_HASH = 3,  /* a hash, and enum tbi_log_why, of the city after time alone to now */
};
enum tbi_log_why { TBI_LOG_AT_SNAPSHOT = 1, TBI_LOG_AT_CLOSE = 2 };

/* Followed by its data, then zeros up to a multiple of 32. */
struct tbi_log_entry {
    uint32_t kind;
    uint32_t count;
    uint64_t lsn;
    tb_time now;
    uint64_t value; /* number of the city's last event after it; TBI_LOG_NAME: the actor */
};

/* The first block of a snapshot; what tb_city_save wrote follows, then fill. */
struct tbi_log_snapshot {
    uint64_t checksum; /* XXH3 of the block from the next field on */
    uint64_t magic;
    uint64_t config_id;
    uint64_t lsn; /* of the TBI_LOG_HASH made with it: the city is as after it */
    tb_time now;
    uint64_t sequence; /* of the city's last event */
    uint64_t bytes;    /* of what follows, without fill */
    uint64_t data_checksum;
    uint32_t version;
    uint32_t zero;
};

_Static_assert(sizeof(struct tbi_log_segment) == 64, "on disk");
_Static_assert(sizeof(struct tbi_log_group) == 64, "on disk");
_Static_assert(sizeof(struct tbi_log_entry) == 32, "on disk");
_Static_assert(sizeof(struct tbi_log_snapshot) == 72, "on disk");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "on disk");

/* Bytes of an entry with its data; 0 for a kind or a count that there is none of. */
uint64_t tbi_log_entry_bytes(uint32_t kind, uint32_t count);

/* Completes a block that begins with one of the heads: fill, then checksum. */
void tbi_log_block_seal(void *block, size_t head_bytes);
bool tbi_log_block_good(const void *block);

/* Completes a group of `used` bytes whose entry_count, lsn, unsettled, now and chain are in `head`:
 * header, fill, checksums. Its whole bytes. */
uint32_t tbi_log_group_seal(void *group, uint32_t used, struct tbi_log_group head);
uint32_t tbi_log_group_whole(uint32_t used); /* bytes, once sealed */

/* What lies at a place where a group may begin. */
enum tbi_log_verdict {
    TBI_LOG_GOOD = 0,
    TBI_LOG_EMPTY = 1,   /* nothing but zeros as far as a group can reach */
    TBI_LOG_TORN = 2,    /* a write that a crash cut: sectors of zeros within */
    TBI_LOG_DAMAGED = 3, /* written whole, and not the same any more */
};
/* `room`: bytes up to the end of the file. chain and lsn are what must come next. *why: a sentence
 * for DAMAGED. */
enum tbi_log_verdict tbi_log_group_judge(const uint8_t *at, size_t room, uint64_t chain,
                                         uint64_t lsn, const char **why);
enum tbi_log_verdict tbi_log_segment_judge(const uint8_t *block, const char **why);

/* Does a whole group lie at `at`, whatever came before it? */
bool tbi_log_group_stands(const uint8_t *at, size_t room);
/* A whole one that was sent off before entry `lsn` was durable: where that is missing, a crash may
 * have cut both. */
bool tbi_log_group_hangs(const uint8_t *at, uint64_t lsn);
bool tbi_log_is_zero(const uint8_t *at, size_t bytes);

#endif
