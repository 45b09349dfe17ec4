// SPDX-License-Identifier: MIT
//
// debug: looks into another process while it stands still.
//
//     debug [-c COMMANDS] PROGRAM [ARG...]
//     debug [-c COMMANDS] -p KOID
//
// Commands come from standard input, or from -c, separated by `;`. A stopped process stays stopped
// until it is let go, by `c` or at the end.

#include "debug.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

#include "command.h"
#include "system.h"

#define LINE_SIZE 256u

static const char help[] =
    "b PLACE       breakpoint; PLACE is 0xADDRESS, NAME+0xOFFSET, or `entry`\n"
    "c             let it go on; an exception counts as mended\n"
    "n             let it go on; an exception is passed on (a crash, as a rule)\n"
    "s [N]         N single steps\n"
    "regs          registers\n"
    "bt            backtrace\n"
    "x PLACE [N]   N words of memory\n"
    "modules       ELF modules\n"
    "threads       all threads, with the one that stands still marked\n"
    "k             kill it\n"
    "q             let it go, and quit\n";

// ---- places ----

// The entry point of the program: of the module that its process begins in.
static bool entry_point(zx_vaddr_t *out)
{
    for (size_t i = 0; i < target.module_count; i++) {
        uint64_t entry;

        // e_entry is at 24. Programs' first segment is for address 0.
        if (strcmp(target.modules[i].name, "vdso") != 0 &&
            target_read(NULL, target.modules[i].base + 24, &entry, sizeof(entry))) {
            *out = target.modules[i].base + entry;
            return true;
        }
    }
    return false;
}

static bool parse_place(const char *text, zx_vaddr_t *out)
{
    char *end;
    const char *plus = strchr(text, '+');

    if (strcmp(text, "entry") == 0 && entry_point(out))
        return true;
    if (plus == NULL) {
        *out = strtoull(text, &end, 16);
        if (strncmp(text, "0x", 2) == 0 && *end == '\0')
            return true;
    }
    for (size_t i = 0; plus != NULL && i < target.module_count; i++) {
        const struct inspect_module *module = &target.modules[i];

        if (strlen(module->name) == (size_t)(plus - text) &&
            strncmp(module->name, text, (size_t)(plus - text)) == 0) {
            *out = module->base + strtoull(plus + 1, &end, 16);
            return *end == '\0';
        }
    }
    command_complain("%s: no such place", text);
    return false;
}

// ---- commands ----

static void add_breakpoint(const char *word)
{
    zx_vaddr_t at;

    if (!parse_place(word, &at))
        return;
    unsigned number = breakpoint_add(at);
    if (number != 0)
        printf("%sbreakpoint %u at %s\n", breakpoint_is_hardware(number) ? "hardware " : "", number,
               target_place(at));
}

static void print_registers(void)
{
    zx_thread_state_general_regs_t regs;

    if (!target_registers(&regs))
        return;
    for (int i = 0; i < 30; i += 3)
        printf("x%-2d %016llx  x%-2d %016llx  x%-2d %016llx\n", i, (unsigned long long)regs.r[i],
               i + 1, (unsigned long long)regs.r[i + 1], i + 2, (unsigned long long)regs.r[i + 2]);
    printf("lr  %016llx  sp  %016llx  pc  %016llx  cpsr %08llx\n", (unsigned long long)regs.lr,
           (unsigned long long)regs.sp, (unsigned long long)regs.pc, (unsigned long long)regs.cpsr);
}

static void print_backtrace(void)
{
    const struct inspect_memory memory = {.read = target_read};
    static struct inspect_trace trace;
    zx_thread_state_general_regs_t regs;

    if (!target_registers(&regs))
        return;
    inspect_backtrace(&memory, &regs, target.modules, target.module_count, &trace);
    for (size_t i = 0; i < trace.count; i++)
        printf("  #%02zu %s\n", i, target_place(trace.frames[i].pc));
}

static void print_memory(const char *word, unsigned long count)
{
    zx_vaddr_t at;
    uint64_t value;

    if (!parse_place(word, &at))
        return;
    for (; count != 0; count--, at += sizeof(value)) {
        if (!target_read(NULL, at, &value, sizeof(value))) {
            command_complain("0x%llx cannot be read", (unsigned long long)at);
            return;
        }
        printf("0x%llx: %016llx\n", (unsigned long long)at, (unsigned long long)value);
    }
}

