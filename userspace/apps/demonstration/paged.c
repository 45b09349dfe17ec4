// SPDX-License-Identifier: MIT
//
// paged: a file that is unpacked only where somebody looks. The file lies compressed in the initrd
// (scripts/mkpages); a process of its own, its pager, unpacks the pages that this one touches in a mapping.
// What comes is compared with the file as it is, byte for byte. Then the same with a pager that is slow, one
// that lies to the kernel, and one that dies in the middle. Exit status 0 if all was as it should be.
//
// Started again with a role, the program is the pager. PA_USER0 is its end of a channel; it sends the VMO.

#include "pages.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jacinth/spawn.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#define PATIENCE ZX_SEC(60) // only a hang takes that long
#define PROGRAM  "/boot/bin/paged"
#define PLAIN    "/boot/share/ledger.md"
#define PACKED   "/boot/share/ledger.pages"

static const char *const roles[] = {"honest", "slow", "liar", "mortal"};

static int report(const char *what, zx_status_t status)
{
    fprintf(stderr, "paged: %s: %s\n", what, zx_status_get_string(status));
    return 1;
}

// The whole of a file; NULL if it cannot be had.
static unsigned char *load(const char *path, size_t *out_size)
{
    FILE *f = fopen(path, "rb");
    unsigned char *data = NULL;
    long size;

    if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0 &&
        fseek(f, 0, SEEK_SET) == 0 && (data = malloc((size_t)size)) != NULL &&
        fread(data, 1, (size_t)size, f) != (size_t)size) {
        free(data);
        data = NULL;
    }
    if (f != NULL) {
        fclose(f);
    }
    if (data == NULL) {
        perror(path);
        return NULL;
    }
    *out_size = (size_t)size;
    return data;
}

// Starts the pager and takes its VMO. It serves until the channel is closed.
static zx_status_t pager_start(const char *role, struct spawned *out, zx_handle_t *out_channel,
                               zx_handle_t *out_vmo)
{
    const char *argv[] = {"paged", role, NULL};
    const char *reason = NULL;
    zx_handle_t ends[2];
    zx_status_t status = zx_channel_create(0, &ends[0], &ends[1]);

    if (status != ZX_OK) {
        return status;
    }
    const struct spawn_handle handles[] = {{ends[1], PA_HND(PA_USER0, 0)}};
    const struct spawn what = {
        .flags = SPAWN_INHERIT,
        .path = PROGRAM,
        .name = role,
        .argv = argv,
        .handle_count = 1,
        .handles = handles,
    };

    status = spawn_start(&what, out, &reason);
    if (status == ZX_OK) {
        uint32_t bytes, count;

        status = zx_object_wait_one(ends[0], ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                    zx_deadline_after(PATIENCE), NULL);
        if (status == ZX_OK) {
            status = zx_channel_read(ends[0], 0, NULL, out_vmo, 0, 1, &bytes, &count);
        }
    }
    if (status != ZX_OK) {
        zx_handle_close(ends[0]);
    }
    *out_channel = ends[0];
    return status;
}

static int64_t finish(const struct spawned *pager)
{
    zx_info_process_t info = {.return_code = INT64_MIN};

    (void)zx_object_wait_one(pager->process, ZX_PROCESS_TERMINATED, zx_deadline_after(PATIENCE),
                             NULL);
    (void)zx_object_get_info(pager->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    zx_handle_close(pager->process);
    zx_handle_close(pager->thread);
    return info.return_code;
}

// Compares through a mapping: each page is faulted in from the pager.
static bool same_mapped(zx_handle_t vmo, const unsigned char *plain, size_t size)
{
    zx_vaddr_t va = 0;
    zx_status_t status =
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &va);

    if (status != ZX_OK) {
        return report("cannot map", status) == 0;
    }
    bool same = memcmp((const void *)va, plain, size) == 0;

    zx_vmar_unmap(zx_vmar_root_self(), va, size);
    return same;
}

// A pager that dies: the first page is right and stays, the second never comes.
static bool survives(zx_handle_t vmo, const unsigned char *plain, const struct spawned *pager)
{
    static unsigned char page[ZX_PAGE_SIZE];

    if (zx_vmo_read(vmo, page, 0, sizeof(page)) != ZX_OK ||
        memcmp(page, plain, sizeof(page)) != 0) {
        return false;
    }
    zx_status_t status = zx_vmo_read(vmo, page, sizeof(page), sizeof(page));

    printf("paged: the pager has died: %s\n", zx_status_get_string(status));
    return status == ZX_ERR_BAD_STATE &&
           zx_object_wait_one(pager->process, ZX_PROCESS_TERMINATED, zx_deadline_after(PATIENCE),
                              NULL) == ZX_OK &&
           zx_vmo_read(vmo, page, 0, sizeof(page)) == ZX_OK &&
           memcmp(page, plain, sizeof(page)) == 0;
}

static bool try_role(const char *role, const unsigned char *plain, size_t size)
{
    const bool mortal = strcmp(role, "mortal") == 0;
    struct spawned pager;
    zx_handle_t vmo, channel;
    zx_status_t status = pager_start(role, &pager, &channel, &vmo);

    if (status != ZX_OK) {
        return report(role, status) == 0;
    }
    bool good = mortal ? survives(vmo, plain, &pager) : same_mapped(vmo, plain, size);

    zx_handle_close(vmo);
    zx_handle_close(channel);
    int64_t code = finish(&pager);

    printf("paged: %s pager: %s, its exit code is %lld\n", role,
           good ? "as it should be" : "WRONG", (long long)code);
    fflush(stdout);
    return good && code == (mortal ? PAGES_DIED : 0);
}

int main(int argc, char **argv)
{
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_USER0, 0));
    size_t size;

    if (argc == 2 && channel != ZX_HANDLE_INVALID) {
        unsigned char *packed = load(PACKED, &size);

        return packed != NULL ? pages_serve(argv[1], channel, packed, size) : 1;
    }
    if (argc != 1) {
        fprintf(stderr, "Usage: paged\n");
        return 2;
    }
    unsigned char *plain = load(PLAIN, &size);
    bool good = plain != NULL;

    for (size_t i = 0; good && i < sizeof(roles) / sizeof(roles[0]); i++) {
        good = try_role(roles[i], plain, size);
    }
    free(plain);
    return good ? 0 : 1;
}
