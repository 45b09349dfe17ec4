// SPDX-License-Identifier: MIT
//
// libFuzzer target: device trees, begun with the fixtures and with those of Linux, U-Boot and QEMU at
// hand. Everything is asked of each (test/host/fdt/questions.c), by scans of the blob and by an index.

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fdt/fdt.h>
#include <questions.h>
#include <zircon/errors.h>

#define INDEX_MAX 4096
// Larger blobs are asked by an index only: scans take time with the size squared.
#define SCAN_BYTES_MAX 4096
// Most changes stay within so many bytes, so that the rest remains a tree.
#define WINDOW_BYTES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

void question_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    abort();
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    if (size <= WINDOW_BYTES || seed % 8 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    uint8_t window[WINDOW_BYTES];
    uint8_t *at = data + (seed / 8) % (size - WINDOW_BYTES) / 4 * 4;

    memcpy(window, at, sizeof(window));
    memcpy(at, window, LLVMFuzzerMutate(window, sizeof(window), sizeof(window)));
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fdt_index_entry entries[INDEX_MAX];
    struct fdt_tree tree;
    // A copy of exactly this size, which the reader may write to, as aligned as a blob has to be.
    uint8_t *blob = malloc(size != 0 ? size : 1);

    if (blob == NULL) {
        return 0;
    }
    memcpy(blob, data, size);
    if (fdt_tree_open(&tree, blob, size, NULL, NULL) == ZX_OK) {
        if (size <= SCAN_BYTES_MAX) {
            question_tree(&tree);
        }
        if (fdt_tree_index(&tree, entries, INDEX_MAX)) {
            question_tree(&tree);
        }
    }
    free(blob);
    return 0;
}
