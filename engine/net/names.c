#include "names.h"

#include <sodium.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* One open-addressing table for all three kinds of ids. */
enum kind { STATION, SERVER, MATTER };

struct entry {
    const char *id; /* NULL: free */
    uint32_t index;
    uint16_t bytes;
    uint8_t kind;
};

struct tbi_names {
    const struct tb_scenario *scenario;
    struct entry *entries;
    uint32_t mask;
    bool digits[3]; /* an id of that kind begins with a digit */
    unsigned char key[TBI_KEY_BYTES];
};

_Static_assert(TBI_KEY_BYTES == crypto_shorthash_KEYBYTES, "SipHash's key");
_Static_assert(crypto_shorthash_BYTES == 8, "a checksum is a word");

static uint32_t slot_of(const struct tbi_names *names, enum kind kind, const char *id, size_t bytes)
{
    return (uint32_t)XXH3_64bits_withSeed(id, bytes, kind) & names->mask;
}

static void add(struct tbi_names *names, enum kind kind, uint32_t index, const char *id)
{
    uint32_t slot = slot_of(names, kind, id, strlen(id));

    names->digits[kind] |= id[0] >= '0' && id[0] <= '9';
    while (names->entries[slot].id != NULL)
        slot = (slot + 1) & names->mask;
    names->entries[slot] = (struct entry){id, index, (uint16_t)strlen(id), (uint8_t)kind};
}

static uint32_t number_of(const struct tbi_argument *text, uint32_t count)
{
    int64_t number;

    return tbi_argument_integer(text, &number) && number >= 0 && number < count ? (uint32_t)number
                                                                                : TB_NONE;
}

/* Of one to four characters, the first of which is a digit. */
static uint32_t short_number(const struct tbi_argument *text, uint32_t count)
{
    uint32_t number = 0;

    for (uint32_t i = 0; i < text->bytes; i++) {
        const uint32_t digit = (unsigned char)text->text[i] - '0';

        if (digit > 9)
            return TB_NONE;
        number = number * 10 + digit;
    }
    return number < count ? number : TB_NONE;
}

static inline uint32_t find(const struct tbi_names *names, enum kind kind,
                            const struct tbi_argument *text, uint32_t count)
{
    if (!names->digits[kind] && text->bytes > 0 && text->text[0] >= '0' && text->text[0] <= '9')
        return text->bytes <= 4 ? short_number(text, count) : number_of(text, count);
    for (uint32_t slot = slot_of(names, kind, text->text, text->bytes);
         names->entries[slot].id != NULL; slot = (slot + 1) & names->mask) {
        const struct entry *entry = &names->entries[slot];

        if (entry->kind == kind && entry->bytes == text->bytes &&
            memcmp(entry->id, text->text, text->bytes) == 0)
            return entry->index;
    }
    return number_of(text, count);
}

struct tbi_names *tbi_names_make(const struct tb_scenario *scenario,
                                 const unsigned char key[TBI_KEY_BYTES])
{
    struct tbi_names *names = calloc(1, sizeof *names);
    uint32_t room = 16;

    tb_assert(names != NULL && sodium_init() >= 0);
    names->scenario = scenario;
    memcpy(names->key, key, sizeof names->key);
    while (room <
           2 * (scenario->config.station_count + scenario->server_count + scenario->matter_count))
        room *= 2;
    names->entries = calloc(room, sizeof *names->entries);
    tb_assert(names->entries != NULL);
    names->mask = room - 1;
    for (uint32_t i = 0; i < scenario->config.station_count; i++)
        add(names, STATION, i, tbi_names_station_id(names, i));
    for (uint32_t i = 0; i < scenario->server_count; i++)
        add(names, SERVER, i, scenario->servers[i].label.id);
    for (uint32_t i = 0; i < scenario->matter_count; i++)
        add(names, MATTER, i, scenario->matters[i].label.id);
    return names;
}

void tbi_names_free(struct tbi_names *names)
{
    sodium_memzero(names->key, sizeof names->key);
    free(names->entries);
    free(names);
}

uint32_t tbi_names_station(const struct tbi_names *names, const struct tbi_argument *text)
{
    return find(names, STATION, text, names->scenario->config.station_count);
}

uint32_t tbi_names_server(const struct tbi_names *names, const struct tbi_argument *text)
{
    return find(names, SERVER, text, names->scenario->server_count);
}

uint32_t tbi_names_matter(const struct tbi_names *names, const struct tbi_argument *text)
{
    return find(names, MATTER, text, names->scenario->matter_count);
}

const char *tbi_names_station_id(const struct tbi_names *names, uint32_t station)
{
    const struct tb_scenario *s = names->scenario;

    if (station < s->hall_count)
        return s->halls[station].label.id;
    station -= s->hall_count;
    return station < s->desk_count ? s->desks[station].label.id : "remote";
}

const char *tbi_names_server_id(const struct tbi_names *names, uint32_t server)
{
    return names->scenario->servers[server].label.id;
}

const char *tbi_names_matter_id(const struct tbi_names *names, uint32_t matter)
{
    return names->scenario->matters[matter].label.id;
}

static uint64_t checksum(const struct tbi_names *names, const void *data, size_t bytes)
{
    uint64_t sum;

    crypto_shorthash((unsigned char *)&sum, data, bytes, names->key);
    return sum;
}

/* Eight digits at once: a byte for each half byte, the highest first, then '0' or 'a' - 10 added.
 */
static void hex_eight(char *out, uint32_t word)
{
    uint64_t x = __builtin_bswap32(word);

    x = (x | x << 16) & 0x0000ffff0000ffffu;
    x = (x | x << 8) & 0x00ff00ff00ff00ffu;
    x = (x >> 4 | x << 8) & 0x0f0f0f0f0f0f0f0fu;
    const uint64_t letters = (x + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
    x += 0x3030303030303030u + letters * ('a' - 10 - '0');
    memcpy(out, &x, sizeof x);
}

static void hex_print(char out[16], uint64_t word)
{
    hex_eight(out, (uint32_t)(word >> 32));
    hex_eight(out + 8, (uint32_t)word);
}

static bool hex_read(const char *text, uint64_t *word)
{
    *word = 0;
    for (int i = 0; i < 16; i++) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return false;
        *word = *word << 4 | (uint64_t)digit;
    }
    return true;
}

void tbi_names_ref_print(const struct tbi_names *names, tb_ref ref, char out[TBI_REF_TEXT])
{
    hex_print(out, ref);
    hex_print(out + 16, checksum(names, &ref, sizeof ref));
}

bool tbi_names_ref_read(const struct tbi_names *names, const struct tbi_argument *text, tb_ref *ref)
{
    uint64_t sum;

    return text->bytes == TBI_REF_TEXT && hex_read(text->text, ref) &&
           hex_read(text->text + 16, &sum) && sum == checksum(names, ref, sizeof *ref);
}

uint64_t tbi_names_citizen(const struct tbi_names *names, const struct tbi_argument *text)
{
    return checksum(names, text->text, text->bytes);
}
