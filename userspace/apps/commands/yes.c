// SPDX-License-Identifier: MIT
// yes: prints a line (y) until nobody reads it any more.

#include "command.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    command_start(argv, NULL);
    while (!ferror(stdout)) {
        for (int i = 1; i < argc; i++)
            printf("%s%s", i == 1 ? "" : " ", argv[i]);
        puts(argc > 1 ? "" : "y");
    }
    return command_end();
}
