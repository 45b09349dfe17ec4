// SPDX-License-Identifier: MIT
//
// bin/crash KIND: does one thing that a process must not do. It should never come to its end; if it
// does, the exit code is 1 (survived) or 2 (no such kind).

#include <stddef.h>
#include <stdint.h>

#include <crt/crt.h>
#include <minilib/console.h>
#include <minilib/pages.h>
#include <minilib/string.h>

// The compiler must not know that these addresses are bad.
static uint64_t read_at(uintptr_t address)
{
    __asm__ volatile("" : "+r"(address));
    return *(volatile uint64_t *)address;
}

static const uint64_t constant = 1;

static void write_constant(void)
{
    uintptr_t address = (uintptr_t)&constant;

    __asm__ volatile("" : "+r"(address));
    *(volatile uint64_t *)address = 2;
}

static void jump_to(uintptr_t address)
{
    __asm__ volatile("blr %0" ::"r"(address) : "x30", "memory");
}

static void jump_to_odd_address(void)
{
    jump_to((uintptr_t)&jump_to + 2);
}

static void undefined_instruction(void)
{
    __asm__ volatile("udf #0");
}

// Takes ever more stack; the addition afterwards keeps it from becoming a loop.
static uint64_t __attribute__((noinline)) overflow_stack(volatile uint64_t *depth)
{
    volatile uint64_t room[64];

    room[0] = ++*depth;
    return room[0] == 0 ? 0 : overflow_stack(depth) + room[0];
}

// An address that was mapped and no longer is.
static uintptr_t unmapped_address(void)
{
    void *page = pages_allocate(4096);

    pages_free(page, 4096);
    return (uintptr_t)page;
}

static void misalign_stack_pointer(void)
{
    uint64_t value;

    __asm__ volatile("mov x9, sp\n\t"
                     "add sp, sp, #-8\n\t"
                     "ldr %0, [sp]\n\t"
                     "mov sp, x9"
                     : "=r"(value)
                     :
                     : "x9", "memory");
}

static void raw_system_call(void)
{
    __asm__ volatile("mov x16, #0\n\t"
                     "svc #0" ::
                         : "x0", "x16", "memory");
}

static void breakpoint_instruction(void)
{
    __asm__ volatile("brk #77");
}

static void misalign_exclusive(void)
{
    static uint64_t words[2];
    uint64_t value;

    __asm__ volatile("ldxr %0, [%1]" : "=r"(value) : "r"((char *)words + 1) : "memory");
}

// ---- the kinds ----

static void read_null(void)
{
    (void)read_at(0);
}

static void read_unmapped(void)
{
    (void)read_at(unmapped_address());
}

static void read_kernel(void)
{
    (void)read_at(0xffff000000000000);
}

static void jump_to_null(void)
{
    jump_to(0);
}

static void overflow(void)
{
    volatile uint64_t depth = 0;

    (void)overflow_stack(&depth);
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    {"null", read_null},
    {"unmapped", read_unmapped},
    {"kernel", read_kernel},
    {"rodata", write_constant},
    {"jump", jump_to_null},
    {"pc", jump_to_odd_address},
    {"undefined", undefined_instruction},
    {"stack", overflow},
    {"sp", misalign_stack_pointer},
    {"svc", raw_system_call},
    {"brk", breakpoint_instruction},
    {"unaligned", misalign_exclusive},
};

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            kinds[i].run();
            return 1;
        }
    }
    console_printf("usage: crash KIND, which is one of");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        console_printf(" %s", kinds[i].name);
    }
    console_printf("\n");
    return 2;
}
