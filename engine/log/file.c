/* file.c: names, lock, meta file, and reads and writes that are whole. */
#define _GNU_SOURCE /* O_DIRECT, MAP_POPULATE */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int tbi_log_say(char *error, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(error, TBI_LOG_ERROR_MAX, format, arguments);
    va_end(arguments);
    const bool systems = status != -EBADMSG && status != -EPROTO && status != -ESTALE &&
                         status != -EBUSY && status != -EINVAL;
    if (systems && length > 0 && length < TBI_LOG_ERROR_MAX)
        snprintf(error + length, (size_t)(TBI_LOG_ERROR_MAX - length), ": %s", strerror(-status));
    return status;
}

/* ---- which files there are ---- */

void tbi_log_segment_name(uint64_t index, char name[64])
{
    snprintf(name, 64, "segment-%012" PRIu64 ".log", index);
}

void tbi_log_snapshot_name(uint64_t lsn, char name[64])
{
    snprintf(name, 64, "snapshot-%020" PRIu64 ".city", lsn);
}

static int number_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The number in a name that is just what `spell` makes of it; 0: none. */
static uint64_t name_number(const char *name, const char *prefix, void (*spell)(uint64_t, char *))
{
    char expected[64];

    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return 0;
    const uint64_t number = strtoull(name + strlen(prefix), NULL, 10);
    spell(number, expected);
    return strcmp(name, expected) == 0 ? number : 0;
}

static bool number_add(uint64_t **numbers, uint32_t *count, uint64_t number)
{
    if ((*count & (*count - 1)) == 0) { /* doubled at each power of two */
        const size_t room = *count == 0 ? 1 : 2 * (size_t)*count;
        uint64_t *more = realloc(*numbers, room * sizeof **numbers);
        if (more == NULL)
            return false;
        *numbers = more;
    }
    (*numbers)[(*count)++] = number;
    return true;
}

int tbi_log_files_list(int dir, struct tbi_log_files *files)
{
    *files = (struct tbi_log_files){0};
    const int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0)
        return -errno;
    DIR *stream = fdopendir(own);
    if (stream == NULL) {
        const int status = -errno;
        close(own);
        return status;
    }
    bool kept = true;
    for (struct dirent *entry; kept && (entry = readdir(stream)) != NULL;) {
        const uint64_t segment = name_number(entry->d_name, "segment-", tbi_log_segment_name);
        const uint64_t snapshot = name_number(entry->d_name, "snapshot-", tbi_log_snapshot_name);
        if (segment != 0)
            kept = number_add(&files->segments, &files->segment_count, segment);
        else if (snapshot != 0)
            kept = number_add(&files->snapshots, &files->snapshot_count, snapshot);
    }
    closedir(stream);
    if (!kept) {
        tbi_log_files_free(files);
        return -ENOMEM;
    }
    if (files->segment_count != 0)
        qsort(files->segments, files->segment_count, sizeof(uint64_t), number_order);
    if (files->snapshot_count != 0)
        qsort(files->snapshots, files->snapshot_count, sizeof(uint64_t), number_order);
    return 0;
}

void tbi_log_files_free(struct tbi_log_files *files)
{
    free(files->segments);
    free(files->snapshots);
    *files = (struct tbi_log_files){0};
}

/* ---- folder, lock, meta ---- */

int tbi_log_dir_open(const char *path, bool make, char *error)
{
    if (make && mkdir(path, 0750) != 0 && errno != EEXIST)
        return tbi_log_say(error, -errno, "%s: the data folder cannot be made 无法建立数据目录",
                           path);
    const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return tbi_log_say(error, -errno, "%s: the data folder cannot be opened 无法打开数据目录",
                           path);
    return dir;
}

int tbi_log_lock(int dir, const char *path, char *error)
{
    char owner[32] = "";
    const int lock = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);

    if (lock < 0)
        return tbi_log_say(error, -errno,
                           "%s/lock: cannot be written; the log needs a folder it may write to "
                           "数据目录不可写",
                           path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const ssize_t got = pread(lock, owner, sizeof owner - 1, 0);
        owner[got > 0 ? got : 0] = 0;
        owner[strcspn(owner, "\n")] = 0;
        close(lock);
        return tbi_log_say(error, -EBUSY,
                           "%s: process %s uses this folder; stop it first, or give another "
                           "--data 该目录正被进程 %s 使用，请先停止它，或另用 --data 指定目录",
                           path, owner, owner);
    }
    const int length = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, owner, (size_t)length, 0) != length) {
        const int status = -errno;
        close(lock);
        return tbi_log_say(error, status, "%s/lock: cannot be written 无法写入", path);
    }
    return lock;
}

