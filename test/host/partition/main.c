// SPDX-License-Identifier: MIT
//
// Partition tables: built here, read, damaged, read again. A disk is an array on the heap of just
// its size: AddressSanitizer sees reads beyond, and the tests' read() refuses blocks beyond.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <partition/partition.h>
#include <zircon/errors.h>

#define BLOCKS 256u

static uint8_t *bytes;
static uint64_t bad_block; // cannot be read
static struct partition_table table;

static zx_status_t read_block(void *context, uint64_t block, void *out)
{
    const struct partition_disk *disk = context;

    assert_true(block < disk->blocks);
    if (block == bad_block) {
        return ZX_ERR_IO;
    }
    memcpy(out, bytes + block * disk->block_size, disk->block_size);
    return ZX_OK;
}

static struct partition_disk disk;

static void begin(uint64_t blocks, uint32_t block_size)
{
    free(bytes);
    bytes = calloc(blocks, block_size);
    assert_non_null(bytes);
    bad_block = UINT64_MAX;
    disk = (struct partition_disk){read_block, &disk, blocks, block_size};
}

static zx_status_t read_table(void)
{
    zx_status_t status = partition_read(&disk, &table);

    assert_true(table.count <= PARTITION_MAX);
    for (uint32_t i = 0; i < table.count; i++) {
        const struct partition *partition = &table.entries[i];

        assert_true(partition->count != 0 && partition->first < disk.blocks);
        assert_true(partition->count <= disk.blocks - partition->first);
        assert_true(memchr(partition->name, '\0', sizeof(partition->name)) != NULL);
    }
    return status;
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static void put64(uint8_t *at, uint64_t value)
{
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

// ---- MBR ----------------------------------------------------------------------------------------

static void put_entry(uint64_t block, uint32_t index, uint8_t system, uint32_t first,
                      uint32_t count)
{
    uint8_t *record = bytes + block * disk.block_size, *at = record + 446 + 16 * index;

    at[4] = system;
    put32(at + 8, first);
    put32(at + 12, count);
    record[510] = 0x55;
    record[511] = 0xaa;
}

static void test_nothing(void **state)
{
    (void)state;
    begin(BLOCKS, 512);
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.kind, PARTITION_NONE);
    bad_block = 0;
    assert_int_equal(read_table(), ZX_ERR_IO);
    begin(1, 512);
    assert_int_equal(read_table(), ZX_OK);
    disk.blocks = 0;
    assert_int_equal(read_table(), ZX_OK);
    static const uint32_t sizes[] = {0, 1, 256, 511, 768, 8192};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        disk.block_size = sizes[i];
        assert_int_equal(partition_read(&disk, &table), ZX_ERR_INVALID_ARGS);
    }
}

static void test_primary(void **state)
{
    (void)state;
    begin(BLOCKS, 512);
    put_entry(0, 0, 0x0c, 1, 10);
    put_entry(0, 2, 0x83, 11, BLOCKS - 11);
    bytes[446 + 32] = 0x80;
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.kind, PARTITION_MBR);
    assert_int_equal(table.count, 2);
    assert_int_equal(table.left_out, 0);
    assert_int_equal(table.entries[0].number, 1);
    assert_int_equal(table.entries[0].system, 0x0c);
    assert_int_equal(table.entries[0].active, 0);
    assert_int_equal(table.entries[1].number, 3);
    assert_int_equal(table.entries[1].first, 11);
    assert_int_equal(table.entries[1].count, BLOCKS - 11);
    assert_int_equal(table.entries[1].active, 1);
}

static void test_outside(void **state)
{
    (void)state;
    begin(BLOCKS, 512);
    put_entry(0, 0, 0x83, 0, 10);                  // the table itself
    put_entry(0, 1, 0x83, BLOCKS, 1);              // behind the end
    put_entry(0, 2, 0x83, 10, BLOCKS - 9);         // a block too long
    put_entry(0, 3, 0x83, UINT32_MAX, UINT32_MAX); // wraps round
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.count, 0);
    assert_int_equal(table.left_out, 4);
    put_entry(0, 0, 0x83, 10, 0);
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.left_out, 4);
}

