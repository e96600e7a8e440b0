/* Users, roles and passwords: what the access file may hold, and who gets in. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/access.h"
#include "tongban/command.h"

enum { STATIONS = 130 };

static char error[TBI_ACCESS_ERROR_MAX];
static char hash[TBI_ACCESS_HASH_MAX + 1];

/* Ids are "s0" to "s129". */
static uint32_t find(const void *context, const char *id)
{
    (void)context;
    const int station = id[0] == 's' ? atoi(id + 1) : STATIONS;
    return station < STATIONS ? (uint32_t)station : TB_STATION_NONE;
}

static struct tbi_access *load(const char *text, mode_t mode)
{
    char path[] = "/tmp/access.XXXXXX";
    const int file = mkstemp(path);

    cr_assert(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    cr_assert(fchmod(file, mode) == 0 && close(file) == 0);
    struct tbi_access *access = tbi_access_load(path, STATIONS, find, NULL, error);
    unlink(path);
    return access;
}

static const struct tbi_user *login(struct tbi_access *access, const char *name,
                                    const char *password)
{
    struct tbi_access_answer answer;
    struct pollfd wait = {.fd = tbi_access_fd(access), .events = POLLIN};

    cr_assert(tbi_access_ask(access, 77, name, strlen(name), password, strlen(password)));
    cr_assert(poll(&wait, 1, 20000) == 1);
    cr_assert(tbi_access_answer(access, &answer));
    cr_assert(answer.asker == 77);
    return answer.user;
}

Test(access, right_password_gets_in_wrong_password_and_unknown_name_do_not)
{
    char text[512];

    cr_assert(tbi_password_hash("correct horse", 13, hash));
    snprintf(text, sizeof text,
             "# users\n\nkiosk-7 kiosk s1,s129 %s # lobby\nboss supervisor * %s\n", hash, hash);
    struct tbi_access *access = load(text, 0640);
    cr_assert(access != NULL, "%s", error);
    const struct tbi_user *kiosk = login(access, "kiosk-7", "correct horse");
    cr_assert(kiosk != NULL && kiosk->role->letter == 'k');
    cr_assert(tbi_user_reaches(kiosk, 1) && tbi_user_reaches(kiosk, 129));
    cr_assert(!tbi_user_reaches(kiosk, 0) && !tbi_user_reaches(kiosk, 128));
    cr_assert(tbi_user_reaches(login(access, "boss", "correct horse"), 64));
    cr_assert(login(access, "kiosk-7", "correct horsf") == NULL);
    cr_assert(login(access, "kiosk-7", "") == NULL);
    cr_assert(login(access, "nobody", "") == NULL);
    tbi_access_free(access);
}

Test(access, hashes_of_one_password_differ)
{
    char other[TBI_ACCESS_HASH_MAX + 1];

    cr_assert(tbi_password_hash("same", 4, hash) && tbi_password_hash("same", 4, other));
    cr_assert(strcmp(hash, other) != 0);
    cr_assert(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
}

Test(access, too_many_questions_at_once_are_refused_and_lose_nothing)
{
    char text[512];
    struct tbi_access_answer answer;
    unsigned asked = 0, answered = 0;

    cr_assert(tbi_password_hash("p", 1, hash));
    snprintf(text, sizeof text, "a platform * %s\n", hash);
    struct tbi_access *access = load(text, 0600);
    while (asked < 4096 && tbi_access_ask(access, asked, "a", 1, "q", 1))
        asked++;
    cr_assert(asked > 4 && asked < 4096);
    struct pollfd wait = {.fd = tbi_access_fd(access), .events = POLLIN};
    for (; answered < 3; answered++) {
        cr_assert(poll(&wait, 1, 20000) == 1 && tbi_access_answer(access, &answer));
        cr_assert(answer.asker == answered && answer.user == NULL);
    }
    tbi_access_free(access); /* does not wait for all that were asked */
}

struct bad {
    const char *text, *says;
};

Test(access, each_mistake_is_named_with_its_line)
{
    static const struct bad bad[] = {
        {"\na kiosk *\n", ":2: four columns"},
        {"a kiosk * $argon2id$x y\n", ":1: more than four"},
        {"a boss * $argon2id$x\n", "no role 'boss'"},
        {"a kiosk s1,s999 $argon2id$x\n", "no hall or desk 's999'"},
        {"a kiosk * secret\n", "not an Argon2id hash"},
        {"a kiosk * $argon2id$x\na desk * $argon2id$x\n", ":2: 'a' stands in the file twice"},
        {"# nobody\n", "no user"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert(load(bad[i].text, 0600) == NULL, "%s", bad[i].text);
        cr_assert(strstr(error, bad[i].says) != NULL, "%s: %s", bad[i].text, error);
    }
}

Test(access, a_file_that_all_may_read_is_refused)
{
    cr_assert(load("a kiosk * $argon2id$x\n", 0644) == NULL);
    cr_assert(strstr(error, "chmod o-rwx") != NULL, "%s", error);
}

Test(access, many_users_keep_their_own_halls)
{
    static char text[40 * 200];
    size_t used = 0;

    for (int i = 0; i < 100; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "u%d kiosk s%d $argon2id$x\n", i, i);
    struct tbi_access *access = load(text, 0600);
    cr_assert(access != NULL && tbi_access_user_count(access) == 100, "%s", error);
    for (uint32_t i = 0; i < 100; i++) {
        char name[8];
        const int bytes = snprintf(name, sizeof name, "u%u", i);
        const struct tbi_user *user = tbi_access_user(access, name, (size_t)bytes);
        cr_assert(tbi_user_reaches(user, i) && !tbi_user_reaches(user, i + 1));
    }
    tbi_access_free(access);
}

Test(access, every_role_letter_of_the_command_table_is_a_role)
{
    for (uint32_t kind = 1; kind < TB_COMMAND_COUNT; kind++) {
        const struct tb_command_row *row = tb_command_row(kind);

        for (const char *letter = row->roles; *letter; letter++) {
            const struct tbi_role *role = tbi_role_of(*letter);
            cr_assert(role != NULL && role == tbi_role_find(role->name), "%s: %c", row->name,
                      *letter);
            cr_assert(tbi_role_allows(role, row->roles));
        }
    }
    cr_assert(!tbi_role_allows(tbi_role_find("monitor"), tb_command_row(TB_TICKET_TAKE)->roles));
}
