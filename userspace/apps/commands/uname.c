// SPDX-License-Identifier: MIT
// uname: what system this is. -s system (the default), -n node, -r release, -v version, -m machine,
// -a all of them.

#include "command.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char letters[] = "snrvm";
    bool wanted[sizeof(letters) - 1] = {false};
    bool any = false;
    struct utsname info;
    int option;

    command_start(argv, "[-asnrvm]");
    while ((option = getopt(argc, argv, "asnrvm")) != -1) {
        if (option == '?')
            return command_usage();
        for (size_t i = 0; i < sizeof(wanted); i++)
            wanted[i] = wanted[i] || option == 'a' || option == letters[i];
        any = true;
    }
    if (optind < argc)
        return command_usage();
    if (uname(&info) != 0) {
        command_error("uname");
        return command_end();
    }
    const char *fields[] = {info.sysname, info.nodename, info.release, info.version, info.machine};
    const char *between = "";
    wanted[0] = wanted[0] || !any;
    for (size_t i = 0; i < sizeof(wanted); i++) {
        if (wanted[i]) {
            printf("%s%s", between, fields[i]);
            between = " ";
        }
    }
    putchar('\n');
    return command_end();
}
