// SPDX-License-Identifier: MIT
/*
 * The device tree for a kernel that is started by this one: the present one with another /chosen.
 *
 * Interface: fdt_write_next (<fdt/boot.h>). Locks: none.
 */
#include <fdt/boot.h>

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
