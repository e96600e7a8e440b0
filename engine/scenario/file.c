#define _GNU_SOURCE /* strerrordesc_np: what an error means, whatever the locale */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { FILE_BYTES_MAX = 64 << 20 };

/* Bytes of the valid UTF-8 character at text, 0 if it is not valid (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_bytes(const unsigned char *text, size_t left)
{
    const unsigned char first = text[0];
    size_t bytes = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (bytes == 0 || first > 0xf4 || bytes > left)
        return 0;
    for (size_t i = 1; i < bytes; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] >= 0xa0) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] >= 0x90))
        return 0;
    return bytes;
}

/* How many bytes at the front are valid UTF-8. */
static size_t utf8_valid(const unsigned char *text, size_t bytes)
{
    size_t at = 0;

    for (size_t step; at < bytes && (step = utf8_bytes(text + at, bytes - at)) > 0;)
        at += step;
    return at;
}

uint32_t tbi_file_characters(const char *text, size_t bytes)
{
    uint32_t count = 0;

    for (size_t i = 0; i < bytes; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static struct tbi_at place(const char *path, const char *text, size_t offset)
{
    struct tbi_at at = {path, 1, 1};
    size_t line = 0;

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            at.line++;
            line = i + 1;
        }
    }
    at.column = tbi_file_characters(text + line, offset - line) + 1;
    return at;
}

/* GB18030 to UTF-8. NULL: it is none; *offset says where. */
static char *from_gb18030(struct tbi_arena *arena, const char *bytes, size_t byte_count,
                          size_t *out_bytes, size_t *offset)
{
    const iconv_t convert = iconv_open("UTF-8", "GB18030");
    /* One byte gives at most three, two give at most three, four give four. */
    const size_t room = byte_count * 3;
    char *out = tbi_arena_take(arena, room + 1), *to = out, *from = (char *)bytes;
    size_t from_left = byte_count, to_left = room;

    *offset = 0;
    if (convert == (iconv_t)-1)
        return NULL;
    const size_t converted = iconv(convert, &from, &from_left, &to, &to_left);
    iconv_close(convert);
    *offset = byte_count - from_left;
    *out_bytes = room - to_left;
    return converted == (size_t)-1 ? NULL : out;
}

static bool is_utf16(const unsigned char *bytes, size_t count)
{
    return count >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) ||
                          (bytes[0] == 0xfe && bytes[1] == 0xff));
}

/* A ZIP archive, or what was there before. */
static bool is_workbook(const char *bytes, size_t count)
{
    return count >= 4 && (memcmp(bytes, "PK\x03\x04", 4) == 0 ||
                          memcmp(bytes, "\xd0\xcf\x11\xe0", 4) == 0);
}

enum tbi_file_result tbi_file_decode(struct tbi_arena *arena, const char *path,
                                     const void *bytes, size_t byte_count, struct tbi_file *file,
                                     struct tb_scenario_problems *problems)
{
    const char *text = bytes;
    size_t offset;

    *file = (struct tbi_file){.path = path, .encoding = "UTF-8"};
    if (is_utf16(bytes, byte_count)) {
        tbi_wrong(problems, (struct tbi_at){path, 0, 0}, TBI_WRONG_FILE_UTF16, NULL, NULL, NULL);
        return TBI_FILE_WRONG;
    }
    if (is_workbook(bytes, byte_count)) {
        tbi_wrong(problems, (struct tbi_at){path, 0, 0}, TBI_WRONG_FILE_WORKBOOK, NULL, NULL,
                  NULL);
        return TBI_FILE_WRONG;
    }
    file->hash = XXH3_64bits(bytes, byte_count);
    if (byte_count >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        file->encoding = "UTF-8 with BOM";
        text += 3;
        byte_count -= 3;
    }
    const char *zero = byte_count == 0 ? NULL : memchr(text, 0, byte_count);
    if (zero != NULL) {
        tbi_wrong(problems, place(path, text, (size_t)(zero - text)), TBI_WRONG_FILE_BINARY, NULL,
                  NULL, NULL);
        return TBI_FILE_WRONG;
    }
    const size_t valid = utf8_valid((const unsigned char *)text, byte_count);
    file->bytes = byte_count;
    if (valid == byte_count) {
        file->text = tbi_arena_text(arena, text, byte_count);
    } else {
        if (strcmp(file->encoding, "UTF-8") == 0)
            file->text = from_gb18030(arena, text, byte_count, &file->bytes, &offset);
        if (file->text == NULL) {
            tbi_wrong(problems, place(path, text, valid), TBI_WRONG_FILE_ENCODING, NULL, NULL,
                      NULL);
            return TBI_FILE_WRONG;
        }
        file->encoding = "GB18030";
    }
    file->crlf = strstr(file->text, "\r\n") != NULL;
    return TBI_FILE_OK;
}

static char *whole(int descriptor, size_t bytes)
{
    char *memory = malloc(bytes + 1);
    size_t got = 0;

    tb_assert(memory != NULL);
    while (got < bytes) {
        const ssize_t some = read(descriptor, memory + got, bytes - got);

        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0) {
            errno = some == 0 ? EIO : errno; /* it shrank while it was read */
            free(memory);
            return NULL;
        }
        got += (size_t)some;
    }
    return memory;
}

enum tbi_file_result tbi_file_read(struct tbi_arena *arena, const char *path,
                                   struct tbi_file *file,
                                   struct tb_scenario_problems *problems)
{
    const struct tbi_at at = {path, 0, 0};
    struct stat status;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR))
        return TBI_FILE_ABSENT;
    if (descriptor < 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        const int error = descriptor >= 0 ? EINVAL : errno;

        if (descriptor >= 0)
            close(descriptor);
        tbi_wrong(problems, at, TBI_WRONG_FILE_READ, strerrordesc_np(error), NULL, NULL);
        return TBI_FILE_WRONG;
    }
    if (status.st_size > FILE_BYTES_MAX) {
        close(descriptor);
        tbi_wrong(problems, at, TBI_WRONG_FILE_LARGE, NULL, NULL, NULL);
        return TBI_FILE_WRONG;
    }
    char *bytes = whole(descriptor, (size_t)status.st_size);
    const int error = errno;
    close(descriptor);
    if (bytes == NULL) {
        tbi_wrong(problems, at, TBI_WRONG_FILE_READ, strerrordesc_np(error), NULL, NULL);
        return TBI_FILE_WRONG;
    }
    const enum tbi_file_result result =
        tbi_file_decode(arena, path, bytes, (size_t)status.st_size, file, problems);
    free(bytes);
    return result;
}