// An extended partition at 100 with three logical ones.
static void put_logical(void)
{
    begin(BLOCKS, 512);
    put_entry(0, 0, 0x83, 10, 20);
    put_entry(0, 1, 0x05, 100, 100);
    put_entry(100, 0, 0x83, 1, 9);
    put_entry(100, 1, 0x05, 10, 20);
    put_entry(110, 0, 0x82, 2, 8);
    put_entry(110, 1, 0x05, 20, 20);
    put_entry(120, 0, 0x0c, 1, 9);
}

static void test_logical(void **state)
{
    (void)state;
    put_logical();
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.count, 5);
    assert_int_equal(table.left_out, 0);
    assert_int_equal(table.entries[1].number, 2);
    assert_int_equal(table.entries[2].number, 5);
    assert_int_equal(table.entries[2].first, 101);
    assert_int_equal(table.entries[3].first, 112);
    assert_int_equal(table.entries[3].system, 0x82);
    assert_int_equal(table.entries[4].number, 7);
    assert_int_equal(table.entries[4].first, 121);
    bad_block = 110;
    assert_int_equal(read_table(), ZX_ERR_IO);
}

// Chains that go round, back, out of the disk, or to what is no record, end.
static void test_chains(void **state)
{
    static const uint32_t places[] = {0, 10, 5, 1000, UINT32_MAX, 60};

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        put_logical();
        put_entry(110, 1, 0x05, places[i], 20);
        assert_int_equal(read_table(), ZX_OK);
        assert_int_equal(table.count, 4);
        assert_int_equal(table.left_out, 1);
    }
    // A chain as long as the disk.
    begin(2000, 512);
    put_entry(0, 0, 0x05, 1, 1999);
    for (uint32_t at = 1; at < 1999; at++) {
        put_entry(at, 1, 0x05, at, 1);
        put_entry(at, 0, 0x83, 0, 1);
    }
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.count, PARTITION_MAX);
}

// ---- GPT ----------------------------------------------------------------------------------------

static uint8_t *entry_of(uint64_t list, uint32_t index)
{
    return bytes + list * disk.block_size + 128 * index;
}

// Gives one copy its checksums.
static void seal(uint64_t header_at, uint64_t list, uint32_t count)
{
    uint8_t *header = bytes + header_at * disk.block_size;

    put32(header + 88, partition_crc(0, entry_of(list, 0), 128 * (size_t)count));
    put32(header + 16, 0);
    put32(header + 16, partition_crc(0, header, 92));
}

static void put_header(uint64_t at, uint64_t other, uint64_t list, uint32_t count)
{
    uint8_t *header = bytes + at * disk.block_size;

    memcpy(header, "EFI PART\0\0\1", 12);
    put32(header + 12, 92);
    put64(header + 24, at);
    put64(header + 32, other);
    put64(header + 40, 40);
    put64(header + 48, disk.blocks - 40);
    put64(header + 72, list);
    put32(header + 80, count);
    put32(header + 84, 128);
    seal(at, list, count);
}

static void put_partition(uint64_t list, uint32_t index, uint64_t first, uint64_t last,
                          const char *name)
{
    uint8_t *at = entry_of(list, index);

    for (uint8_t i = 0; i < 32; i++) {
        at[i] = (uint8_t)(0x10 + i);
    }
    put64(at + 32, first);
    put64(at + 40, last);
    for (uint32_t i = 0; name[i] != '\0'; i++) {
        at[56 + 2 * i] = (uint8_t)name[i];
    }
}

#define COUNT 128u

static uint64_t last_list(void)
{
    return disk.blocks - 1 - COUNT * 128 / disk.block_size;
}

// Both copies with the same two partitions.
static void put_gpt(uint32_t block_size)
{
    begin(BLOCKS, block_size);
    put_entry(0, 0, 0xee, 1, BLOCKS - 1);
    for (int copy = 0; copy < 2; copy++) {
        uint64_t list = copy == 0 ? 2 : last_list();

        put_partition(list, 0, 40, 99, "first");
        put_partition(list, 5, 100, BLOCKS - 40, "second");
    }
    put_header(1, BLOCKS - 1, 2, COUNT);
    put_header(BLOCKS - 1, 1, last_list(), COUNT);
}

