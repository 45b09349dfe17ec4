// SPDX-License-Identifier: MIT
// Commands of the kernel's debug console (object/debug_console.h): `help`; `pages` and `page ADDRESS`, which
// tell what each page of memory is used for; and `crash KIND`, which
// makes the kernel fail in one way, so that the panic screen and what leads to it can be tested and
// a person can see what it looks like.
//
// Locks: none. Invariant: nothing here is reachable without the root resource.
#include <object/debug_console.h>

#include <debug/assert.h>
#include <debug/log.h>
#include <hal/boot.h>
#include <hal/cpu.h>
#include <hal/time.h>
#include <lib/string.h>
#include <mem/page.h>
#include <sched/thread.h>
#include <sched/timer.h>

// Hides from the compiler where a pointer came from: it must not see that the access is wrong.
static uintptr_t launder(uintptr_t address)
{
    __asm__ volatile("" : "+r"(address));
    return address;
}

static void crash_panic(void)
{
    panic("asked for by the debug console");
}

static void crash_assert(void)
{
    ASSERT(launder(1) == 2);
}

static void crash_null(void)
{
    *(volatile uint64_t *)launder(8) = 1;
}

static void crash_user(void)
{
    (void)*(volatile uint64_t *)launder(0x7000000);
}

static void crash_wild(void)
{
    (void)*(volatile uint64_t *)launder(boot_info.image_base - 0x1000);
}

static const uint64_t constant = 1;

static void crash_rodata(void)
{
    *(volatile uint64_t *)launder((uintptr_t)&constant) = 2;
}

static void crash_jump(void)
{
    void (*nowhere)(void) = (void (*)(void))launder(0x7000000);
    nowhere();
    (void)launder(0); // not a tail call: the link register is to name this function
}

static void crash_undefined(void)
{
    __builtin_trap();
}

// Takes ever more stack; the addition afterwards keeps it from becoming a loop.
static NO_INLINE uint64_t deeper(volatile uint64_t *depth)
{
    volatile uint64_t room[24];

    room[0] = ++*depth;
    return room[0] == 0 ? 0 : deeper(depth) + room[0];
}

static void crash_stack(void)
{
    volatile uint64_t depth = 0;
    (void)deeper(&depth);
}

static void fail_in_interrupt(struct timer *timer UNUSED, zx_time_t now UNUSED)
{
    panic("asked for by the debug console, in an interrupt");
}

static void crash_irq(void)
{
    struct timer timer;

    timer_init(&timer, fail_in_interrupt);
    timer_set(&timer, hal_now() + 1000000);
    for (;;)
        hal_cpu_relax();
}

static const struct {
    char name[12];
    char what[44];
    void (*crash)(void);
} crashes[] = {
    {"panic", "panics", crash_panic},
    {"assert", "fails an assertion", crash_assert},
    {"null", "writes next to address 0", crash_null},
    {"user", "reads user memory directly", crash_user},
    {"wild", "reads where nothing is mapped", crash_wild},
    {"rodata", "writes to its constants", crash_rodata},
    {"jump", "jumps to a user address", crash_jump},
    {"undefined", "executes a trap instruction", crash_undefined},
    {"stack", "overflows a kernel stack", crash_stack},
    {"irq", "panics in an interrupt handler", crash_irq},
};

static zx_status_t run_crash(const char *kind)
{
    for (size_t i = 0; i < countof(crashes); i++) {
        if (strcmp(crashes[i].name, kind) == 0)
            crashes[i].crash();
    }
    return ZX_ERR_NOT_FOUND;
}

static zx_status_t run_pages(void)
{
    char line[96];

    for (unsigned i = 0; i < page_arena_count; i++) {
        paddr_t at = page_arenas[i].base;
        while (at < page_arenas[i].base + page_arenas[i].size &&
               page_describe_run(&at, line, sizeof(line)) > 0)
            klog(LOG_INFO, "%s", line);
    }
    return ZX_OK;
}

// Takes hexadecimal digits, with or without 0x.
static zx_status_t run_page(const char *text)
{
    paddr_t pa = 0;
    char line[128];

    if (text[0] == '0' && text[1] == 'x')
        text += 2;
    if (*text == 0)
        return ZX_ERR_INVALID_ARGS;
    for (; *text != 0; text++) {
        unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a' + 10)
                                                        : 16;
        if (digit == 16 || pa >> 60 != 0)
            return ZX_ERR_INVALID_ARGS;
        pa = pa << 4 | digit;
    }
    page_describe(pa, line, sizeof(line));
    klog(LOG_INFO, "%s", line);
    return ZX_OK;
}

static zx_status_t run_help(void)
{
    klog(LOG_INFO, "help        this list");
    klog(LOG_INFO, "pages       what memory is used for, run by run");
    klog(LOG_INFO, "page ADDR   what the page at this physical address, in hexadecimal, is used for");
    for (size_t i = 0; i < countof(crashes); i++)
        klog(LOG_INFO, "crash %-9s the kernel %s", crashes[i].name, crashes[i].what);
    return ZX_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

zx_status_t debug_console_run(const char *text, size_t size)
{
    char line[DEBUG_COMMAND_MAX + 1];

    if (size > DEBUG_COMMAND_MAX)
        return ZX_ERR_INVALID_ARGS;
    while (size > 0 && is_blank(*text)) {
        text++;
        size--;
    }
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    memcpy(line, text, size);
    line[size] = 0;
    if (strcmp(line, "help") == 0)
        return run_help();
    if (strcmp(line, "pages") == 0)
        return run_pages();
    if (strncmp(line, "page ", 5) == 0)
        return run_page(line + 5);
    return strncmp(line, "crash ", 6) == 0 ? run_crash(line + 6) : ZX_ERR_NOT_FOUND;
}
