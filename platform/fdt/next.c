// SPDX-License-Identifier: MIT
/*
 * The device tree for a kernel that is started by this one: the present one with another /chosen.
 *
 * Interface: fdt_write_next (<fdt/boot.h>). Locks: none.
 */
#include <fdt/boot.h>

#include <string.h>

#include "priv.h"

static int set_initrd(void *blob, int chosen, const struct fdt_range *initrd)
{
    if (initrd->bytes != 0) {
        int error = fdt_setprop_u64(blob, chosen, "linux,initrd-start", initrd->base);
        return error != 0
                   ? error
                   : fdt_setprop_u64(blob, chosen, "linux,initrd-end", initrd->base + initrd->bytes);
    }
    (void)fdt_delprop(blob, chosen, "linux,initrd-start"); /* it may not be there */
    (void)fdt_delprop(blob, chosen, "linux,initrd-end");
    return 0;
}

/* Whoever loaded the old initrd and the old tree may have claimed their places. */
static void drop_reservation(void *blob, uint64_t base)
{
    for (int i = fdt_num_mem_rsv(blob) - 1; i >= 0; i--) {
        uint64_t address, size;
        if (fdt_get_mem_rsv(blob, i, &address, &size) == 0 && address == base) {
            (void)fdt_del_mem_rsv(blob, i);
        }
    }
}

/* ---- CPUs that wait elsewhere ---- */

#define PARKING "jacinth,cpu-parking" /* of /chosen: base and size of fdt_next.parking, two cells each */

/* The child of /cpus with this MPIDR, or an error of libfdt. */
static int find_cpu(const void *blob, uint64_t mpidr)
{
    const int cpus = fdt_path_offset(blob, "/cpus");
    const int cells = cpus >= 0 ? fdt_address_cells(blob, cpus) : cpus;
    int node, bytes;

    if (cells < 0) {
        return cells;
    }
    fdt_for_each_subnode(node, blob, cpus)
    {
        const char *type = fdt_getprop(blob, node, "device_type", NULL);
        const void *reg = fdt_getprop(blob, node, "reg", &bytes);

        if ((type != NULL && strcmp(type, "cpu") != 0) || reg == NULL || bytes < 4 * cells) {
            continue;
        }
        if ((cells == 2 ? fdt64_ld(reg) : fdt32_ld(reg)) == mpidr) {
            return node;
        }
    }
    return -FDT_ERR_NOTFOUND;
}

static int set_parked(void *blob, const struct fdt_next *next)
{
    int error = 0;

    for (uint32_t i = 0; i < next->parked_count && error == 0; i++) {
        int node = find_cpu(blob, next->parked[i].mpidr);
        error = node < 0 ? node
                         : fdt_setprop_u64(blob, node, "cpu-release-addr", next->parked[i].release);
    }
    return error;
}

/* Whether a CPU waits in the memory, by what the tree says. */
static bool someone_waits_in(const void *blob, const fdt64_t memory[2])
{
    const uint64_t base = fdt64_ld(&memory[0]), size = fdt64_ld(&memory[1]);
    const int cpus = fdt_path_offset(blob, "/cpus");
    int node, bytes;

    if (cpus < 0) {
        return false;
    }
    fdt_for_each_subnode(node, blob, cpus)
    {
        const void *at = fdt_getprop(blob, node, "cpu-release-addr", &bytes);
        if (at != NULL && bytes == 8 && fdt64_ld(at) >= base && fdt64_ld(at) - base < size) {
            return true;
        }
    }
    return false;
}

/* The CPUs' places, and the reservation of the memory in which they are. */
static int set_parking(void *blob, int chosen, const struct fdt_next *next)
{
    const fdt64_t memory[2] = {cpu_to_fdt64(next->parking.base), cpu_to_fdt64(next->parking.bytes)};
    fdt64_t old[2];
    int bytes;
    const void *before = fdt_getprop(blob, chosen, PARKING, &bytes);
    const bool had = before != NULL && bytes == sizeof(old);

    if (next->parked_count == 0) {
        return 0; /* who waits, waits where the old tree says */
    }
    if (had) {
        memcpy(old, before, sizeof(old));
    }
    int error = fdt_setprop(blob, chosen, PARKING, memory, sizeof(memory));
    if (error == 0) {
        error = fdt_add_mem_rsv(blob, next->parking.base, next->parking.bytes);
    }
    if (error == 0) {
        error = set_parked(blob, next);
    }
    if (error == 0 && had && !someone_waits_in(blob, old)) {
        drop_reservation(blob, fdt64_ld(&old[0]));
    }
    return error;
}

zx_status_t fdt_write_next(const void *blob, void *to, size_t bytes, const struct fdt_next *next)
{
    int error = fdt_open_into(blob, to, bytes < INT32_MAX ? (int)bytes : INT32_MAX);
    int chosen = error == 0 ? fdt_path_offset(to, "/chosen") : 0;
    if (chosen == -FDT_ERR_NOTFOUND) {
        chosen = fdt_add_subnode(to, 0, "chosen");
    }
    if (error == 0 && chosen < 0) {
        error = chosen;
    }
    if (error == 0) {
        error = fdt_setprop_string(to, chosen, "bootargs", next->cmdline);
    }
    if (error == 0) {
        error = set_initrd(to, chosen, &next->initrd);
    }
    if (error == 0) {
        error = fdt_setprop_u64(to, chosen, "kaslr-seed", next->kaslr_seed);
    }
    if (error == 0) {
        error = fdt_setprop(to, chosen, "rng-seed", next->seed, FDT_RNG_SEED_MAX);
    }
    if (error == 0) {
        error = set_parking(to, fdt_path_offset(to, "/chosen"), next);
    }
    if (error != 0) {
        return error == -FDT_ERR_NOSPACE ? ZX_ERR_NO_MEMORY : ZX_ERR_INTERNAL;
    }
    if (next->had_initrd) { /* without, old_initrd is 0, where there may be another's */
        drop_reservation(to, next->old_initrd);
    }
    drop_reservation(to, next->old_tree);
    (void)fdt_pack(to); /* so that the next one has as much room; a tree of this layout can be packed */
    return fdt_totalsize(to) <= FDT_BLOB_BYTES_MAX ? ZX_OK : ZX_ERR_NO_MEMORY;
}
