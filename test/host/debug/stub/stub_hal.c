// SPDX-License-Identifier: MIT
// A platform of stubs (interface: stub_hal.h).

#include "stub_hal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/time.h>

struct boot_info boot_info = {.cmdline = "", .machine = "stub"};
int64_t stub_now = 1;
unsigned stub_halt_ipis;

// ---- CPU ---------------------------------------------------------------------------------------

static _Thread_local struct hal_thread this_thread;
static _Thread_local bool irqs_off;

void stub_set_cpu(unsigned cpu)
{
    this_thread.cpu = cpu;
}

struct hal_thread *hal_current(void)
{
    return &this_thread;
}

unsigned long hal_irq_save(void)
{
    unsigned long was = irqs_off;
    irqs_off = true;
    return was;
}

void hal_irq_restore(unsigned long state)
{
    irqs_off = state != 0;
}

bool hal_irqs_enabled(void)
{
    return !irqs_off;
}

void hal_irq_enable(void)
{
    irqs_off = false;
}

void hal_irq_disable(void)
{
    irqs_off = true;
}

void hal_cpu_relax(void)
{
    sched_yield();
}

void hal_preempt_point(void)
{
}

void sched_preempt_check_slow(void)
{
}

unsigned hal_cpu_count(void)
{
    return 4;
}

void hal_ipi_send(unsigned cpu UNUSED, enum hal_ipi ipi)
{
    stub_halt_ipis += ipi == HAL_IPI_HALT;
}

zx_time_t hal_now(void)
{
    return stub_now;
}

// Each look at the counter is a second later than the last.
uint64_t hal_ticks(void)
{
    static uint64_t looks;
    return ++looks;
}

uint64_t hal_ticks_per_second(void)
{
    return 1;
}

// ---- console -----------------------------------------------------------------------------------

static char console[64 * 1024];
static size_t console_len;
static int console_fd = -1;
static pthread_mutex_t console_lock = PTHREAD_MUTEX_INITIALIZER;

void hal_console_write(const char *s, size_t len)
{
    if (console_fd >= 0) {
        if (write(console_fd, s, len) < 0)
            abort();
        return;
    }
    pthread_mutex_lock(&console_lock);
    size_t n = MIN(len, sizeof(console) - 1 - console_len);
    memcpy(console + console_len, s, n);
    console_len += n;
    console[console_len] = '\0';
    pthread_mutex_unlock(&console_lock);
}

const char *stub_console(void)
{
    return console;
}

void stub_console_clear(void)
{
    console_len = 0;
    console[0] = '\0';
}

void hal_console_panic(void)
{
}

bool hal_stack_bounds(uintptr_t address UNUSED, uintptr_t *out_base UNUSED, size_t *out_size UNUSED)
{
    return false;
}

zx_status_t hal_power_reboot(void)
{
    hal_console_write("stub: reboot\n", 13);
    return ZX_ERR_NOT_SUPPORTED;
}

// A panic nobody waits for fails the test program.
void hal_cpu_halt(void)
{
    if (console_fd < 0) {
        fputs(console, stderr);
        abort();
    }
    _exit(STUB_EXIT_PANIC);
}

// ---- children ----------------------------------------------------------------------------------

const char *stub_panic_text(void (*fn)(void))
{
    static char text[64 * 1024];
    size_t len = 0;
    ssize_t n;
    int fds[2], status;

    fflush(NULL);
    if (pipe(fds))
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        console_fd = fds[1];
        fn();
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(fds[0]);
    if (waitpid(pid, &status, 0) != pid)
        abort();
    return WIFEXITED(status) && WEXITSTATUS(status) == STUB_EXIT_PANIC ? text : NULL;
}

bool stub_in_child(void (*fn)(void))
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        fn();
        fflush(NULL);
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// ---- RAM ---------------------------------------------------------------------------------------

static char *ram;
static uint64_t ram_bytes;

void stub_ram_window(uint64_t bytes)
{
    // A direct map keeps alignment: RAM starts at a multiple of 2 MiB on both sides.
    const uint64_t align = 2ul << 20;
    char *p = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        abort();
    ram = (char *)ROUND_UP((uintptr_t)p, align);
    ram_bytes = bytes;
}

void stub_ram(uint64_t bytes)
{
    stub_ram_window(bytes);
    boot_info.mem_count = 1;
    boot_info.mem[0] = (struct boot_range){STUB_RAM_BASE, bytes};
    boot_info.reserved_count = 1;
    boot_info.reserved[0] = (struct boot_range){STUB_RAM_BASE, PAGE_SIZE};
}

void *hal_phys_to_virt(uint64_t pa)
{
    if (pa - STUB_RAM_BASE >= ram_bytes)
        abort();
    return ram + (pa - STUB_RAM_BASE);
}

uint64_t hal_virt_to_phys(const void *va)
{
    uint64_t offset = (uint64_t)((const char *)va - ram);
    if (offset >= ram_bytes)
        abort();
    return STUB_RAM_BASE + offset;
}

void *stub_shared(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        abort();
    return p;
}

void hal_cache_clean(const void *va UNUSED, size_t len UNUSED)
{
}

void hal_zero_page(void *page)
{
    memset(page, 0, PAGE_SIZE);
}
