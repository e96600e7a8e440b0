#include "access.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checker.h"

struct tbi_access {
    struct checker checker;
    struct tbi_user *users;
    uint64_t *masks; /* of all users, one after the other */
    uint32_t user_count, mask_words;
    char unknown_hash[TBI_ACCESS_HASH_MAX + 1]; /* what a wrong name is checked against */
};

/* Where the reader of the file is, and what it may say. */
struct reading {
    const char *path;
    uint32_t line;
    tbi_station_find *find;
    const void *context;
    char *error;
};

static bool wrong(const struct reading *at, const char *format, const char *word)
{
    const int used = snprintf(at->error, TBI_ACCESS_ERROR_MAX, "%s:%u: ", at->path, at->line);

    if (used > 0 && used < TBI_ACCESS_ERROR_MAX)
        snprintf(at->error + used, TBI_ACCESS_ERROR_MAX - (size_t)used, format, word);
    return false;
}

static bool halls_read(const struct reading *at, char *halls, struct tbi_user *user, uint64_t *mask)
{
    char *rest = NULL;

    user->stations = mask;
    if (strcmp(halls, "*") == 0) {
        user->everywhere = true;
        return true;
    }
    for (char *id = strtok_r(halls, ",", &rest); id; id = strtok_r(NULL, ",", &rest)) {
        const uint32_t station = at->find(at->context, id);

        if (station == TB_STATION_NONE)
            return wrong(at,
                         "there is no hall or desk '%s' in the scenario; write ids as in "
                         "halls.csv and desks.csv, parted by commas, or * for all",
                         id);
        mask[station / 64] |= 1ull << (station % 64);
    }
    return true;
}

static bool user_read(const struct reading *at, char *line, struct tbi_access *access)
{
    static const char blanks[] = " \t\r\n";
    struct tbi_user *user = &access->users[access->user_count];
    char *rest = NULL, *words[4];

    for (int i = 0; i < 4; i++)
        if ((words[i] = strtok_r(i ? NULL : line, blanks, &rest)) == NULL)
            return wrong(at, "four columns are wanted: name, role, halls, password hash%s", "");
    if (strtok_r(NULL, blanks, &rest) != NULL)
        return wrong(at, "more than four columns; halls are parted by commas without blanks%s", "");
    if (strlen(words[0]) > TBI_ACCESS_NAME_MAX)
        return wrong(at, "the name '%s' is longer than 63 bytes", words[0]);
    if (tbi_access_user(access, words[0], strlen(words[0])) != NULL)
        return wrong(at, "'%s' stands in the file twice; keep one of the lines", words[0]);
    if ((user->role = tbi_role_find(words[1])) == NULL)
        return wrong(at,
                     "there is no role '%s'; there are platform, kiosk, window, desk, supervisor, "
                     "planner, monitor",
                     words[1]);
    if (strncmp(words[3], "$argon2id$", 10) != 0 || strlen(words[3]) > TBI_ACCESS_HASH_MAX)
        return wrong(at, "the password of '%s' is not an Argon2id hash; `tongban passwd` makes one",
                     words[0]);
    strcpy(user->name, words[0]);
    strcpy(user->hash, words[3]);
    if (!halls_read(at, words[2], user,
                    access->masks + (uint64_t)access->user_count * access->mask_words))
        return false;
    access->user_count++;
    return true;
}

static bool file_read(struct reading *at, FILE *file, struct tbi_access *access)
{
    char *line = NULL;
    size_t room = 0;
    uint32_t user_room = 0;
    bool good = true;

    while (good && getline(&line, &room, file) >= 0) {
        at->line++;
        line[strcspn(line, "#")] = 0;
        if (line[strspn(line, " \t\r\n")] == 0)
            continue;
        if (access->user_count == user_room) {
            /* Masks move with every growth: users are pointed at theirs again below. */
            const uint64_t words = access->mask_words;
            const uint32_t more = user_room ? 2 * user_room : 16;

            access->users = realloc(access->users, more * sizeof *access->users);
            access->masks = realloc(access->masks, more * words * sizeof *access->masks);
            tb_assert(access->users != NULL && access->masks != NULL);
            memset(access->users + user_room, 0, (more - user_room) * sizeof *access->users);
            memset(access->masks + user_room * words, 0, (more - user_room) * words * 8);
            user_room = more;
        }
        good = user_read(at, line, access);
    }
    free(line);
    for (uint32_t i = 0; i < access->user_count; i++)
        access->users[i].stations = access->masks + (uint64_t)i * access->mask_words;
    if (good && access->user_count == 0)
        return wrong(at, "no user stands in the file; `tongban passwd` makes a line%s", "");
    return good;
}

