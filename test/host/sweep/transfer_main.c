// SPDX-License-Identifier: MIT
// Every call that takes a handle, against the transfer of that handle: from the table of calls, a test for
// each argument. Whoever comes first has the handle; no other outcome is there.
#include "machine.h"

#include <calls/fixture.h>
#include <lab/lab.h>
#include <stdio.h>
#include <stdlib.h>

#define SEEDS 6u

struct job {
    char name[96];
    const struct call_info *call;
    unsigned index;
};

struct duel {
    struct fixture f;
    const struct call_arg *arg;
    zx_handle_t handle, carrier[2];
    zx_status_t result, moved;
};

static void issue(void *arg)
{
    struct duel *d = arg;
    const zx_status_t got = (zx_status_t)call_issue(d->f.call, d->f.args);

    d->result = got > 0 ? ZX_OK : got;
}

static void transfer(void *arg)
{
    struct duel *d = arg;

    d->moved = zx_channel_write(d->carrier[0], 0, NULL, 0, &d->handle, 1);
}

// The handle of the argument, or the first of an array; 0 where the fixture has none.
static zx_handle_t handle_in_question(const struct duel *d, unsigned index)
{
    zx_handle_t h = (zx_handle_t)d->f.args[index];

    if (d->arg->of_handles)
        call_peek(d->f.args[index], &h, sizeof(h));
    return h;
}

static zx_koid_t koid_of(zx_handle_t h)
{
    zx_info_handle_basic_t info;

    must(zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), "koid");
    return info.koid;
}

// The fixture ends what arrived as it would have ended what was sent.
static void take_back(struct duel *d, zx_koid_t koid)
{
    uint32_t bytes, handles;
    zx_handle_t h;

    must(zx_channel_read(d->carrier[1], 0, NULL, &h, 0, 1, &bytes, &handles), "receipt");
    if (koid_of(h) != koid)
        call_fail("%s, %s: another object arrived", d->f.call->name, d->arg->name);
    fixture_keep(&d->f, h);
}

static void judge(const struct duel *d)
{
    const bool blocks = (d->f.call->flags & CALL_BLOCKING) != 0;
    const bool worked = d->result == fixture_result(d->f.call);

    if (!worked && d->result != ZX_ERR_BAD_HANDLE && !(blocks && d->result == ZX_ERR_CANCELED))
        call_fail("%s, %s moved: %s", d->f.call->name, d->arg->name, call_status_name(d->result));
    if (d->moved != ZX_OK && (d->moved != ZX_ERR_BAD_HANDLE || !d->arg->consumed))
        call_fail("%s, %s: transfer: %s", d->f.call->name, d->arg->name,
                  call_status_name(d->moved));
    if (d->arg->consumed && worked == (d->moved == ZX_OK))
        call_fail("%s, %s: %s has it", d->f.call->name, d->arg->name, worked ? "each" : "neither");
    if (handle_alive(d->handle))
        call_fail("%s, %s: still there", d->f.call->name, d->arg->name);
}

static void in_env(void *arg)
{
    const struct job *job = arg;
    struct duel d = {.arg = &job->call->args[job->index], .result = ZX_ERR_NEXT};

    must(zx_channel_create(0, &d.carrier[0], &d.carrier[1]), "channel");
    fixture_make(&d.f, job->call);
    d.handle = handle_in_question(&d, job->index);
    if (d.handle != ZX_HANDLE_INVALID && (handle_rights(d.handle) & ZX_RIGHT_TRANSFER) != 0) {
        const zx_koid_t koid = koid_of(d.handle);
        const zx_handle_t other = lab_thread(transfer, &d);

        issue(&d);
        lab_thread_join(other);
        judge(&d);
        if (d.moved == ZX_OK)
            take_back(&d, koid);
    }
    fixture_end(&d.f, d.result);
    must(zx_handle_close_many(d.carrier, 2), "channel");
}

static void scenario(void *arg)
{
    machine_with_env(in_env, arg);
}

static void test_transfer(void **state)
{
    struct job *job = *state;
    struct lab_config config = lab_config_make(job->name, scenario);

    config.arg = job;
    config.cpus = 3;
    config.max_steps = 0;
    lab_seeds_config(&config, SEEDS);
}

static bool takes_handle(const struct call_arg *arg)
{
    return (arg->kind == CALL_HANDLE && !arg->optional) || (arg->of_handles && arg->in);
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc(CALL_MAX_ARGS * call_count, sizeof(*tests));
    struct job *jobs = calloc(CALL_MAX_ARGS * call_count, sizeof(*jobs));
    size_t count = 0;

    if (tests == NULL || jobs == NULL)
        return 1;
    for (size_t i = 0; i < CALL_MAX_ARGS * call_count; i++) {
        const struct call_info *call = &call_table[i / CALL_MAX_ARGS];
        const unsigned index = i % CALL_MAX_ARGS;
        struct job *job = &jobs[count];

        if (!fixture_possible(call) || index >= call->arg_count || !takes_handle(&call->args[index]))
            continue;
        *job = (struct job){.call = call, .index = index};
        snprintf(job->name, sizeof(job->name), "transfer_%s_%s", call->name,
                 call->args[index].name);
        tests[count++] = (struct CMUnitTest){job->name, test_transfer, NULL, NULL, job};
    }
    int result = lab_main(argc, argv, tests, count);
    free(tests);
    free(jobs);
    return result;
}
