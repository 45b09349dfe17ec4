// SPDX-License-Identifier: MIT
// Panics and failed assertions (interface: debug/panic.h, kernel_fatal of hal/upcall.h). The report goes
// to the console and into the crash log, which the next boot reads.
//
// The first CPU to come here owns the panic; others halt at once, silently. A fault or panic inside
// the report is told in one line and ends the report. Nothing here takes a lock or allocates, and the
// report needs about 1 KiB of stack.

#include <debug/panic.h>

#include <debug/assert.h>
#include <debug/crashlog.h>
#include <debug/log.h>
#include <hal/boot.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/lock_class.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <lib/cmdline.h>
#include <lib/printf.h>
#include <lib/string.h>

#define PANIC_LOG_LINES 20u

static atomic_uint panic_owner; // CPU number + 1, 0: no panic
static bool reporting;          // the owner is past its first line
static _Atomic(panic_describe_fn) describe_fn;

bool panic_in_progress(void)
{
    return atomic_load_explicit(&panic_owner, memory_order_relaxed) != 0;
}

void panic_set_describe(panic_describe_fn fn)
{
    atomic_store_explicit(&describe_fn, fn, memory_order_release);
}

static void console_out(void *ctx UNUSED, const char *s, size_t len)
{
    hal_console_write(s, len);
}

static void report_out(void *ctx UNUSED, const char *s, size_t len)
{
    hal_console_write(s, len);
    crashlog_write(NULL, s, len);
}

void kernel_panic_printf(const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    kvformat(report_out, NULL, fmt, va);
    va_end(va);
}

static void print_line(const char *text)
{
    kernel_panic_printf("%s\n", text);
}

// Makes this CPU the one that reports; does not return on any other, nor the second time.
static void panic_claim(unsigned cpu)
{
    unsigned none = 0;
    if (atomic_compare_exchange_strong(&panic_owner, &none, cpu + 1))
        return;
    if (none != cpu + 1)
        hal_cpu_halt();
}

static void stop_other_cpus(unsigned self)
{
    unsigned count = hal_cpu_count();
    for (unsigned cpu = 0; cpu < count; cpu++) {
        if (cpu != self)
            hal_ipi_send(cpu, HAL_IPI_HALT);
    }
}

static void print_where(const struct hal_thread *t, unsigned cpu)
{
    char who[128] = "";
    panic_describe_fn describe = atomic_load_explicit(&describe_fn, memory_order_acquire);
    zx_time_t now = hal_now();

    if (describe)
        describe(who, sizeof(who));
    kernel_panic_printf("CPU %u, %ld.%03ld s%s%s\n", cpu, (long)(now / 1000000000),
                        (long)(now / 1000000 % 1000), who[0] ? ", " : "", who);
    if (t)
        kernel_panic_printf("preempt count %u, kernel stack [0x%lx, 0x%lx), image at 0x%lx\n",
                            t->preempt_count, (unsigned long)t->kstack_base,
                            (unsigned long)(t->kstack_base + t->kstack_size),
                            (unsigned long)boot_info.image_base);
}

// What was written last may still be on its way out of the console's device: 100 ms are 1152
// characters at 115,200 baud, more than any has room for.
static void let_the_console_finish(void)
{
    uint64_t start = hal_ticks(), patience = hal_ticks_per_second() / 10;
    while (hal_ticks() - start < patience)
        hal_cpu_relax();
}

NO_RETURN static void panic_stop(void)
{
    print_line("*** end of panic report");
    crashlog_finish();
    if (boot_info.cmdline == NULL ||
        !cmdline_bool(boot_info.cmdline, "kernel.halt-on-panic", false)) {
        let_the_console_finish();
        (void)hal_power_reboot();
    }
    hal_cpu_halt();
}

static void lines_to(kformat_out_fn out, unsigned lines)
{
    char text[32];

    out(NULL, text, ksnprintf(text, sizeof(text), "last %u log lines:\n", lines));
    log_panic_dump(lines, out, NULL);
}

static void print_last_lines(void)
{
    const size_t longest = LOG_DATA_MAX + 64; // with time, ids and punctuation
    unsigned fit = (unsigned)(crashlog_room() / longest);

    lines_to(console_out, PANIC_LOG_LINES);
    lines_to(crashlog_write, MAX(fit, PANIC_LOG_LINES));
}

// Everything a panic says. `message` is formatted text; registers may be NULL.
NO_RETURN static void panic_report(const char *fmt, va_list *va, const void *frame,
                                   void (*print_registers)(const void *frame), uintptr_t pc,
                                   uintptr_t fp)
{
    (void)hal_irq_save();
    struct hal_thread *t = hal_current();
    unsigned cpu = t ? t->cpu : 0;

    panic_claim(cpu);
    lock_debug_disable();
    hal_console_panic();
    if (reporting) {
        kernel_panic_printf("\n*** KERNEL PANIC inside the report: ");
        kvformat(report_out, NULL, fmt, *va);
        kernel_panic_printf(" (pc 0x%lx)\n", (unsigned long)pc);
        panic_stop();
    }
    reporting = true;
    stop_other_cpus(cpu); // first: they may be writing to the console
    kernel_panic_printf("\n*** KERNEL PANIC: ");
    kvformat(report_out, NULL, fmt, *va);
    kernel_panic_printf("\n");
    print_where(t, cpu);
    if (print_registers)
        print_registers(frame);
    print_line("backtrace:");
    if (t)
        backtrace_print(pc, fp, t->kstack_base, t->kstack_size, print_line);
    else
        backtrace_print(pc, 0, 0, 0, print_line);
    print_last_lines();
    panic_stop();
}

// va_list may be an array type, so its address is taken from a local copy.
NO_RETURN static void panic_v(const void *frame, void (*print_registers)(const void *frame),
                              uintptr_t pc, uintptr_t fp, const char *fmt, va_list va)
{
    va_list copy;
    va_copy(copy, va);
    panic_report(fmt, &copy, frame, print_registers, pc, fp);
}

NO_RETURN COLD PRINTF_LIKE(5, 6) static void panic_at(const void *frame,
                                                      void (*print_registers)(const void *frame),
                                                      uintptr_t pc, uintptr_t fp, const char *fmt,
                                                      ...)
{
    va_list va;
    va_start(va, fmt);
    panic_v(frame, print_registers, pc, fp, fmt, va);
}

// Inside the call that led here. The return address may be another function's: such a call is often
// the last instruction of its own.
#define CALL_SITE() ((uintptr_t)__builtin_return_address(0) - 1)

void panic(const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    panic_v(NULL, NULL, CALL_SITE(), *(const uintptr_t *)__builtin_frame_address(0), fmt, va);
}

void assert_failed(const char *file, unsigned line, const char *expr)
{
    panic_at(NULL, NULL, CALL_SITE(), *(const uintptr_t *)__builtin_frame_address(0),
             "%s:%u: assertion failed: %s", file, line, expr);
}

void kernel_fatal(const char *what, const void *frame, void (*print_registers)(const void *frame),
                  uintptr_t pc, uintptr_t fp)
{
    panic_at(frame, print_registers, pc, fp, "%s", what);
}
