// SPDX-License-Identifier: MIT
//
// What the driver of test/devices tries when it is asked to: rtc_set(number) answers with the
// kernel's status.

#ifndef DEVICES_ATTEMPTS_H
#define DEVICES_ATTEMPTS_H

enum attempt {
    ATTEMPT_NOTHING,
    ATTEMPT_PROCESS,   // to start a process in any job that it has
    ATTEMPT_RESOURCE,  // to make a resource from any handle that it has
    ATTEMPT_REGISTERS, // a physical VMO of its neighbour's registers
    ATTEMPT_BEYOND,    // to read what lies behind its own registers: it dies
    ATTEMPT_GROW,      // to make its registers' VMO larger
    ATTEMPT_INTERRUPT, // its neighbour's interrupt
    ATTEMPT_CLOCK,     // to set UTC, which its manifest does not say
    ATTEMPT_POWER,     // to switch the machine off
    ATTEMPT_CRASH,     // no answer
    ATTEMPT_EXIT,      // no answer
    ATTEMPT_CLOSE,     // closes its outgoing directory, and stays
    ATTEMPT_STORM,     // raises its line, and acknowledges for ever without quieting the device
    ATTEMPT_QUIET,     // quiets the device
};

#define OWN_INTERRUPT 39u // of QEMU virt's PL061

#define NEIGHBOUR_REGISTERS 0x9010000u // of QEMU virt's PL031, whose driver runs
#define NEIGHBOUR_INTERRUPT 34u        // the same's

#endif
