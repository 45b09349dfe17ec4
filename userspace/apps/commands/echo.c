// SPDX-License-Identifier: MIT
// echo: prints its arguments. -n leaves out the newline.

#include "command.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    bool newline = true;
    int i = 1;

    command_start(argv, NULL);
    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        newline = false;
        i++;
    }
    for (int first = i; i < argc; i++)
        printf("%s%s", i == first ? "" : " ", argv[i]);
    if (newline)
        putchar('\n');
    return command_end();
}
