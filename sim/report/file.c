/* Temporary name, sync, rename. The order is what makes it safe: data first, name last. */
#include "report/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a person can do about it, by cause. */
static const struct {
    int errno_value;
    const char *advice;
} advices[] = {
    {ENOSPC, "The disk is full: free some space or choose another folder with --out."},
    {EDQUOT, "Your disk quota is used up: free some space or choose another folder with --out."},
    {EFBIG, "The file would exceed the largest size allowed here (ulimit -f)."},
    {EACCES, "You may not write there: choose another folder with --out, or ask its owner."},
    {EPERM, "You may not write there: choose another folder with --out, or ask its owner."},
    {EROFS, "That disk is read-only: choose another folder with --out."},
    {ENOENT, "The folder above it does not exist: create it, or check the spelling."},
    {ENOTDIR, "A part of that path is a file, not a folder: check the spelling."},
    {EISDIR, "A folder of that name is in the way: remove it or choose another folder."},
    {ELOOP, "The path goes round in circles through symbolic links: check the links."},
    {EIO, "The disk reports an error: try another disk, and check this one."},
    {EMFILE, "Too many files are open in this process (ulimit -n)."},
    {ENAMETOOLONG, "The path is too long: choose a shorter one."},
};

int tbs_report_fail(struct tbs_report_error *error, int errno_value, const char *doing,
                    const char *folder, const char *name)
{
    const char *advice = "Nothing was changed there.";
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (advices[i].errno_value == errno_value)
            advice = advices[i].advice;
    error->errno_value = errno_value;
    snprintf(error->path, sizeof error->path, "%s%s%s", folder, name ? "/" : "",
             name ? name : "");
    snprintf(error->text, sizeof error->text, "cannot %s %s: %s. %s", doing, error->path,
             strerror(errno_value), advice);
    return -1;
}

int tbs_report_refuse(struct tbs_report_error *error, const char *path, const char *format, ...)
{
    error->errno_value = 0;
    snprintf(error->path, sizeof error->path, "%s", path);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return -1;
}

static void temporary_name(char *text, size_t bytes, const char *name)
{
    snprintf(text, bytes, ".tongban-%ld-%s", (long)getpid(), name);
}

int tbs_files_open(struct tbs_files *files, const char *folder, struct tbs_report_error *error)
{
    *files = (struct tbs_files){.folder_fd = -1, .folder = folder};
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return tbs_report_fail(error, errno, "create the folder", folder, NULL);
    files->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->folder_fd < 0)
        return tbs_report_fail(error, errno, "open the folder", folder, NULL);
    return 0;
}

/* 0 or errno. */
static int write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes += written;
        count -= (size_t)written;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

int tbs_files_put(struct tbs_files *files, const char *name, const void *bytes, size_t count,
                  struct tbs_report_error *error)
{
    char temporary[256];
    temporary_name(temporary, sizeof temporary, name);
    if (files->count == TBS_FILES_MAX)
        return tbs_report_refuse(error, name, "more than %d files in one set", TBS_FILES_MAX);
    int fd = openat(files->folder_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return tbs_report_fail(error, errno, "create", files->folder, name);
    files->names[files->count++] = name;
    int failed = write_all(fd, bytes, count);
    if (close(fd) != 0 && failed == 0)
        failed = errno;
    if (failed != 0)
        return tbs_report_fail(error, failed, "write", files->folder, name);
    return 0;
}

/* A folder in the way of a name must be found before the first name is given. */
static int names_free(const struct tbs_files *files, struct tbs_report_error *error)
{
    for (int i = 0; i < files->count; i++) {
        struct stat there;
        if (fstatat(files->folder_fd, files->names[i], &there, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(there.st_mode))
            return tbs_report_fail(error, EISDIR, "give its name to", files->folder,
                                   files->names[i]);
    }
    return 0;
}

int tbs_files_publish(struct tbs_files *files, struct tbs_report_error *error)
{
    char temporary[256];
    if (names_free(files, error) != 0) {
        tbs_files_drop(files);
        return -1;
    }
    for (int i = 0; i < files->count; i++) {
        temporary_name(temporary, sizeof temporary, files->names[i]);
        if (renameat(files->folder_fd, temporary, files->folder_fd, files->names[i]) != 0) {
            tbs_report_fail(error, errno, "give its name to", files->folder, files->names[i]);
            tbs_files_drop(files);
            return -1;
        }
    }
    /* The names must survive a power cut too. Some file systems can't sync a folder. */
    if (fsync(files->folder_fd) != 0 && errno != EINVAL && errno != EROFS) {
        tbs_report_fail(error, errno, "sync the folder", files->folder, NULL);
        tbs_files_drop(files);
        return -1;
    }
    close(files->folder_fd);
    return 0;
}

void tbs_files_drop(struct tbs_files *files)
{
    char temporary[256];
    for (int i = 0; i < files->count; i++) {
        temporary_name(temporary, sizeof temporary, files->names[i]);
        unlinkat(files->folder_fd, temporary, 0);
    }
    if (files->folder_fd >= 0)
        close(files->folder_fd);
    files->folder_fd = -1;
}

int tbs_file_read(const char *folder, const char *name, char **bytes, size_t *count,
                  struct tbs_report_error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return tbs_report_fail(error, errno, "read", folder, name);
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    char chunk[65536];
    for (size_t got; memory != NULL && (got = fread(chunk, 1, sizeof chunk, in)) > 0;)
        fwrite(chunk, 1, got, memory);
    int failed = memory == NULL ? ENOMEM : ferror(in) ? errno : 0;
    fclose(in);
    if (memory != NULL && fclose(memory) != 0 && failed == 0)
        failed = ENOMEM;
    if (failed != 0) {
        free(text);
        return tbs_report_fail(error, failed, "read", folder, name);
    }
    *bytes = text;
    *count = size;
    return 0;
}
