// SPDX-License-Identifier: MIT
//
// The records of the kernel's trace as lines of text (trace_text.h): docs/reference/ktrace_read.md and
// kernel/object/include/object/ktrace.h say what they are.
//
// A line is the time in milliseconds since the first record, who did it, what, and its arguments. Records in
// the short form tell a CPU instead of a thread.

#include "trace_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EVENT(tag)   ((tag) >> 8 & 0xfff)
#define LENGTH(tag)  ((size_t)((tag) & 15) * 8)
#define NAME_MAX_LEN 32u
#define NAME_OFFSET  12u // of the name in its record
#define ARGS_MAX     4u
#define BUCKETS      512u

enum { // events of names, and others that are treated apart
    TICKS_PER_MS = 0x001,
    KTHREAD_NAME = 0x020,
    THREAD_NAME = 0x021,
    PROC_NAME = 0x022,
    SYSCALL_NAME = 0x023,
    IRQ_NAME = 0x024,
    PROBE_NAME = 0x025,
    NAMES_END = 0x028,
    IRQ_ENTER = 0x030,
    SYSCALL_EXIT = 0x033,
    CONTEXT_SWITCH = 0x040,
    PROBE = 0x800,
};

struct name {
    struct name *next;
    uint32_t event, id;
    uint32_t owner; // of a thread: its process
    char text[NAME_MAX_LEN];
};

struct trace_text {
    const char *(*status_name)(int32_t status);
    struct name *names[BUCKETS];
    uint64_t ticks_per_ms;
    uint64_t first; // time of the first record, 0: none yet
};

// What follows the event's name. %u number, %x the same in hexadecimal, %s status, %t thread, %p process,
// %A address in two arguments, the high one first, %D time in two, the low one first, %f how memory was touched,
// %m what is waited for.
static const struct kind {
    uint16_t event;
    const char *name, *format;
} kinds[] = {
    {0x034, "page_fault", "at %A, %f, cpu %u"},
    {0x035, "page_fault_exit", "at %A, %f, cpu %u"},
    {0x100, "object_delete", "%u"},
    {0x110, "thread_create", "%t"},
    {0x111, "thread_start", "%t"},
    {0x112, "thread_exit", ""},
    {0x120, "process_create", "%p"},
    {0x121, "process_start", "%t"},
    {0x122, "process_exit", "%p"},
    {0x130, "channel_create", "%u and %u"},
    {0x131, "channel_write", "%u: bytes %u, handles %u"},
    {0x132, "channel_read", "%u: bytes %u, handles %u"},
    {0x140, "port_wait", "%u"},
    {0x141, "port_wait_done", "%u: %s"},
    {0x142, "port_create", "%u"},
    {0x143, "port_queue", "%u: bytes %u"},
    {0x150, "wait_one", "%u: signals %x until %D"},
    {0x151, "wait_one_done", "%u: %s, signals %x"},
    {0x160, "block", "on %A, %m"},
    {0x161, "wake", "of %A, %m"},
    {0x162, "unblock", "of %A: %s"},
};

struct trace_text *trace_text_new(const char *(*status_name)(int32_t status))
{
    struct trace_text *t = calloc(1, sizeof(*t));

    if (t != NULL)
        t->status_name = status_name;
    return t;
}

void trace_text_free(struct trace_text *t)
{
    for (unsigned i = 0; t != NULL && i < BUCKETS; i++) {
        struct name *n, *next;
        for (n = t->names[i]; n != NULL; n = next) {
            next = n->next;
            free(n);
        }
    }
    free(t);
}

// ---- names ---------------------------------------------------------------------------------------

static struct name **bucket(struct trace_text *t, uint32_t event, uint32_t id)
{
    return &t->names[(event * 31 + id + id / BUCKETS) % BUCKETS];
}

static struct name *find(struct trace_text *t, uint32_t event, uint32_t id)
{
    struct name *n = *bucket(t, event, id);

    while (n != NULL && (n->event != event || n->id != id))
        n = n->next;
    return n;
}

