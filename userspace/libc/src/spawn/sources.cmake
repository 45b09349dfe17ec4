# SPDX-License-Identifier: MIT
# Starting programs, and waiting for them. What loads a program is the code of userspace/lib, which
# also userboot and the monitor use, under names of its own (rename.h).
libc_sources(actions.c children.c gifts.c loader.c posix_spawn.c program.c shell.c spawn.c)
libc_calls("wait4 4" "kill 2")
libc_replaces(
    src/process/posix_spawn.c "clones a process, which nothing here can"
    src/process/posix_spawnp.c "tries each folder of PATH in the child"
    src/process/system.c "there are no signals to block, and the shell is /boot/bin/sh"
    src/stdio/popen.c "the shell is /boot/bin/sh"
    src/stdio/pclose.c "next to popen()")

set(folder ${PROJECT_SOURCE_DIR}/userspace/lib)
set(loading
    ${folder}/elfload/parse.c ${folder}/elfload/load.c
    ${folder}/launch/launch.c ${folder}/launch/message.c
    ${folder}/loader/protocol.c ${folder}/loader/client.c)
list(APPEND libc_all_sources ${loading})
list(APPEND libc_more_includes
    ${folder}/elfload/include ${folder}/launch/include ${folder}/loader/include
    ${folder}/processargs/include ${folder}/minilib/include)
set_source_files_properties(
    ${loading} ${libc_folder}/loader.c ${libc_folder}/spawn.c ${libc_folder}/gifts.c
    ${libc_folder}/program.c PROPERTIES
    COMPILE_OPTIONS "-include;${libc_folder}/rename.h")
