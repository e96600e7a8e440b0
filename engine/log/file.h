/* file.h: the folder of a log: which files it has, what they are called, its lock and meta file. */
#ifndef TBI_LOG_FILE_H
#define TBI_LOG_FILE_H

#include "format.h"

enum { TBI_LOG_PATH_MAX = 512 };

struct tbi_log_files {
    uint64_t *segments;  /* indices, ascending; must have no gap, which the reader sees */
    uint64_t *snapshots; /* lsns, ascending */
    uint32_t segment_count, snapshot_count;
};

struct tbi_log_meta {
    uint64_t config_id;
    uint64_t adopted; /* the config that it goes on with, by `tongban log adopt`; 0: its own */
    char scenario[TBI_LOG_PATH_MAX];
};

/* Fills `error` and gives `status` back. Ends with what the system says where status is its. */
__attribute__((format(printf, 3, 4))) int tbi_log_say(char *error, int status, const char *format,
                                                      ...);

int tbi_log_files_list(int dir, struct tbi_log_files *files); /* free with files_free */
void tbi_log_files_free(struct tbi_log_files *files);

void tbi_log_segment_name(uint64_t index, char name[64]);
void tbi_log_snapshot_name(uint64_t lsn, char name[64]);

/* The folder's descriptor, or -errno with error. `make`: where it isn't there. */
int tbi_log_dir_open(const char *path, bool make, char *error);
/* The lock's descriptor: who holds it may write. -EBUSY: another does. */
int tbi_log_lock(int dir, const char *path, char *error);

/* -ENOENT: there is none (no error text). */
int tbi_log_meta_read(int dir, struct tbi_log_meta *meta);
int tbi_log_meta_write(int dir, const struct tbi_log_meta *meta);

/* Opens for aligned writes; *direct says whether the file system can. -errno. */
int tbi_log_open_direct(int dir, const char *name, int flags, bool *direct);

/* All bytes or -errno. */
int tbi_log_write_all(int file, const void *bytes, size_t count, uint64_t offset);
/* The file's bytes up to `room`, the rest of `to` zeroed; *bytes: of the file. */
int tbi_log_read_all(int dir, const char *name, uint8_t *to, size_t room, uint64_t *bytes);

/* Zeroed at first, aligned to a block, touched. NULL: none. */
void *tbi_log_memory(size_t bytes);
void tbi_log_memory_free(void *memory, size_t bytes);

#endif
