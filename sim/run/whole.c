#include "run/whole.h"

#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20 };

static bool fail(struct tbs_run_error *error, const char *path, const char *doing)
{
    snprintf(error->text, sizeof error->text, "%s: cannot be %s: %s", path, doing, strerror(errno));
    return false;
}

static void forget(struct tbs_whole *whole)
{
    free(whole->path);
    free(whole->temporary);
    free(whole->buffer);
    memset(whole, 0, sizeof *whole);
}

static bool in_place(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 && !S_ISREG(there.st_mode);
}

bool tbs_whole_open(struct tbs_whole *whole, const char *path, struct tbs_run_error *error)
{
    const char *slash = strrchr(path, '/');
    const int folder = slash == NULL ? 0 : (int)(slash - path) + 1;
    const size_t bytes = strlen(path) + 48;

    whole->path = strdup(path);
    whole->buffer = malloc(BUFFER_BYTES);
    tbs_assert(whole->path != NULL);
    tbs_assert(whole->buffer != NULL);
    if (in_place(path)) {
        whole->out = fopen(path, "we");
    } else {
        whole->temporary = malloc(bytes);
        tbs_assert(whole->temporary != NULL);
        snprintf(whole->temporary, bytes, "%.*s.tongban-%ld-%s", folder, path, (long)getpid(),
                 path + folder);
        whole->out = fopen(whole->temporary, "wxe");
    }
    if (whole->out == NULL) {
        fail(error, path, "written");
        forget(whole);
        return false;
    }
    setvbuf(whole->out, whole->buffer, _IOFBF, BUFFER_BYTES);
    return true;
}

bool tbs_whole_close(struct tbs_whole *whole, bool keep, struct tbs_run_error *error)
{
    bool fine = true;

    if (keep) {
        fine = fflush(whole->out) == 0 && !ferror(whole->out) &&
               (whole->temporary == NULL || fsync(fileno(whole->out)) == 0);
        fine = fine || fail(error, whole->path, "written");
    }
    if (fclose(whole->out) != 0 && keep && fine) {
        fine = fail(error, whole->path, "written");
    }
    if (whole->temporary == NULL) {
        forget(whole);
        return fine;
    }
    if (keep && fine && rename(whole->temporary, whole->path) != 0) {
        fine = fail(error, whole->path, "put in its place");
    }
    if (!keep || !fine) {
        unlink(whole->temporary);
    }
    forget(whole);
    return fine;
}

char *tbs_csv_cell(const char *text)
{
    const size_t length = strlen(text);
    char *cell = malloc(2 * length + 3);

    tbs_assert(cell != NULL);
    if (strpbrk(text, ",\"\r\n") == NULL) {
        memcpy(cell, text, length + 1);
        return cell;
    }
    const size_t written = csv_write(cell, 2 * length + 2, text, length);
    cell[written] = '\0';
    return cell;
}