int tbi_log_meta_read(int dir, struct tbi_log_meta *meta)
{
    char text[TBI_LOG_PATH_MAX + 256];
    uint64_t bytes;

    *meta = (struct tbi_log_meta){0};
    const int status = tbi_log_read_all(dir, "meta", (uint8_t *)text, sizeof text - 1, &bytes);
    if (status != 0)
        return status;
    text[sizeof text - 1] = 0;
    unsigned version;
    if (sscanf(text, "tongban log %u\nconfig %" SCNx64 "\n", &version, &meta->config_id) != 2 ||
        version != TBI_LOG_VERSION)
        return -EBADMSG;
    const char *scenario = strstr(text, "\nscenario ");
    if (scenario == NULL)
        return -EBADMSG;
    scenario += strlen("\nscenario ");
    const size_t length = strcspn(scenario, "\n");
    if (length >= sizeof meta->scenario || scenario[length] != '\n')
        return -EBADMSG;
    memcpy(meta->scenario, scenario, length);
    const char *adopted = strstr(text, "\nadopted ");
    if (adopted != NULL && sscanf(adopted, "\nadopted %" SCNx64 "\n", &meta->adopted) != 1)
        return -EBADMSG;
    return 0;
}

int tbi_log_meta_write(int dir, const struct tbi_log_meta *meta)
{
    char text[TBI_LOG_PATH_MAX + 256];
    int length =
        snprintf(text, sizeof text, "tongban log %d\nconfig %016" PRIx64 "\nscenario %s\n",
                 TBI_LOG_VERSION, meta->config_id, meta->scenario);
    if (meta->adopted != 0)
        length += snprintf(text + length, sizeof text - (size_t)length,
                           "adopted %016" PRIx64 "\n", meta->adopted);
    const int file = openat(dir, "meta.tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    if (file < 0)
        return -errno;
    int status = tbi_log_write_all(file, text, (size_t)length, 0);
    if (status == 0 && fsync(file) != 0)
        status = -errno;
    close(file);
    if (status == 0 && (renameat(dir, "meta.tmp", dir, "meta") != 0 || fsync(dir) != 0))
        status = -errno;
    return status;
}

/* ---- bytes ---- */

int tbi_log_open_direct(int dir, const char *name, int flags, bool *direct)
{
    int file = openat(dir, name, flags | O_DIRECT | O_CLOEXEC, 0640);

    *direct = file >= 0;
    if (file < 0 && errno == EINVAL) /* tmpfs, and others */
        file = openat(dir, name, flags | O_CLOEXEC, 0640);
    return file >= 0 ? file : -errno;
}

int tbi_log_write_all(int file, const void *bytes, size_t count, uint64_t offset)
{
    for (size_t done = 0; done < count;) {
        const ssize_t put =
            pwrite(file, (const char *)bytes + done, count - done, (off_t)(offset + done));
        if (put < 0 && errno != EINTR)
            return -errno;
        if (put == 0)
            return -EIO;
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

int tbi_log_read_all(int dir, const char *name, uint8_t *to, size_t room, uint64_t *bytes)
{
    struct stat about;
    size_t done = 0;
    const int file = openat(dir, name, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return -errno;
    int status = fstat(file, &about) == 0 ? 0 : -errno;
    *bytes = (uint64_t)about.st_size;
    while (status == 0 && done < room) {
        const ssize_t got = pread(file, to + done, room - done, (off_t)done);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            status = -errno;
        done += got > 0 ? (size_t)got : 0;
    }
    memset(to + done, 0, room - done);
    close(file);
    return status;
}

void *tbi_log_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void tbi_log_memory_free(void *memory, size_t bytes)
{
    if (memory != NULL)
        munmap(memory, bytes);
}

uint64_t tbi_log_accepts(const char *dir, uint64_t config_id)
{
    struct tbi_log_meta meta;
    const int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return config_id;
    const bool adopted = tbi_log_meta_read(folder, &meta) == 0 && meta.adopted != 0;
    close(folder);
    if (!adopted || config_id == meta.adopted)
        return adopted ? meta.config_id : config_id;
    /* Not with the one that it began with: its rules are others by now. */
    return config_id == meta.config_id ? ~config_id : config_id;
}