// A name that there is no memory for is not known.
static void keep_name(struct trace_text *t, const uint32_t *r, size_t length)
{
    const uint32_t event = EVENT(r[0]), id = r[1];
    struct name *n = find(t, event, id);

    if (length <= NAME_OFFSET)
        return;
    if (n == NULL) {
        n = malloc(sizeof(*n));
        if (n == NULL)
            return;
        struct name **head = bucket(t, event, id);
        *n = (struct name){.next = *head, .event = event, .id = id};
        *head = n;
    }
    const size_t room = length - NAME_OFFSET < NAME_MAX_LEN ? length - NAME_OFFSET : NAME_MAX_LEN;
    memset(n->text, 0, sizeof(n->text));
    memcpy(n->text, r + 3, strnlen((const char *)(r + 3), room));
    n->text[NAME_MAX_LEN - 1] = '\0';
    for (char *c = n->text; *c != '\0'; c++) { // anybody names a thread, and this goes to a terminal
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    n->owner = r[2];
}

// NAME[ID], or the id alone.
static void print_named(struct trace_text *t, uint32_t event, uint32_t id, FILE *out)
{
    const struct name *n = find(t, event, id);

    fprintf(out, n != NULL ? "%s[%" PRIu32 "]" : "%.0s%" PRIu32, n != NULL ? n->text : "", id);
}

// PROCESS/THREAD[ID]; the kernel's own threads have names alone.
static void print_thread(struct trace_text *t, uint32_t tid, uint32_t kernel_id, FILE *out)
{
    const struct name *n = find(t, THREAD_NAME, tid), *process;

    if (tid == 0) {
        n = find(t, KTHREAD_NAME, kernel_id);
        fputs(n != NULL ? n->text : "kernel", out);
        return;
    }
    process = n != NULL ? find(t, PROC_NAME, n->owner) : NULL;
    if (process != NULL)
        fprintf(out, "%s/", process->text);
    print_named(t, THREAD_NAME, tid, out);
}

// ---- arguments -----------------------------------------------------------------------------------

static void print_touch(uint32_t flags, FILE *out)
{
    fprintf(out, "%s by %s, %s", flags & 8 ? "fetch" : flags & 1 ? "write" : "read",
            flags & 2 ? "user" : "kernel", flags & 16 ? "absent" : "present");
}

// One directive; returns how many arguments it took.
static unsigned print_one(struct trace_text *t, char directive, const uint32_t *arg, FILE *out)
{
    switch (directive) {
    case 'u': fprintf(out, "%" PRIu32, arg[0]); return 1;
    case 'x': fprintf(out, "%#" PRIx32, arg[0]); return 1;
    case 's': fputs(t->status_name((int32_t)arg[0]), out); return 1;
    case 't': print_thread(t, arg[0], 0, out); return 1;
    case 'p': print_named(t, PROC_NAME, arg[0], out); return 1;
    case 'A': fprintf(out, "%#" PRIx64, (uint64_t)arg[0] << 32 | arg[1]); return 2;
    case 'f': print_touch(arg[0], out); return 1;
    case 'm': fputs(arg[0] != 0 ? "a mutex" : "an event", out); return 1;
    case 'D':
        if (((uint64_t)arg[1] << 32 | arg[0]) == INT64_MAX)
            fputs("it comes", out);
        else
            fprintf(out, "%" PRId64 " ns", (int64_t)((uint64_t)arg[1] << 32 | arg[0]));
        return 2;
    default: return 0;
    }
}

// `arg` has room for a directive of two after the last.
static void print_args(struct trace_text *t, const char *format, const uint32_t *arg, FILE *out)
{
    unsigned used = 0;

    for (; *format != '\0'; format++) {
        if (*format == '%' && used < ARGS_MAX)
            used += print_one(t, *++format, arg + used, out);
        else
            fputc(*format, out);
    }
}

static void print_switch(struct trace_text *t, const uint32_t *arg, FILE *out)
{
    static const char *const states[] = {"new", "ready", "running", "blocked"};
    const uint32_t state = arg[1] >> 8 & 0xff;

    fputs("switch           to ", out);
    print_thread(t, arg[0], arg[3], out);
    fprintf(out, ", priority %u after %u, was %s, cpu %u\n", arg[1] >> 24, arg[1] >> 16 & 0xff,
            state < 4 ? states[state] : "at its end", arg[1] & 0xff);
}

// ---- records -------------------------------------------------------------------------------------

// The short form: the number and the CPU in place of the thread.
static void print_short(struct trace_text *t, uint32_t event, uint32_t arg, FILE *out)
{
    static const char *const names[] = {"irq_enter", "irq_exit", "syscall_enter", "syscall_exit"};
    const struct name *n = find(t, event < IRQ_ENTER + 2 ? IRQ_NAME : SYSCALL_NAME, arg >> 8);

    if (event < IRQ_ENTER || event > SYSCALL_EXIT) {
        fprintf(out, "%-32s event %#x        %" PRIu32 "\n", "", event, arg);
        return;
    }
    fprintf(out, "cpu %-28" PRIu32 " %-16s %" PRIu32 " %s\n", arg & 0xff, names[event - IRQ_ENTER], arg >> 8,
            n != NULL ? n->text : "");
}

static void print_what(struct trace_text *t, uint32_t event, const uint32_t *arg, FILE *out)
{
    const struct kind *k = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].event == event)
            k = &kinds[i];
    }
    if (k != NULL) {
        fprintf(out, "%-16s ", k->name);
        print_args(t, k->format, arg, out);
    } else if (event & PROBE) {
        fputs("probe            ", out);
        print_named(t, PROBE_NAME, event & ~PROBE, out);
        fprintf(out, ": %" PRIu32 " %" PRIu32, arg[0], arg[1]);
    } else {
        fprintf(out, "event %#-10x %#x %#x %#x %#x", event, arg[0], arg[1], arg[2], arg[3]);
    }
    fputc('\n', out);
}

