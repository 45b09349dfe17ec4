// SPDX-License-Identifier: MIT
// fdisk -l [FILE ...]: the partitions of disks, or of images of disks. A FILE below /svc is a block
// device; without a FILE, every disk that has a driver.

#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <partition/partition.h>
#include <zircon/errors.h>

#include "device_list.h"
#include "medium.h"
#include "system.h"

#define FILE_BLOCK 512u

struct source {
    struct medium medium;
    uint32_t block_size;
};

static zx_status_t read_block(void *context, uint64_t block, void *out)
{
    struct source *source = context;
    size_t size, done = 0;

    if (!medium_skip(&source->medium, block * source->block_size))
        return ZX_ERR_IO;
    do {
        if (!medium_read(&source->medium, (char *)out + done, source->block_size - done, &size))
            return ZX_ERR_IO;
        done += size;
    } while (size != 0 && done < source->block_size);
    return done == source->block_size ? ZX_OK : ZX_ERR_IO;
}

static void print_partition(const struct partition_table *table, const struct partition *entry)
{
    char type[37];

    printf("%3u %12llu %12llu %12llu  ", (unsigned)entry->number,
           (unsigned long long)entry->first,
           (unsigned long long)(entry->first + entry->count - 1),
           (unsigned long long)entry->count);
    if (table->kind == PARTITION_MBR) {
        printf("%02x%s\n", entry->system, entry->active ? " active" : "");
        return;
    }
    partition_guid_text(entry->type, type);
    printf("%s  %s\n", type, entry->name);
}

static void print_table(const struct partition_table *table)
{
    static const char *const kinds[] = {"no partition table", "MBR", "GPT"};

    printf("%s%s%s\n", kinds[table->kind],
           table->backup           ? ", the copy at the end: the first one is damaged"
           : table->copy_elsewhere ? "; there is no copy at the end"
                                   : "",
           !table->no_backup       ? ""
           : table->copy_elsewhere ? ", and the one before it is damaged"
                                   : "; the copy at the end is damaged");
    if (table->count != 0)
        printf("%3s %12s %12s %12s  %s\n", "NR", "FIRST", "LAST", "BLOCKS", "TYPE");
    for (uint32_t i = 0; i < table->count; i++)
        print_partition(table, &table->entries[i]);
    if (table->left_out != 0)
        printf("%u entries make no sense\n", table->left_out);
    if (table->overlapping != 0)
        printf("%u entries overlap\n", table->overlapping);
}

static void list(const char *path)
{
    static struct partition_table table;
    struct source source = {.block_size = FILE_BLOCK};

    if (!medium_open(&source.medium, path, false, false, PARTITION_BLOCK_MOST))
        return;
    if (source.medium.fd < 0)
        source.block_size = source.medium.device.info.block_size;
    uint64_t bytes = medium_size(&source.medium);
    const struct partition_disk disk = {read_block, &source, bytes / source.block_size,
                                        source.block_size};

    printf("%s: %llu bytes, %llu blocks of %u bytes\n", path, (unsigned long long)bytes,
           (unsigned long long)disk.blocks, disk.block_size);
    zx_status_t status = partition_read(&disk, &table);

    if (status == ZX_OK)
        print_table(&table);
    else
        system_complain(path, status);
    (void)medium_close(&source.medium);
}

// The service of a disk is a name of the drivers' manifest and a number.
static void list_if_disk(const struct devices_entry *entry, void *context)
{
    char path[sizeof("/svc/fs/device/") + sizeof(entry->service)];
    uint32_t *found = context;

    if (strncmp((const char *)entry->service, "disk", 4) != 0)
        return;
    ++*found;
    snprintf(path, sizeof(path), "/svc/fs/device/%s", (const char *)entry->service);
    list(path);
}

static void list_disks(void)
{
    uint32_t found = 0;
    zx_handle_t channel = system_connect("devices");

    if (channel == ZX_HANDLE_INVALID)
        return;
    device_list(channel, list_if_disk, &found);
    if (found == 0)
        printf("no disk\n");
}

int main(int argc, char **argv)
{
    bool listing = false;
    int option;

    command_start(argv, "-l [FILE ...]");
    while ((option = getopt(argc, argv, "l")) != -1) {
        if (option == '?')
            return command_usage();
        listing = true;
    }
    if (!listing)
        return command_usage();
    if (optind == argc)
        list_disks();
    for (int i = optind; i < argc; i++)
        list(argv[i]);
    return command_end();
}
