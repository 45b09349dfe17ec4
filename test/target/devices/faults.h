// SPDX-License-Identifier: MIT
//
// A driver that is killed again and again while it works (killing.c), and what its client sees.

#ifndef DEVICES_FAULTS_H
#define DEVICES_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include <protocol/devices.h>
#include <zircon/syscalls.h>

#define DISK "/svc/fs/device/disk0"

#define PATIENCE ZX_SEC(120) // only a hang takes that long

// A driver and what a client does with it.
struct victim {
    const char *service; // below /svc/fs/device
    uint32_t spread;     // microseconds of a connection in which most of the kills lie
    uint32_t uses;       // of a connection; 0: as long as it lasts
    // Connects. False: not now; connections that are made while the driver dies may die with it.
    bool (*open)(void);
    // Uses it once, and checks the answer. False: it was an error, or the driver has gone.
    bool (*use)(uint64_t *dice);
    void (*close)(void);
};

// Kills the driver at 100 seeded instants while a client uses it. All that the client gets is right, or an error,
// and what the system has (memory, jobs, processes, threads, handles) is what it was before. With FAULTS_LIMIT_MS in
// the environment no answer takes longer, and no new connection; without, it is only told how long the longest took:
// only a machine whose time is its instructions can promise any.
void kill_while_used(const struct victim *victim);

// Ends the driver of a service and has it started anew, as `lsdev -r` does.
void kill_driver(const char *service);

// What devmgr tells of the driver of a service; state UINT32_MAX: nothing.
struct devices_entry find_driver(const char *service);

// Waits until that driver has another process than `before`, or is given up; what devmgr tells then.
struct devices_entry await_driver(const char *service, zx_koid_t before);

// Notes a failure if any of this took longer than FAULTS_LIMIT_MS says.
void expect_quick(zx_duration_t longest);

// Connects, however often it takes. False: it does not come back, which was noted.
bool open_again(const struct victim *victim);

// A number below `sides`.
uint32_t roll(uint64_t *dice, uint32_t sides);

static inline zx_time_t soon(void)
{
    return zx_deadline_after(PATIENCE);
}

#endif
