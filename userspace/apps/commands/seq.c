// SPDX-License-Identifier: MIT
// seq: whole numbers from FIRST (1) to LAST by STEP (1).

#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool parse(const char *text, long long *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

int main(int argc, char **argv)
{
    long long first = 1, step = 1, last;

    command_start(argv, "[FIRST [STEP]] LAST");
    if (argc < 2 || argc > 4)
        return command_usage();
    if ((argc > 2 && !parse(argv[1], &first)) || (argc > 3 && !parse(argv[2], &step)) ||
        !parse(argv[argc - 1], &last)) {
        command_complain("operands are whole numbers");
        return command_usage();
    }
    if (step == 0) {
        command_complain("a step of 0 would never end");
        return command_usage();
    }
    for (long long i = first; step > 0 ? i <= last : i >= last;) {
        printf("%lld\n", i);
        if (ferror(stdout) || __builtin_add_overflow(i, step, &i))
            break;
    }
    return command_end();
}
