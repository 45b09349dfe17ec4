// SPDX-License-Identifier: MIT
// clear: empties a terminal's screen (ECMA-48: cursor home, erase in display).

#include "command.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argc;
    command_start(argv, "");
    fputs("\033[H\033[2J\033[3J", stdout);
    return command_end();
}
