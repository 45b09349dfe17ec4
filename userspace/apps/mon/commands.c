// SPDX-License-Identifier: MIT
//
// The monitor's commands: their table, the cutting of text into commands, and those that are too
// small for a file of their own.

#include "mon.h"

#include <minilib/console.h>
#include <minilib/session.h>
#include <minilib/string.h>
#include <minilib/text.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/system.h>

#define MAX_WORDS 32

static int cmd_help(int argc, char **argv);

static int cmd_echo(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        console_printf("%s%s", i == 1 ? "" : " ", argv[i]);
    }
    console_printf("\n");
    return STATUS_OK;
}

static int cmd_true(int argc, char **argv)
{
    (void)argc, (void)argv;
    return STATUS_OK;
}

static int cmd_false(int argc, char **argv)
{
    (void)argc, (void)argv;
    return STATUS_FAILED;
}

static int cmd_uptime(int argc, char **argv)
{
    uint64_t ms = (uint64_t)zx_clock_get_monotonic() / 1000000;

    (void)argc, (void)argv;
    console_printf("up %lu:%02lu:%02lu.%03lu\n", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60,
                   ms % 1000);
    return STATUS_OK;
}

static int cmd_reboot(int argc, char **argv)
{
    (void)argc;
    return report(argv[0], "cannot reboot",
                  zx_system_powerctl(mon.root, ZX_SYSTEM_POWERCTL_REBOOT, NULL));
}

static int cmd_poweroff(int argc, char **argv)
{
    (void)argc;
    if (mon.nonce != NULL) {
        // The machine that gave the commands wants to know how they ended.
        session_end(mon.nonce, STATUS_OK, mon.root);
    }
    return report(argv[0], "cannot power off",
                  zx_system_powerctl(mon.root, ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL));
}

static const struct command commands[] = {
    {"help", "[COMMAND]", "this list, or the line of one command", cmd_help, 0, 1},
    {"ps", "", "jobs, processes and threads", cmd_ps, 0, 0},
    {"mem", "", "where the machine's memory is", cmd_mem, 0, 0},
    {"handles", "", "handles of each process, by type", cmd_handles, 0, 0},
    {"dmesg", "", "the debug log", cmd_dmesg, 0, 0},
    {"ls", "", "files of the initrd", cmd_ls, 0, 0},
    {"run", "PROGRAM [ARG...] [&]", "run a program of the initrd; with & do not wait for it",
     cmd_run, 1, MAX_WORDS},
    {"kill", "KOID", "end a job, process or thread", cmd_kill, 1, 1},
    {"demo", "", "two processes, a channel, shared memory, a death", cmd_demo, 0, 0},
    {"crash", "[KIND]", "let a process do something forbidden; without KIND: all kinds", cmd_crash,
     0, 1},
    {"kernel", "WORD...", "a command for the kernel's debug console; `kernel help` lists them",
     cmd_kernel, 1, MAX_WORDS},
    {"echo", "[WORD...]", "print the words", cmd_echo, 0, MAX_WORDS},
    {"true", "", "succeed", cmd_true, 0, 0},
    {"false", "", "fail", cmd_false, 0, 0},
    {"uptime", "", "time since the machine started", cmd_uptime, 0, 0},
    {"reboot", "", "start the machine again", cmd_reboot, 0, 0},
    {"poweroff", "", "switch the machine off", cmd_poweroff, 0, 0},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name);

static int unknown_command(const char *name)
{
    console_printf("%s: no such command; `help` lists them\n", name);
    return STATUS_USAGE;
}

static void print_command(const struct command *command)
{
    int used = (int)strlen(command->name) + 1;

    console_printf("  %s %-*s %s\n", command->name, 32 - used, command->arguments,
                   command->summary);
}

static int cmd_help(int argc, char **argv)
{
    if (argc > 1) {
        const struct command *command = find_command(argv[1]);

        if (command == NULL) {
            return unknown_command(argv[1]);
        }
        print_command(command);
        return STATUS_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        print_command(&commands[i]);
    }
    console_printf(
        "Commands are separated by `;`. Ctrl-C ends a program, Ctrl-U clears the line.\n");
    return STATUS_OK;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int run_command(int argc, char **argv)
{
    const struct command *command = find_command(argv[0]);

    if (command == NULL) {
        return unknown_command(argv[0]);
    }
    if (argc - 1 < command->min_arguments || argc - 1 > command->max_arguments) {
        console_printf("usage: %s%s%s\n", command->name, *command->arguments != '\0' ? " " : "",
                       command->arguments);
        return STATUS_USAGE;
    }
    return command->run(argc, argv);
}

// Cuts off the first command of a text: ends it with a NUL and returns what follows, or NULL.
static char *cut_command(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == ';' || *text == '\n' || *text == '\r') {
            *text = '\0';
            return text + 1;
        }
    }
    return NULL;
}

int commands_run(char *text)
{
    int status = STATUS_OK;

    while (text != NULL) {
        char *words[MAX_WORDS + 1];
        char *rest = cut_command(text);
        size_t count = text_split(text, words, MAX_WORDS);

        if (count > MAX_WORDS) {
            console_printf("mon: more than %d words in a command\n", MAX_WORDS);
            status = STATUS_USAGE;
        } else if (count != 0) {
            words[count] = NULL;
            status = run_command((int)count, words);
        }
        text = rest;
    }
    return status;
}
