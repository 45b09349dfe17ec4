// SPDX-License-Identifier: MIT
//
// What cannot be started: the error says why, and nothing is left of the attempt. Among it ELF
// files that are spoiled, each in one place.

#define _GNU_SOURCE

#include <stdbool.h>

#include "world.h"

#include <check/check.h>
#include <elf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_PATH "/tmp/program"

static int try(const char *path)
{
    char *const argv[] = {(char *)"program", NULL};
    pid_t pid;
    int error = posix_spawn(&pid, path, NULL, NULL, argv, environ);

    if (error == 0) {
        (void)kill(pid, SIGKILL);
        (void)finish(pid);
    }
    return error;
}

TEST(files_that_are_no_programs)
{
    static const char garbage[] = "this is not a program, but longer than the header of one is. "
                                  "It goes on for a while.";

    ASSERT_TRUE(world_make());
    EXPECT_EQ(try("/boot/bin/absent"), ENOENT);
    EXPECT_EQ(try("/absent/absent"), ENOENT);
    EXPECT_EQ(try(""), ENOENT);
    EXPECT_EQ(try("/boot/bin"), EACCES);
    EXPECT_EQ(try(CHILD "/x"), ENOTDIR);
    ASSERT_TRUE(write_file(FILE_PATH, garbage, sizeof(garbage) - 1, 0755));
    EXPECT_EQ(try(FILE_PATH), ENOEXEC);
    ASSERT_EQ(chmod(FILE_PATH, 0644), 0);
    EXPECT_EQ(try(FILE_PATH), EACCES);
    ASSERT_TRUE(write_file(FILE_PATH, "", 0, 0755));
    EXPECT_EQ(try(FILE_PATH), ENOEXEC);
    unlink(FILE_PATH);
    EXPECT_EQ(run("/boot/bin/spawn-child", "spawn-child", "exit", "0", (char *)NULL), 0);
}

TEST(too_much_to_hand_over)
{
    enum { SIZE = 70000 };
    char *long_text = malloc(SIZE);
    char *argv[] = {(char *)"spawn-child", long_text, NULL};
    char *const two[] = {(char *)"spawn-child", (char *)"exit", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;

    ASSERT_TRUE(world_make());
    ASSERT_TRUE(long_text != NULL);
    memset(long_text, 'x', SIZE - 1);
    long_text[SIZE - 1] = '\0';
    uint64_t handles = check_handle_count();

    EXPECT_EQ(posix_spawn(&pid, CHILD, NULL, NULL, argv, environ), E2BIG);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    for (int i = 0; i < 70; i++) {
        ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, 1, 100 + i), 0);
    }
    EXPECT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, two, environ), EMFILE);
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(check_handle_count(), handles);
    free(long_text);
}

// A good program, and what is behind it in the file.
struct image {
    uint8_t *data;
    size_t size;
    Elf64_Ehdr *header;
    Elf64_Phdr *segments;
    Elf64_Phdr *load[2]; // the first two PT_LOAD
    Elf64_Phdr *spare;   // one that can become a PT_INTERP
};

static bool open_image(struct image *image)
{
    image->data = read_file(CHILD, &image->size);
    if (image->data == NULL) {
        return false;
    }
    // Room for names.
    uint8_t *more = realloc(image->data, image->size + 4096);

    if (more == NULL) {
        free(image->data);
        return false;
    }
    memset(more + image->size, 0, 4096);
    image->data = more;
    image->header = (Elf64_Ehdr *)more;
    image->segments = (Elf64_Phdr *)(more + image->header->e_phoff);
    image->load[0] = image->load[1] = image->spare = NULL;
    for (unsigned i = 0; i < image->header->e_phnum; i++) {
        Elf64_Phdr *segment = &image->segments[i];

        if (segment->p_type != PT_LOAD) {
            image->spare = segment;
        } else if (image->load[0] == NULL) {
            image->load[0] = segment;
        } else if (image->load[1] == NULL) {
            image->load[1] = segment;
        }
    }
    return image->load[1] != NULL && image->spare != NULL;
}

static void set_interpreter(struct image *image, const char *name, size_t size)
{
    memcpy(image->data + image->size, name, size);
    *image->spare = (Elf64_Phdr){
        .p_type = PT_INTERP, .p_offset = image->size, .p_filesz = size, .p_memsz = size};
    image->size += size;
}

