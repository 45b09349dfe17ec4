// SPDX-License-Identifier: MIT
// What the tests of pagers share: a pager with a port, pages that tell where they belong.
#pragma once

#include "object_test.h"

#include <zircon/syscalls/port.h>

#define PAGE     PAGE_SIZE
#define PAGES(n) ((uint64_t)(n)*PAGE_SIZE)
#define RO       ZX_VM_PERM_READ
#define RW       (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define KEY      77u

struct served {
    zx_handle_t pager, port, vmo;
};

struct served serve_pages(uint64_t pages);
void served_close(struct served *s);
// Page `page` as the tests' pagers fill it: its first word.
uint64_t content(uint64_t page);
// Supplies pages [first, first+count) with their content.
zx_status_t supply(const struct served *s, uint64_t first, uint64_t count);
zx_handle_t make_aux(uint64_t first, uint64_t count);
// The next packet, which must come and be a request to read. Pages.
void expect_request(const struct served *s, uint64_t *first, uint64_t *count);
void expect_complete(const struct served *s);
void expect_no_packet(const struct served *s);
uint64_t committed_pages(zx_handle_t vmo);
// The first word of a page; asserts that it can be read.
uint64_t word_at(zx_handle_t vmo, uint64_t page);
