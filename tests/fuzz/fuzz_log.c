/* libFuzzer target: any bytes are a segment of a log. The first byte says whether checksums are
 * made right first, so that what lies behind them is reached: headers, entries, commands. The
 * reader must end, and what it gives must be whole; replay must refuse or leave a city that
 * verifies. `make fuzz` builds and runs it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "log/replay.h"
#include "model/small.h"

enum { SEGMENT_BYTES = 32 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct small *small;
static uint8_t *image, *fresh;
static char folder[] = "/tmp/fuzz-log.XXXXXX";
static int dir = -1;

static void begin(void)
{
    small = small_config();
    small->bytes = tb_city_bytes(&small->config);
    small->city = aligned_alloc(TB_CITY_ALIGN, (small->bytes + 63) / 64 * 64);
    fresh = malloc(small->bytes);
    image = malloc(SEGMENT_BYTES);
    tb_assert(small->city != NULL && fresh != NULL && image != NULL && mkdtemp(folder) != NULL);
    tb_assert(tb_city_init(small->city, small->bytes, &small->config) == TB_STATUS_OK);
    memcpy(fresh, small->city, small->bytes);
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    tb_assert(dir >= 0);
}

/* Makes the bytes a segment with one group of what they say. */
static void mend(size_t size)
{
    const struct tbi_log_segment head = {.magic = TBI_LOG_SEGMENT_MAGIC,
                                         .config_id = tb_city_config_id(small->city),
                                         .index = 1,
                                         .lsn = 1,
                                         .bytes = SEGMENT_BYTES,
                                         .version = TBI_LOG_VERSION};
    const size_t used = size < sizeof(struct tbi_log_group) + 32 ? 96 : size;

    memmove(image + TBI_LOG_BLOCK, image, used);
    memcpy(image, &head, sizeof head);
    tbi_log_block_seal(image, sizeof head);
    uint32_t count;
    memcpy(&count, image + TBI_LOG_BLOCK, sizeof count);
    tbi_log_group_seal(image + TBI_LOG_BLOCK, (uint32_t)used, count % 64, 1, 0, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tbi_log_reader reader;
    struct tbi_log_replay replay;
    struct tbi_log_read read;
    char error[TBI_LOG_ERROR_MAX];

    if (small == NULL)
        begin();
    if (size == 0 || size > SEGMENT_BYTES - 2 * TBI_LOG_BLOCK)
        return 0;
    memset(image, 0, SEGMENT_BYTES);
    memcpy(image, data + 1, size - 1);
    if (data[0] % 4 != 0)
        mend(size - 1);
    const int file = openat(dir, "segment-000000000001.log", O_RDWR | O_CREAT, 0600);
    tb_assert(file >= 0 && tbi_log_write_all(file, image, SEGMENT_BYTES, 0) == 0);
    close(file);
    memcpy(small->city, fresh, small->bytes);
    tb_assert(tbi_log_replay_open(&replay, small->city) == 0);
    int status = tbi_log_reader_open(&reader, folder, dir, 0, 1, error);
    while (status >= 0 && (status = tbi_log_reader_next(&reader, &read, error)) == 1) {
        tb_assert(read.data >= reader.bytes && read.data < reader.bytes + SEGMENT_BYTES);
        if (tbi_log_replay_entry(&replay, &read, folder, error) != 0)
            break;
    }
    tb_assert(tb_city_verify(small->city) == NULL);
    tbi_log_replay_close(&replay);
    tbi_log_reader_close(&reader);
    return 0;
}