static void spoil_magic(struct image *i)
{
    i->data[0] = 0x7e;
}
static void spoil_class(struct image *i)
{
    i->data[EI_CLASS] = ELFCLASS32;
}
static void spoil_order(struct image *i)
{
    i->data[EI_DATA] = ELFDATA2MSB;
}
static void spoil_machine(struct image *i)
{
    i->header->e_machine = EM_X86_64;
}
static void spoil_type(struct image *i)
{
    i->header->e_type = ET_EXEC;
}
static void spoil_size(struct image *i)
{
    i->size = i->size / 8;
}
static void spoil_header_size(struct image *i)
{
    i->size = 60;
}
static void spoil_count(struct image *i)
{
    i->header->e_phnum = PN_XNUM;
}
static void spoil_no_headers(struct image *i)
{
    i->header->e_phnum = 0;
}
static void spoil_entry_size(struct image *i)
{
    i->header->e_phentsize = 32;
}
static void spoil_place(struct image *i)
{
    i->header->e_phoff = UINT64_MAX - 8;
}
static void spoil_entry(struct image *i)
{
    i->header->e_entry = UINT64_C(1) << 40;
}
static void spoil_memory(struct image *i)
{
    i->load[1]->p_memsz = UINT64_MAX - 4095;
}
static void spoil_address(struct image *i)
{
    i->load[1]->p_vaddr |= UINT64_C(0xfffff) << 44;
}
static void spoil_overlap(struct image *i)
{
    i->load[1]->p_vaddr = i->load[1]->p_offset & 4095;
}
static void spoil_offset(struct image *i)
{
    i->load[0]->p_offset = UINT64_MAX - 4095;
}
static void spoil_file_size(struct image *i)
{
    i->load[0]->p_filesz = UINT64_C(1) << 62;
}
static void spoil_loads(struct image *i)
{
    for (unsigned n = 0; n < i->header->e_phnum; n++) {
        i->segments[n].p_type = PT_NOTE;
    }
}
static void spoil_stack(struct image *i)
{
    *i->spare = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_memsz = UINT64_MAX};
}
static void spoil_interpreter_nul(struct image *i)
{
    set_interpreter(i, "ld.so.1", 7);
}
static void spoil_interpreter_empty(struct image *i)
{
    set_interpreter(i, "", 1);
}
static void spoil_interpreter_long(struct image *i)
{
    char name[300];

    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    set_interpreter(i, name, sizeof(name));
}
static void spoil_interpreter_outside(struct image *i)
{
    *i->spare = (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = UINT64_MAX - 3, .p_filesz = 16};
}
static void spoil_interpreter_absent(struct image *i)
{
    set_interpreter(i, "no-such.so", 11);
}
static void spoil_interpreter_path(struct image *i)
{
    set_interpreter(i, "/lib/ld.so", 11);
}
static void spoil_interpreter_parent(struct image *i)
{
    set_interpreter(i, "../bin/mon", 11);
}
// A library of the initrd with a PT_INTERP itself, by the name that the loader service knows.
static void spoil_interpreter_loop(struct image *i)
{
    set_interpreter(i, "loop.so.1", 10);
}

static const struct spoiling {
    const char *name;
    void (*spoil)(struct image *image);
    int error;
} spoilings[] = {
    {"magic", spoil_magic, ENOEXEC},
    {"class", spoil_class, ENOEXEC},
    {"byte order", spoil_order, ENOEXEC},
    {"machine", spoil_machine, ENOEXEC},
    {"type", spoil_type, ENOEXEC},
    {"cut short", spoil_size, ENOEXEC},
    {"cut in the header", spoil_header_size, ENOEXEC},
    {"too many program headers", spoil_count, ENOEXEC},
    {"no program headers", spoil_no_headers, ENOEXEC},
    {"size of program headers", spoil_entry_size, ENOEXEC},
    {"place of program headers", spoil_place, ENOEXEC},
    {"entry", spoil_entry, ENOEXEC},
    {"size in memory", spoil_memory, ENOEXEC},
    {"address", spoil_address, ENOEXEC},
    {"overlap", spoil_overlap, ENOEXEC},
    {"offset", spoil_offset, ENOEXEC},
    {"size in the file", spoil_file_size, ENOEXEC},
    {"nothing to load", spoil_loads, ENOEXEC},
    {"huge stack", spoil_stack, ENOEXEC},
    {"interpreter without NUL", spoil_interpreter_nul, ENOEXEC},
    {"interpreter without name", spoil_interpreter_empty, ENOEXEC},
    {"interpreter too long", spoil_interpreter_long, ENOEXEC},
    {"interpreter outside the file", spoil_interpreter_outside, ENOEXEC},
    {"interpreter that is not there", spoil_interpreter_absent, ENOENT},
    {"interpreter by path", spoil_interpreter_path, EINVAL},
    {"interpreter in another folder", spoil_interpreter_parent, EINVAL},
    {"interpreter with an interpreter", spoil_interpreter_loop, ENOEXEC},
};

// Writes the program spoiled in one way and tries to start it.
static void try_spoiled(const struct spoiling *spoiling)
{
    struct image image;

    ASSERT_TRUE(open_image(&image));
    spoiling->spoil(&image);
    bool written = write_file(FILE_PATH, image.data, image.size, 0755);

    free(image.data);
    ASSERT_TRUE(written);
    int error = try(FILE_PATH);

    if (error != spoiling->error) {
        check_fail(__FILE__, __LINE__, "%s: error %d, not %d", spoiling->name, error,
                   spoiling->error);
    }
}

TEST(spoiled_programs_are_refused_and_leave_nothing)
{
    uint64_t handles = 0, memory = 0;

    ASSERT_TRUE(world_make());
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < sizeof(spoilings) / sizeof(spoilings[0]); i++) {
            try_spoiled(&spoilings[i]);
        }
        if (round == 0) {
            handles = check_handle_count();
            memory = free_memory();
        }
    }
    EXPECT_EQ(check_handle_count(), handles);
    EXPECT_TRUE(free_memory() + 256 * 1024 >= memory);
    unlink(FILE_PATH);
}
