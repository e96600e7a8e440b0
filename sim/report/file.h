/* Whole files or none: a set of files that appear in a folder together.
 *
 * Each file is written and synced under a temporary name (".tongban-PID-NAME") in the same
 * folder; tbs_files_publish renames them all, in the order in which they were put, and syncs the
 * folder. Whatever goes wrong before that, the folder's earlier files are untouched and the
 * temporary ones are removed.
 *
 * One thread uses a set. Everything here blocks on the file system.
 */
#ifndef TBS_REPORT_FILE_H
#define TBS_REPORT_FILE_H

#include <stddef.h>

#include "report/report.h"

#define TBS_FILES_MAX 16

struct tbs_files {
    int folder_fd;
    const char *folder;         /* borrowed until publish or drop */
    int count;
    const char *names[TBS_FILES_MAX];   /* borrowed, as above */
};

/* Opens the folder, which is created if it is missing (not its parents). 0 or -1. */
int tbs_files_open(struct tbs_files *files, const char *folder, struct tbs_report_error *error);

/* Writes and syncs one file under its temporary name. 0 or -1. */
int tbs_files_put(struct tbs_files *files, const char *name, const void *bytes, size_t count,
                  struct tbs_report_error *error);

/* Gives all files their final names and closes the set, also when it fails. 0 or -1. */
int tbs_files_publish(struct tbs_files *files, struct tbs_report_error *error);

/* Removes the temporary files and closes the set. */
void tbs_files_drop(struct tbs_files *files);

/* Reads a whole file; *bytes is the caller's to free and has a 0 after its count. 0 or -1. */
int tbs_file_read(const char *folder, const char *name, char **bytes, size_t *count,
                  struct tbs_report_error *error);

/* Fills an error: what was being done to folder/name (name may be NULL), and errno_value's own
 * text and advice. Returns -1. */
int tbs_report_fail(struct tbs_report_error *error, int errno_value, const char *doing,
                    const char *folder, const char *name);

/* Fills an error that isn't the system's. Returns -1. */
int tbs_report_refuse(struct tbs_report_error *error, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