static void assert_two(bool backup)
{
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.kind, PARTITION_GPT);
    assert_int_equal(table.backup, backup);
    assert_int_equal(table.count, 2);
    assert_int_equal(table.left_out, 0);
    assert_int_equal(table.entries[0].number, 1);
    assert_int_equal(table.entries[0].first, 40);
    assert_int_equal(table.entries[0].count, 60);
    assert_string_equal(table.entries[0].name, "first");
    assert_int_equal(table.entries[1].number, 6);
    assert_int_equal(table.entries[1].count, BLOCKS - 40 - 100 + 1);
    assert_string_equal(table.entries[1].name, "second");
}

static void test_gpt(void **state)
{
    char text[37];

    (void)state;
    for (uint32_t size = 512; size <= 4096; size *= 2) {
        put_gpt(size);
        assert_two(false);
    }
    partition_guid_text(table.entries[0].type, text);
    assert_string_equal(text, "13121110-1514-1716-1819-1a1b1c1d1e1f");
    // The check value of the checksum's definition.
    assert_int_equal(partition_crc(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(partition_crc(partition_crc(0, "1234", 4), "56789", 5), 0xcbf43926);
}

// Which of two that share blocks is right, nobody knows: both are listed, and counted.
static void test_overlapping(void **state)
{
    (void)state;
    put_gpt(512);
    assert_two(false);
    assert_int_equal(table.overlapping, 0);
    put_partition(2, 7, 99, 99, "third");
    put_partition(2, 8, BLOCKS - 39, BLOCKS - 39, "outside");
    put_header(1, BLOCKS - 1, 2, COUNT);
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.count, 3);
    assert_int_equal(table.left_out, 1);
    assert_int_equal(table.overlapping, 2);

    begin(BLOCKS, 512);
    put_entry(0, 0, 0x83, 1, 10);
    put_entry(0, 1, 0x83, 11, 10);
    put_entry(0, 2, 0x05, 30, 20); // holds the logical one
    put_entry(30, 0, 0x83, 1, 10);
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.count, 4);
    assert_int_equal(table.overlapping, 0);
    put_entry(0, 1, 0x83, 10, 22); // into the first, and the logical one
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.overlapping, 3);
}

