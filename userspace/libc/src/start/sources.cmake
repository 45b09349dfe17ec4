# SPDX-License-Identifier: MIT
# The start of a process, up to main().
libc_sources(NO_STACK_PROTECTOR start.c relocate.c protect.c handles.c)
libc_sources(jump.S dladdr.c)
libc_replaces(
    src/setjmp/aarch64/setjmp.s "jump.S: addresses in a jmp_buf are mangled"
    src/setjmp/aarch64/longjmp.s "jump.S"
    src/signal/aarch64/sigsetjmp.s "jump.S"
    src/ldso/dladdr.c "dladdr.c: knows the vDSO"
)

# The reader of bootstrap messages is the one of userspace/lib/processargs, under names of its own:
# a program may link with that library too.
set(folder ${PROJECT_SOURCE_DIR}/userspace/lib)
list(APPEND libc_all_sources ${folder}/processargs/processargs.c)
list(APPEND libc_more_includes ${folder}/processargs/include ${folder}/minilib/include)
set(renames "")
foreach(name parse list get size build)
    list(APPEND renames processargs_${name}=__start_processargs_${name})
endforeach()
set_source_files_properties(
    ${folder}/processargs/processargs.c ${libc_folder}/start.c PROPERTIES
    COMPILE_DEFINITIONS "${renames}")
list(APPEND libc_unprotected_sources ${folder}/processargs/processargs.c)