static void print_modules(void)
{
    char id[2 * INSPECT_BUILD_ID_MAX + 1];

    for (size_t i = 0; i < target.module_count; i++) {
        inspect_build_id(&target.modules[i], id);
        printf("module %s at 0x%llx-0x%llx build-id %s\n", target.modules[i].name,
               (unsigned long long)target.modules[i].base,
               (unsigned long long)target.modules[i].end, id);
    }
}

static void print_threads(void)
{
    struct tasks_records threads;

    if (tasks_get_records(target.process, ZX_INFO_PROCESS_THREADS, sizeof(zx_koid_t), &threads) != ZX_OK)
        return;
    for (size_t i = 0; i < threads.count; i++) {
        struct task thread = {.kind = TASK_THREAD, .koid = ((const zx_koid_t *)threads.records)[i]};
        char name[ZX_MAX_NAME_LEN];

        if (zx_object_get_child(target.process, thread.koid, ZX_RIGHT_SAME_RIGHTS, &thread.handle) !=
            ZX_OK)
            continue; // it has ended
        tasks_name(thread.handle, name);
        printf("%c thread %llu '%s': %s\n",
               target.thread != ZX_HANDLE_INVALID && thread.koid == target.thread_koid ? '*' : ' ',
               (unsigned long long)thread.koid, name, tasks_state(&thread));
        zx_handle_close(thread.handle);
    }
    tasks_free_records(&threads);
}

static void step(unsigned long count)
{
    while (count != 0 && target_step())
        count--;
}

// Runs one command. False: no more of them.
static bool run_command(char *line)
{
    char *rest = NULL, *name = strtok_r(line, " \t\n", &rest), *word = strtok_r(NULL, " \t\n", &rest),
         *number = strtok_r(NULL, " \t\n", &rest);

    if (name == NULL)
        return true;
    if (strcmp(name, "b") == 0 && word != NULL)
        add_breakpoint(word);
    else if (strcmp(name, "c") == 0 || strcmp(name, "n") == 0)
        target_go(*name == 'n');
    else if (strcmp(name, "s") == 0)
        step(word != NULL ? strtoul(word, NULL, 10) : 1);
    else if (strcmp(name, "regs") == 0)
        print_registers();
    else if (strcmp(name, "bt") == 0)
        print_backtrace();
    else if (strcmp(name, "x") == 0 && word != NULL)
        print_memory(word, number != NULL ? strtoul(number, NULL, 10) : 1);
    else if (strcmp(name, "modules") == 0)
        print_modules();
    else if (strcmp(name, "threads") == 0)
        print_threads();
    else if (strcmp(name, "k") == 0)
        (void)zx_task_kill(target.process);
    else if (strcmp(name, "q") == 0)
        return false;
    else
        fputs(help, stdout);
    fflush(stdout);
    return !target.ended;
}

static void run_all(char *commands)
{
    char *rest = NULL;

    for (char *line = strtok_r(commands, ";", &rest); line != NULL;
         line = strtok_r(NULL, ";", &rest)) {
        line += strspn(line, " ");
        printf("debug> %s\n", line);
        if (!run_command(line))
            return;
    }
}

static void ask(void)
{
    char line[LINE_SIZE];

    do {
        printf("debug> ");
        fflush(stdout);
    } while (fgets(line, sizeof(line), stdin) != NULL && run_command(line));
}

int main(int argc, char **argv)
{
    char *commands = NULL;
    zx_koid_t koid = 0;
    int option;

    command_start(argv, "[-c COMMANDS] -p KOID | PROGRAM [ARG...]");
    while ((option = getopt(argc, argv, "+c:p:")) != -1) {
        if (option == 'c')
            commands = optarg;
        else if (option != 'p')
            return command_usage();
        else if (!system_parse_koid(optarg, &koid))
            return STATUS_USAGE;
    }
    if ((koid != 0) == (optind < argc))
        return command_usage();
    if (!(koid != 0 ? target_attach(koid) : target_start(argv + optind)))
        return command_end();
    if (commands != NULL)
        run_all(commands);
    else
        ask();
    target_release();
    return command_end();
}
