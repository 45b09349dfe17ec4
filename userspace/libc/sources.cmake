# SPDX-License-Identifier: MIT
# How the folders of libc.a say what they add. Each folder below src/ has a sources.cmake, which is
# included with `libc_folder` set and uses
#
#   libc_sources([NO_STACK_PROTECTOR] <file> ...)
#       Files of the folder, C or assembly, compiled with our warnings. NO_STACK_PROTECTOR: for what
#       runs before the thread pointer is set, or on threads without one.
#   libc_calls("<name> <number of arguments>" ...)
#       What the folder answers of the calls that musl would make to a kernel. musl's
#       __syscall(SYS_<name>, ...) becomes a call of `long __sys_<name>(long ...)`, which returns
#       what such a call returns: a value, or an errno value negated. All arguments are long. Their
#       prototypes are in the generated header sys_calls.h. A call that nobody names is -ENOSYS as
#       soon as it is compiled, and docs/libc.md lists it.
#   libc_replaces(<musl file> "<reason>" ...)
#       Files of musl that are not compiled, relative to its folder.

set(libc_all_sources "")
set(libc_all_calls "")
set(libc_all_replaced "")
set(libc_unprotected_sources "")
set(libc_more_includes "")

macro(libc_sources)
    cmake_parse_arguments(arg "NO_STACK_PROTECTOR" "" "" ${ARGN})
    foreach(file ${arg_UNPARSED_ARGUMENTS})
        list(APPEND libc_all_sources ${libc_folder}/${file})
        if(arg_NO_STACK_PROTECTOR)
            list(APPEND libc_unprotected_sources ${libc_folder}/${file})
        endif()
    endforeach()
endmacro()

macro(libc_calls)
    list(APPEND libc_all_calls ${ARGN})
endmacro()

macro(libc_replaces)
    set(pairs ${ARGN})
    while(pairs)
        list(POP_FRONT pairs file reason)
        if(NOT EXISTS ${MUSL_SOURCE_DIR}/${file})
            message(FATAL_ERROR "${libc_folder}: musl has no ${file}")
        endif()
        list(APPEND libc_all_replaced ${file})
    endwhile()
endmacro()

# Writes sys_calls.h: prototypes, and the function that turns a number into a call. The number is a
# constant wherever it is used, so that nothing but the one call remains.
function(libc_write_calls output)
    set(prototypes "")
    set(cases "")
    list(SORT libc_all_calls)
    foreach(entry IN LISTS libc_all_calls)
        if(NOT entry MATCHES "^([a-z0-9_]+) ([0-6])$")
            message(FATAL_ERROR "libc_calls: do not understand \"${entry}\"")
        endif()
        set(name ${CMAKE_MATCH_1})
        set(count ${CMAKE_MATCH_2})
        set(types "")
        set(values "")
        foreach(letter a b c d e f)
            if(count GREATER 0)
                list(APPEND types long)
                list(APPEND values ${letter})
                math(EXPR count "${count} - 1")
            endif()
        endforeach()
        list(JOIN types ", " types)
        list(JOIN values ", " values)
        if(types STREQUAL "")
            set(types void)
        endif()
        string(APPEND prototypes
            "__attribute__((__visibility__(\"hidden\"))) long __sys_${name}(${types});\n")
        string(APPEND cases "    case SYS_${name}:\n        return __sys_${name}(${values});\n")
    endforeach()
    file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"// SPDX-License-Identifier: MIT
// Made by userspace/libc/sources.cmake from what the folders of src/ answer. Do not edit.
#pragma once

#include <errno.h>
#include <sys/syscall.h>

@prototypes@
// A number that is only known when the program runs would need all of the above.
void __sys_number_is_not_constant(void);

static inline __attribute__((__always_inline__)) long
__sys_dispatch(long n, long a, long b, long c, long d, long e, long f)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    if (!__builtin_constant_p(n)) {
        __sys_number_is_not_constant();
    }
    switch (n) {
@cases@    default:
        return -ENOSYS;
    }
}
")
endfunction()