static FILE *file_open(const struct reading *at)
{
    struct stat status;
    FILE *file = fopen(at->path, "re");

    if (file == NULL) {
        snprintf(at->error, TBI_ACCESS_ERROR_MAX, "%s: %s", at->path, strerror(errno));
        return NULL;
    }
    if (fstat(fileno(file), &status) != 0 || (status.st_mode & S_IROTH) != 0) {
        snprintf(at->error, TBI_ACCESS_ERROR_MAX,
                 "%s: anybody on this machine may read it; `chmod o-rwx %s`", at->path, at->path);
        fclose(file);
        return NULL;
    }
    return file;
}

struct tbi_access *tbi_access_load(const char *path, uint32_t station_count, tbi_station_find *find,
                                   const void *context, char error[TBI_ACCESS_ERROR_MAX])
{
    struct reading at = {path, 0, find, context, error};
    FILE *file = file_open(&at);

    if (file == NULL)
        return NULL;
    struct tbi_access *access = calloc(1, sizeof *access);
    tb_assert(access != NULL);
    access->checker.asking = -1;
    access->mask_words = station_count / 64 + 1;
    bool good = file_read(&at, file, access);
    fclose(file);
    if (good &&
        (!tbi_password_hash("", 0, access->unknown_hash) || !tbi_checker_start(&access->checker))) {
        access->checker.asking = -1;
        snprintf(error, TBI_ACCESS_ERROR_MAX, "passwords can't be checked: %s", strerror(errno));
        good = false;
    }
    if (good)
        return access;
    tbi_access_free(access);
    return NULL;
}

void tbi_access_free(struct tbi_access *access)
{
    if (access == NULL)
        return;
    if (access->checker.asking >= 0)
        tbi_checker_stop(&access->checker);
    free(access->users);
    free(access->masks);
    free(access);
}

uint32_t tbi_access_user_count(const struct tbi_access *access)
{
    return access->user_count;
}

const struct tbi_user *tbi_access_user(const struct tbi_access *access, const char *name,
                                       size_t name_bytes)
{
    for (uint32_t i = 0; i < access->user_count; i++)
        if (strlen(access->users[i].name) == name_bytes &&
            memcmp(access->users[i].name, name, name_bytes) == 0)
            return &access->users[i];
    return NULL;
}

bool tbi_access_ask(struct tbi_access *access, uint64_t asker, const char *name, size_t name_bytes,
                    const char *password, size_t password_bytes)
{
    const struct tbi_user *user = tbi_access_user(access, name, name_bytes);
    struct question question = {.asker = asker,
                                .user = user ? (uint32_t)(user - access->users) : TB_NONE,
                                .password_bytes = (uint32_t)password_bytes};

    if (name_bytes > TBI_ACCESS_NAME_MAX || password_bytes > TBI_ACCESS_PASSWORD_MAX)
        return false;
    strcpy(question.hash, user ? user->hash : access->unknown_hash);
    memcpy(question.password, password, password_bytes);
    return tbi_checker_ask(&access->checker, &question);
}

bool tbi_access_answer(struct tbi_access *access, struct tbi_access_answer *answer)
{
    struct verdict verdict;

    if (!tbi_checker_verdict(&access->checker, &verdict))
        return false;
    answer->asker = verdict.asker;
    answer->user = verdict.user < access->user_count ? &access->users[verdict.user] : NULL;
    return true;
}

int tbi_access_fd(const struct tbi_access *access)
{
    return access->checker.asking;
}
