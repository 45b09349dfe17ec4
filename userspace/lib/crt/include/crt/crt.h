// SPDX-License-Identifier: MIT
//
// What the start code of a program without a libc gives it beside argc and argv. The handles of the
// process are those of <zircon/process.h>.

#ifndef CRT_CRT_H
#define CRT_CRT_H

#include <zircon/types.h>

// The environment strings, `key=value`, up to a NULL. Never NULL itself.
extern char **environ;

// The value of an environment string, or NULL. Of several with the same key the last one counts.
const char *environment_get(const char *key);

// The absolute paths that the numbers of the PA_NS_DIR handles count, up to a NULL. Never NULL itself.
extern char **startup_names;

// The program itself. The return value becomes the process's return code.
int main(int argc, char **argv, char **envp);

#endif
