// SPDX-License-Identifier: MIT
//
// eater: takes all memory there is, and tells what came of it. By COMMIT, the kernel says no at last; the program
// gives a little back (without it not even its message could be sent) and ends well. With -t by touching: a page
// that cannot be had ends the program, and whoever waits for it sees that it was killed. With -r by reading, here
// and there, memory that has no page: the kernel needs a page table for each place, and nothing else.

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PLENTY  (1ull << 40) // bytes, more than any machine has
#define TO_TALK (1ull << 20) // bytes given back before anything is said
#define TABLE   (2ull << 20) // bytes that one page table translates

static int fail(const char *what, zx_status_t status)
{
    fprintf(stderr, "eater: %s: %s\n", what, zx_status_get_string(status));
    return 1;
}

// Commits all that can be had, in ever smaller pieces. Returns the first status that is neither ZX_OK nor
// ZX_ERR_NO_MEMORY, or else ZX_ERR_NO_MEMORY, which the last page met.
static zx_status_t commit_all(zx_handle_t vmo, uint64_t *out_bytes)
{
    zx_status_t status = ZX_OK;

    *out_bytes = 0;
    for (uint64_t piece = 64ull << 20; piece >= ZX_PAGE_SIZE;) {
        status = zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, *out_bytes, piece, NULL, 0);
        if (status == ZX_OK) {
            *out_bytes += piece;
        } else if (status == ZX_ERR_NO_MEMORY) {
            piece /= 2;
        } else {
            break;
        }
    }
    return status;
}

static int touch_all(zx_handle_t vmo, bool write)
{
    zx_vaddr_t base;
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
                                     PLENTY, &base);

    if (status != ZX_OK)
        return fail("cannot map", status);
    for (uint64_t offset = 0; offset < PLENTY; offset += write ? ZX_PAGE_SIZE : TABLE) {
        volatile char *place = (volatile char *)(base + offset);

        if (write)
            *place = 1;
        else
            (void)*place;
    }
    return fail("there is no end of memory", ZX_ERR_INTERNAL);
}

int main(int argc, char **argv)
{
    zx_handle_t vmo;
    uint64_t bytes;

    const bool touch = argc == 2 && strcmp(argv[1], "-t") == 0;
    const bool read = argc == 2 && strcmp(argv[1], "-r") == 0;

    if (argc > 2 || (argc == 2 && !touch && !read)) {
        fprintf(stderr, "usage: eater [-t | -r]\n");
        return 2;
    }
    zx_status_t status = zx_vmo_create(PLENTY, 0, &vmo);
    if (status != ZX_OK)
        return fail("cannot create a VMO", status);
    (void)zx_object_set_property(vmo, ZX_PROP_NAME, "eaten", sizeof("eaten") - 1);
    if (argc == 2)
        return touch_all(vmo, touch);
    status = commit_all(vmo, &bytes);
    if (bytes < TO_TALK)
        return fail("got next to nothing", status);
    zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, bytes - TO_TALK, TO_TALK, NULL, 0);
    printf("eater: had %llu KiB; the next page: %s\n", (unsigned long long)bytes >> 10,
           zx_status_get_string(status));
    return status == ZX_ERR_NO_MEMORY && fflush(stdout) == 0 ? 0 : 1;
}
