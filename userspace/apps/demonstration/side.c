// SPDX-License-Identifier: MIT
//
// bin/demo-side ping|pong: one side of the demo as a program without a C library, which the rescue
// monitor can start (its command demo). The channel is PA_USER0, ping's event PA_USER1.

#include "sides.h"

#include <crt/crt.h>
#include <minilib/console.h>
#include <minilib/format.h>
#include <zircon/process.h>
#include <zircon/processargs.h>

#define LINE_SIZE 256u

void demo_say(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    console_write(line, format_string_v(line, sizeof(line), format, arguments));
    va_end(arguments);
}

int main(int argc, char **argv, char **envp)
{
    int code;

    (void)envp;
    code = demo_play(argc == 2 ? argv[1] : "", zx_take_startup_handle(PA_HND(PA_USER0, 0)),
                     zx_take_startup_handle(PA_HND(PA_USER1, 0)));
    if (code == 2) {
        console_printf("demo-side: to be started by the monitor's command demo\n");
    }
    return code;
}
