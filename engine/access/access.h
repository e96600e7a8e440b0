/* access.h: who may call the scheduler, and with which password.
 *
 * The access file has one user a line, in four columns parted by blanks; # begins a comment:
 *
 *     # name    role      halls            password
 *     app       platform  *                $argon2id$v=19$m=19456,t=2,p=1$...
 *     kiosk-7   kiosk     police/city,tax  $argon2id$v=19$m=19456,t=2,p=1$...
 *
 * `tongban passwd NAME ROLE [HALLS]` makes such a line. Roles are those of command.def. Halls are
 * ids of halls and desks of the scenario, or * for all. The file is refused where others than its
 * owner and group may read it.
 *
 * Passwords are kept as Argon2id hashes only (RFC 9106; its second recommended set of parameters
 * is for big machines, these are OWASP's for servers: 19 MiB, 2 passes, 1 lane), which take some
 * 20 ms each to check. So a thread of its own checks them, one after the other: who guesses slows
 * nobody but those who log in. An unknown name costs the same time as a wrong password.
 *
 * Owner: an access is its maker's; users live as long as it. Errors: a sentence with file and line
 * in the caller's buffer. Threads: all functions belong to the thread that loaded it. Progress:
 * tbi_access_ask and tbi_access_answer never block; load and free do. */
#ifndef TBI_ACCESS_ACCESS_H
#define TBI_ACCESS_ACCESS_H

#include "tongban/base.h"

enum {
    TBI_ACCESS_NAME_MAX = 63,      /* bytes of a user's name */
    TBI_ACCESS_PASSWORD_MAX = 255, /* bytes of a password */
    TBI_ACCESS_HASH_MAX = 127,     /* characters of an encoded hash */
    TBI_ACCESS_ERROR_MAX = 512,
};

/* A role: its letter in command.def's roles, and its name. */
struct tbi_role {
    char letter;
    const char *name, *zh;
};
const struct tbi_role *tbi_role_find(const char *name);               /* NULL: there is none */
const struct tbi_role *tbi_role_of(char letter);                      /* NULL: there is none */
bool tbi_role_allows(const struct tbi_role *role, const char *roles); /* roles: of command.def */

struct tbi_user {
    char name[TBI_ACCESS_NAME_MAX + 1];
    const struct tbi_role *role;
    bool everywhere;          /* all stations; else those in the mask */
    const uint64_t *stations; /* one bit a station */
    char hash[TBI_ACCESS_HASH_MAX + 1];
};

static inline bool tbi_user_reaches(const struct tbi_user *user, uint32_t station)
{
    return user->everywhere || (user->stations[station / 64] >> (station % 64) & 1) != 0;
}

struct tbi_access;

/* The station of an id of the access file; TB_STATION_NONE: unknown. */
typedef uint32_t tbi_station_find(const void *context, const char *id);

/* NULL: `error` says what is wrong, where, and what to do. */
struct tbi_access *tbi_access_load(const char *path, uint32_t station_count, tbi_station_find *find,
                                   const void *context, char error[TBI_ACCESS_ERROR_MAX]);
void tbi_access_free(struct tbi_access *access); /* NULL is allowed; waits for the check at hand */

uint32_t tbi_access_user_count(const struct tbi_access *access);
const struct tbi_user *tbi_access_user(const struct tbi_access *access, const char *name,
                                       size_t name_bytes); /* NULL: unknown */

/* Is this the user's password? The answer comes later, by tbi_access_answer; `asker` comes back in
 * it. False: too many are being checked, or name or password are too long. */
bool tbi_access_ask(struct tbi_access *access, uint64_t asker, const char *name, size_t name_bytes,
                    const char *password, size_t password_bytes);

struct tbi_access_answer {
    uint64_t asker;
    const struct tbi_user *user; /* NULL: wrong name or password */
};
bool tbi_access_answer(struct tbi_access *access, struct tbi_access_answer *answer);

/* Readable while an answer is there: for poll or io_uring. */
int tbi_access_fd(const struct tbi_access *access);

/* A new hash with a salt of its own, of the kernel's random numbers. False: errno says why.
 * Blocking, some 20 ms. */
bool tbi_password_hash(const char *password, size_t password_bytes,
                       char hash[TBI_ACCESS_HASH_MAX + 1]);

#endif
