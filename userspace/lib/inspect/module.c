// SPDX-License-Identifier: MIT
//
// ELF modules in a map of another process, from their headers in its memory. The System V ABI's
// chapter 5 has the headers and notes; a GNU note of type 3 is the build id.

#include <inspect/inspect.h>

#include <stdio.h>
#include <string.h>

#define MAX_PHDRS  32u
#define MAX_NOTES  1024u // bytes of a note segment that are looked at
#define PT_LOAD    1u
#define PT_NOTE    4u
#define NOTE_BUILD 3u

struct header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct header) == 64 && sizeof(struct phdr) == 56, "ELF-64");

struct note {
    uint32_t name_size, size, type;
};

static size_t round_up_4(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

// Looks for the build id in a segment of notes.
static void read_notes(const struct inspect_memory *memory, zx_vaddr_t at, uint64_t size,
                       struct inspect_module *module)
{
    uint8_t bytes[MAX_NOTES];
    struct note note;

    size = size < sizeof(bytes) ? size : sizeof(bytes);
    if (size < sizeof(note) || !memory->read(memory->context, at, bytes, size))
        return;
    for (size_t place = 0; size - place >= sizeof(note);) {
        memcpy(&note, bytes + place, sizeof(note));
        place += sizeof(note);
        if (note.name_size > MAX_NOTES || note.size > MAX_NOTES)
            return;
        size_t data = place + round_up_4(note.name_size), next = data + round_up_4(note.size);
        if (data + note.size > size)
            return;
        if (note.type == NOTE_BUILD && note.name_size == 4 &&
            memcmp(bytes + place, "GNU", 4) == 0 && note.size <= INSPECT_BUILD_ID_MAX) {
            module->build_id_size = note.size;
            memcpy(module->build_id, bytes + data, note.size);
            return;
        }
        if (next > size)
            return;
        place = next;
    }
}

// Fills in all but the name, from the headers at `base`. False: there is no module.
static bool read_module(const struct inspect_memory *memory, zx_vaddr_t base,
                        struct inspect_module *module)
{
    static const uint8_t magic[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    struct phdr phdrs[MAX_PHDRS];
    struct header header;
    uint64_t first = UINT64_MAX, last = 0;

    if (!memory->read(memory->context, base, &header, sizeof(header)) ||
        memcmp(header.ident, magic, sizeof(magic)) != 0 || header.phentsize != sizeof(phdrs[0]) ||
        header.phnum == 0 || header.phnum > MAX_PHDRS || header.phoff > 4096 ||
        !memory->read(memory->context, base + header.phoff, phdrs,
                      header.phnum * sizeof(phdrs[0])))
        return false;
    for (size_t i = 0; i < header.phnum; i++) {
        uint64_t end;

        if (phdrs[i].type != PT_LOAD || __builtin_add_overflow(phdrs[i].vaddr, phdrs[i].memsz, &end))
            continue;
        first = phdrs[i].vaddr < first ? phdrs[i].vaddr : first;
        last = end > last ? end : last;
    }
    if (first >= last || __builtin_add_overflow(base, last - first, &module->end))
        return false;
    module->base = base;
    module->build_id_size = 0;
    for (size_t i = 0; i < header.phnum && module->build_id_size == 0; i++) {
        if (phdrs[i].type == PT_NOTE && phdrs[i].vaddr >= first && phdrs[i].vaddr < last)
            read_notes(memory, base + (phdrs[i].vaddr - first), phdrs[i].filesz, module);
    }
    return true;
}

// The file's name without its folders, printable. The vDSO's VMOs are called vdso/VARIANT.
static void take_name(const zx_info_maps_t *map, char *name)
{
    char whole[ZX_MAX_NAME_LEN];

    memcpy(whole, map->name, sizeof(whole));
    whole[sizeof(whole) - 1] = '\0';
    for (char *c = whole; *c != '\0'; c++)
        *c = *c > ' ' && *c < 0x7f && *c != '+' ? *c : '_';
    const char *slash = strrchr(whole, '/');
    if (strncmp(whole, "vdso/", 5) == 0)
        strcpy(name, "vdso");
    else
        strcpy(name, slash != NULL && slash[1] != '\0' ? slash + 1 : whole);
    if (*name == '\0')
        strcpy(name, "?");
}

size_t inspect_modules(const struct inspect_memory *memory, const zx_info_maps_t *maps,
                       size_t map_count, struct inspect_module *modules, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < map_count && count < room; i++) {
        const zx_info_maps_t *map = &maps[i];

        if (map->type != ZX_INFO_MAPS_TYPE_MAPPING || map->u.mapping.vmo_offset != 0 ||
            (map->u.mapping.mmu_flags & ZX_VM_PERM_READ) == 0 ||
            !read_module(memory, map->base, &modules[count]))
            continue;
        take_name(map, modules[count].name);
        count++;
    }
    return count;
}

const struct inspect_module *inspect_module_of(const struct inspect_module *modules, size_t count,
                                               zx_vaddr_t address)
{
    for (size_t i = 0; i < count; i++) {
        if (address >= modules[i].base && address < modules[i].end)
            return &modules[i];
    }
    return NULL;
}

void inspect_place(const struct inspect_module *modules, size_t count, zx_vaddr_t address,
                   char *text, size_t size)
{
    const struct inspect_module *module = inspect_module_of(modules, count, address);

    *text = '\0';
    if (module != NULL)
        snprintf(text, size, "%s+0x%llx", module->name,
                 (unsigned long long)(address - module->base));
}

void inspect_build_id(const struct inspect_module *module, char *text)
{
    strcpy(text, "none");
    for (size_t i = 0; i < module->build_id_size; i++)
        sprintf(text + 2 * i, "%02x", module->build_id[i]);
}

const zx_info_maps_t *inspect_mapping_of(const zx_info_maps_t *maps, size_t map_count,
                                         zx_vaddr_t address)
{
    for (size_t i = 0; i < map_count; i++) {
        if (maps[i].type == ZX_INFO_MAPS_TYPE_MAPPING && address >= maps[i].base &&
            address - maps[i].base < maps[i].size)
            return &maps[i];
    }
    return NULL;
}
