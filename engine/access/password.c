#include <argon2.h>
#include <string.h>
#include <sys/random.h>

#include "access.h"

enum { PASSES = 2, MEMORY_KIB = 19456, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32 };

bool tbi_password_hash(const char *password, size_t password_bytes,
                       char hash[TBI_ACCESS_HASH_MAX + 1])
{
    unsigned char salt[SALT_BYTES];

    if (getrandom(salt, sizeof salt, 0) != (ssize_t)sizeof salt)
        return false;
    return argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, password_bytes, salt,
                                 sizeof salt, HASH_BYTES, hash,
                                 TBI_ACCESS_HASH_MAX + 1) == ARGON2_OK;
}
