/* libFuzzer: any bytes, cut at any place, must give the same requests as in one piece, and never
 * read beyond what was received. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/resp.h"

/* Requests, and bytes used by them. */
static size_t read_all(const char *data, size_t bytes, unsigned *requests)
{
    size_t at = 0;

    for (;;) {
        struct tbi_request request;
        const char *error = NULL;
        size_t used = 0;
        if (tbi_resp_read(data + at, bytes - at, &request, &used, &error) != TBI_RESP_GOOD)
            return at;
        tb_assert(used > 0 && used <= bytes - at && request.count <= TBI_ARGUMENTS_MAX);
        for (uint32_t i = 0; i < request.count; i++)
            tb_assert(request.arguments[i].text >= data + at &&
                      request.arguments[i].text + request.arguments[i].bytes <= data + at + used);
        at += used;
        ++*requests;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    unsigned whole = 0, parts = 0;

    if (bytes < 2)
        return 0;
    const size_t cut = data[0] % bytes;
    char *text = malloc(bytes - 1);
    memcpy(text, data + 1, bytes - 1);
    const size_t end = read_all(text, bytes - 1, &whole);
    const size_t first = read_all(text, cut < bytes - 1 ? cut : bytes - 1, &parts);
    tb_assert(first + read_all(text + first, bytes - 1 - first, &parts) == end && whole == parts);
    free(text);
    return 0;
}