static void print_time(struct trace_text *t, uint64_t ticks, FILE *out)
{
    const uint64_t per_ms = t->ticks_per_ms != 0 ? t->ticks_per_ms : 1;
    uint64_t since = ticks - t->first;

    if (t->first == 0) {
        t->first = ticks;
        since = 0;
    }
    if (ticks < t->first) { // another CPU's, whose place in the buffer came later
        fputs("     before ", out);
        return;
    }
    fprintf(out, "%7" PRIu64 ".%03" PRIu64 " ", since / per_ms, since % per_ms * 1000 / per_ms);
}

// The thread's column is as wide as names mostly are.
static void print_who(struct trace_text *t, uint32_t tid, uint32_t kernel_id, FILE *out)
{
    char who[3 * NAME_MAX_LEN];
    FILE *memory = fmemopen(who, sizeof(who), "w");

    if (memory == NULL)
        return;
    print_thread(t, tid, kernel_id, memory);
    fclose(memory);
    who[sizeof(who) - 1] = '\0';
    fprintf(out, "%-32s ", who);
}

static void print_record(struct trace_text *t, const uint32_t *r, size_t length, FILE *out)
{
    const uint32_t event = EVENT(r[0]);
    uint32_t arg[ARGS_MAX + 1] = {0};

    if (event >= KTHREAD_NAME && event < NAMES_END) {
        keep_name(t, r, length);
        return;
    }
    memcpy(arg, r + 4, length > 32 ? 16 : length - 16);
    if (event == TICKS_PER_MS)
        t->ticks_per_ms = (uint64_t)arg[1] << 32 | arg[0];
    if (event <= TICKS_PER_MS)
        return;
    print_time(t, (uint64_t)r[3] << 32 | r[2], out);
    if (length == 16 && !(event & PROBE)) {
        print_short(t, event, r[1], out);
        return;
    }
    print_who(t, r[1], event == CONTEXT_SWITCH ? arg[2] : 0, out);
    if (event == CONTEXT_SWITCH)
        print_switch(t, arg, out);
    else
        print_what(t, event, arg, out);
}

size_t trace_text_print(struct trace_text *t, const uint8_t *bytes, size_t size, FILE *out)
{
    size_t at = 0;

    while (size - at >= 16) {
        uint32_t r[15 * 2], tag;
        memcpy(&tag, bytes + at, sizeof(tag));
        const size_t length = LENGTH(tag);
        if (length < 16 || length > size - at)
            break;
        memcpy(r, bytes + at, length);
        print_record(t, r, length, out);
        at += length;
    }
    return at;
}
