// SPDX-License-Identifier: MIT
//
// bin/spin: uses a CPU until it is killed.

#include <crt/crt.h>

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    for (;;) {
        __asm__ volatile("");
    }
}
