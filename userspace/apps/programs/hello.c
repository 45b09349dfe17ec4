// SPDX-License-Identifier: MIT
//
// bin/hello: prints its arguments and its environment. The exit code is the number of arguments
// after the first, so that a script can see that they arrived.

#include <crt/crt.h>
#include <minilib/console.h>

int main(int argc, char **argv, char **envp)
{
    console_printf("hello from user mode\n");
    for (int i = 0; i < argc; i++) {
        console_printf("  argument %d: %s\n", i, argv[i]);
    }
    for (int i = 0; envp[i] != NULL; i++) {
        console_printf("  environment: %s\n", envp[i]);
    }
    return argc > 1 ? argc - 1 : 0;
}
