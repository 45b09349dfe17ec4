// SPDX-License-Identifier: MIT
//
// The smallest program with a C library.

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    printf("Hello from %s, with %d argument%s; a third is %.3f.\n",
           argc > 0 ? argv[0] : "a program without a name", argc > 0 ? argc - 1 : 0,
           argc == 2 ? "" : "s", 1 / 3.0);
    return EXIT_SUCCESS;
}