// Each byte of the header and of the list that is used is under a checksum: the other copy counts.
static void test_damaged(void **state)
{
    (void)state;
    put_gpt(512);
    for (size_t at = 512; at < 512 + 92; at++) {
        bytes[at] ^= 0x10;
        assert_two(true);
        bytes[at] ^= 0x10;
    }
    for (size_t at = 1024; at < 1024 + COUNT * 128; at += 61) {
        bytes[at] ^= 1;
        assert_two(true);
        bytes[at] ^= 1;
    }
    assert_two(false);
    bytes[612] ^= 1; // behind the header: not under the checksum
    assert_two(false);
    assert_false(table.no_backup);
    bytes[(BLOCKS - 1) * 512 + 20] ^= 1;
    assert_two(false);
    assert_true(table.no_backup);
    bytes[(BLOCKS - 1) * 512 + 20] ^= 1;
    bad_block = BLOCKS - 1;
    assert_two(false);
    assert_true(table.no_backup);
    bad_block = UINT64_MAX;
    for (size_t at = last_list() * 512; at < last_list() * 512 + COUNT * 128; at += 61) {
        bytes[at] ^= 1;
        assert_two(false);
        assert_true(table.no_backup);
        bytes[at] ^= 1;
    }
    assert_two(false);
    assert_false(table.no_backup);
    assert_false(table.copy_elsewhere);
    bytes[512] ^= 1;
    bytes[(BLOCKS - 1) * 512] ^= 1;
    assert_int_equal(read_table(), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(table.count, 0);
    begin(2, 512);
    put_entry(0, 0, 0xee, 1, 1);
    assert_int_equal(read_table(), ZX_ERR_IO_DATA_INTEGRITY);
}

// An image that was written to a larger disk: its copy is whole, where the image had its end.
static void test_on_a_larger_disk(void **state)
{
    (void)state;
    put_gpt(512);
    uint64_t copy = last_list();

    disk.blocks = 2 * BLOCKS;
    assert_two(false);
    assert_true(table.copy_elsewhere);
    assert_false(table.no_backup);
    bytes[copy * 512] ^= 1;
    assert_two(false);
    assert_true(table.copy_elsewhere);
    assert_true(table.no_backup);
    bytes[copy * 512] ^= 1;
    disk.blocks = BLOCKS - 1; // the copy is behind the end of a smaller one
    assert_two(false);
    assert_true(table.copy_elsewhere);
    assert_true(table.no_backup);
}

// Fields that lie under good checksums.
static void test_hostile(void **state)
{
    static const struct {
        uint32_t at;
        uint64_t value; // of 8 bytes, or of 4
        uint32_t size;
    } fields[] = {
        {12, 91, 4},     {12, 513, 4},        {12, UINT32_MAX, 4}, {24, 2, 8},
        {40, 300, 8},    {48, BLOCKS, 8},     {48, UINT64_MAX, 8}, {48, 39, 8},
        {72, BLOCKS, 8}, {72, UINT64_MAX, 8}, {80, 1u << 20, 4},   {80, UINT32_MAX, 4},
        {84, 0, 4},      {84, 64, 4},         {84, 192, 4},        {84, 1024, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t *header;

        put_gpt(512);
        header = bytes + 512;
        if (fields[i].size == 8) {
            put64(header + fields[i].at, fields[i].value);
        } else {
            put32(header + fields[i].at, (uint32_t)fields[i].value);
        }
        put32(header + 16, 0);
        put32(header + 16, partition_crc(0, header, 92));
        assert_two(true);
    }
    put_gpt(512);
    put_partition(2, 10, 39, 45, "before");
    put_partition(2, 11, 50, BLOCKS - 39, "behind");
    put_partition(2, 12, 60, 59, "backwards");
    put_partition(2, 13, 0, UINT64_MAX, "everything");
    seal(1, 2, COUNT);
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(table.count, 2);
    assert_int_equal(table.left_out, 4);
}

static void test_names(void **state)
{
    static const uint8_t units[] = {0xe9, 0,    0xac, 0x20, 0x3d, 0xd8, 0x00,
                                    0xde, 0x3d, 0xd8, 0x41, 0,    0x1b, 0};
    uint8_t *entry;

    (void)state;
    put_gpt(512);
    entry = entry_of(2, 0);
    memset(entry + 56, 0, 72);
    memcpy(entry + 56, units, sizeof(units));
    seal(1, 2, COUNT);
    assert_int_equal(read_table(), ZX_OK);
    assert_string_equal(table.entries[0].name, "é€😀\xef\xbf\xbd"
                                               "A\xef\xbf\xbd");
    memset(entry + 56, 0x20, 72); // 36 characters of three bytes, and no NUL
    seal(1, 2, COUNT);
    assert_int_equal(read_table(), ZX_OK);
    assert_int_equal(strlen(table.entries[0].name), 36 * 3);
}

static void test_mutated(void **state)
{
    uint64_t dice = 7;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        if (round % 2 == 0) {
            put_logical();
        } else {
            put_gpt(512);
        }
        for (unsigned i = 0; i < 1 + round % 5; i++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            bytes[(dice >> 33) % (round % 3 == 0 ? BLOCKS * 512 : 1536)] = (uint8_t)(dice >> 25);
        }
        if (round % 4 == 1) {
            seal(1, 2, COUNT);
        }
        (void)read_table();
    }
    free(bytes);
    bytes = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing), cmocka_unit_test(test_primary),
        cmocka_unit_test(test_outside), cmocka_unit_test(test_logical),
        cmocka_unit_test(test_chains),  cmocka_unit_test(test_gpt),
        cmocka_unit_test(test_overlapping),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_on_a_larger_disk), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_names),   cmocka_unit_test(test_mutated),
    };

    return cmocka_run_group_tests_name("partition", tests, NULL, NULL) != 0;
}
