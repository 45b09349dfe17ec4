// SPDX-License-Identifier: MIT
//
// What a stopped thread of another process was doing: the ELF modules of its address space, its
// backtrace, its exception in words. For the crash service and for debuggers.
//
// Everything that is read of the other process may be a lie: a module's headers, frame records, the
// map itself, which other threads change meanwhile. The functions here are pure but for the reader
// that they are given; they bound their work and store nothing that they have not checked.

#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/object.h>
#include <zircon/types.h>

// Reads the other process's memory: all `size` bytes, or false. `size` is at most 4096.
struct inspect_memory {
    bool (*read)(void *context, zx_vaddr_t at, void *to, size_t size);
    void *context;
};

// ---- modules (module.c) ----

#define INSPECT_MAX_MODULES  32u
#define INSPECT_BUILD_ID_MAX 20u

struct inspect_module {
    char name[ZX_MAX_NAME_LEN]; // of its file, without folders; "vdso" for the vDSO
    zx_vaddr_t base;            // its first byte
    zx_vaddr_t end;             // behind its last one
    size_t build_id_size;       // 0: it has none, or a longer one
    uint8_t build_id[INSPECT_BUILD_ID_MAX];
};

// Finds the modules in a map (records of ZX_INFO_PROCESS_MAPS, in their order): mappings of the
// beginning of a VMO that begin with an ELF header. Returns how many were stored.
size_t inspect_modules(const struct inspect_memory *memory, const zx_info_maps_t *maps,
                       size_t map_count, struct inspect_module *modules, size_t room);

// The module that an address lies in, or NULL.
const struct inspect_module *inspect_module_of(const struct inspect_module *modules, size_t count,
                                               zx_vaddr_t address);

// "NAME+0xOFFSET" of an address in a module, the form that scripts/symbolize reads; else "".
void inspect_place(const struct inspect_module *modules, size_t count, zx_vaddr_t address,
                   char *text, size_t size);

// The build id in hexadecimal, or "none". `text` has 2 * INSPECT_BUILD_ID_MAX + 1 bytes.
void inspect_build_id(const struct inspect_module *module, char *text);

// The mapping that an address lies in, or NULL.
const zx_info_maps_t *inspect_mapping_of(const zx_info_maps_t *maps, size_t map_count,
                                         zx_vaddr_t address);

// ---- backtrace (backtrace.c) ----

#define INSPECT_MAX_FRAMES 64u   // that are stored
#define INSPECT_MAX_STEPS  2000u // frame records that are read for them

struct inspect_frame {
    zx_vaddr_t pc;  // of the first: where the thread is; of the others: where a call returns to
    size_t repeats; // so many more frames like this one follow it (recursion)
};

struct inspect_trace {
    size_t count;
    struct inspect_frame frames[INSPECT_MAX_FRAMES];
    const char *end; // why it ends here, in words; NULL: the stack's first frame was reached
    zx_vaddr_t last; // the frame pointer that `end` is about
};

// Follows the frame records from the registers. Where the function at pc has no record (a jump to
// nowhere, the vDSO, before a prologue, behind an epilogue, assembly), the second frame is where the
// link register leads.
void inspect_backtrace(const struct inspect_memory *memory,
                       const zx_thread_state_general_regs_t *regs,
                       const struct inspect_module *modules, size_t count,
                       struct inspect_trace *trace);

// ---- words (words.c) ----

// What happened, in a sentence without a full stop: "a write to 0x8, where nothing is mapped".
// `map_count` 0: the map is not known.
void inspect_exception(const zx_exception_report_t *report,
                       const zx_thread_state_general_regs_t *regs, const zx_info_maps_t *maps,
                       size_t map_count, char *text, size_t size);

// The exception's kind: "page fault".
const char *inspect_kind(zx_excp_type_t type);

// ESR_EL1 in words: "data abort, translation fault, level 3, write" (Arm ARM D17.2.37).
void inspect_esr(uint32_t esr, char *text, size_t size);

// "rwx", with '-' for what a mapping does not allow; "---" for what is no mapping.
void inspect_access(const zx_info_maps_t *map, char *text);

#endif
