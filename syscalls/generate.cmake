# SPDX-License-Identifier: MIT
# The generator of everything that follows from the table of system calls. Run as a script:
#
#   cmake -DOUT=<folder> -DSOURCE=<root of the tree> [-DLEDGER=<file>] -P generate.cmake
#
# writes below OUT (a file that would not change keeps its time stamp):
#   include/zircon/zx-syscall-numbers.h   ZX_SYS_<name>, ZX_SYS_COUNT
#   include/zircon/syscall-numbers.h      the same by its short name
#   include/zircon/syscalls.h             public prototypes
#   kernel/syscalls/sys.h                 prototypes of the kernel's sys_<name>()
#   syscalls/table.c                      dispatch table, and wrappers where handles go out
#   syscalls/names.c                      names by number
#   vdso/numbers.inc                      numbers for assembly
#   vdso/stubs.S                          stubs of the vDSO
#   vdso/calls.h                          prototypes of the internal calls
#   vdso/calls.txt                        "name attributes" a line, for scripts/check_vdso
#   bind/jumps.S, bind/names.c            the import library of programs without a dynamic linker
#   test/call_table.c             the calls and their arguments as data, for tests
#   host/syscalls/vdso-offsets.h          stands in for the vDSO's offsets where there is no vDSO
#   host/syscalls/costs.h                 what each call costs, for the test that measures it
# and, if LEDGER is given, that file instead of all these: the ledger, for docs/. If REFERENCE is given,
# that folder and the file COSTS: the reference pages and the page of costs (see reference.cmake).
#
# A call counts as implemented when some syscalls/sys_*.c defines sys_<name>( in column 0 (calls of
# the vDSO: when userspace/vdso does). Calls that are not get an entry that returns
# ZX_ERR_NOT_SUPPORTED. The output depends on the contents of the tree alone.

cmake_minimum_required(VERSION 3.25)

set(generator syscalls/generate.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../scripts/cmake/generator.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/reference.cmake)

set(calls)         # every call, in table order
set(kernel_calls)  # those with a number
set(count 0)

# ---- reading the table --------------------------------------------------------------------------

# Takes what a handle must be off the end of the text in variable <text>: "TYPE[|TYPE] RIGHT ...
# else RIGHT ...". Sets, in the caller, object (TYPE, RESOURCE:KIND, ANY or nothing), needs and
# else_needs (lists of rights).
macro(take_object text)
    set(object "")
    set(needs "")
    set(else_needs "")
    if(${text} MATCHES "^([^A-Z]*[]a-z]) ([A-Z_|:]+)([A-Z_ ]*)( else ([A-Z_ ]+))?$")
        set(${text} "${CMAKE_MATCH_1}")
        set(object "${CMAKE_MATCH_2}")
        string(STRIP "${CMAKE_MATCH_3}" needs)
        string(REPLACE " " ";" needs "${needs}")
        string(REPLACE " " ";" else_needs "${CMAKE_MATCH_5}")
    endif()
endmacro()

# Splits one argument into its words and sets, in the caller: arg_name, arg_kind (scalar, handle,
# handle_out, pointer, futex or address), arg_public and arg_kernel (declarations), arg_type,
# arg_direction, arg_count, arg_optional, arg_consumed, arg_object, arg_needs, arg_else_needs.
function(read_argument call text)
    split_name(${call} "${text}" name rest)
    set(direction "")
    set(counted "")
    set(type "")
    take_object(rest)
    take_word(rest consumed consumed)
    take_word(rest optional optional)
    if(rest STREQUAL "handle")
        set(kind handle)
        set(public "zx_handle_t ${name}")
        set(kernel "zx_handle_t ${name}")
    elseif(rest STREQUAL "futex")
        set(kind futex)
        set(public "const zx_futex_t *${name}")
        set(kernel "user_in_zx_futex_t ${name}")
    elseif(rest STREQUAL "address")
        set(kind address)
        set(public "const void *${name}")
        set(kernel "uintptr_t ${name}")
    elseif(rest STREQUAL "out handle")
        set(kind handle_out)
        set(public "zx_handle_t *${name}")
        set(kernel "struct handle_out *${name}")
    elseif(rest MATCHES "^(in|out|inout) ([a-z_0-9]+)(\\[(.+)\\])?$")
        set(kind pointer)
        set(direction ${CMAKE_MATCH_1})
        set(type ${CMAKE_MATCH_2})
        set(counted "${CMAKE_MATCH_4}")
        if(type STREQUAL "handle")
            set(type zx_handle_t)
        endif()
        if(direction STREQUAL "in")
            set(public "const ${type} *${name}")
        else()
            set(public "${type} *${name}")
        endif()
        set(kernel "user_${direction}_${type} ${name}")
    elseif(rest MATCHES "^[a-z_0-9]+$")
        set(kind scalar)
        set(type ${rest})
        set(public "${rest} ${name}")
        set(kernel "${rest} ${name}")
    else()
        message(FATAL_ERROR "${call}: bad argument \"${text}\"")
    endif()
    if(kind STREQUAL "handle" AND object STREQUAL "")
        message(FATAL_ERROR "${call}: which objects \"${text}\" takes is not said")
    endif()
    foreach(field name kind public kernel type direction optional consumed object needs else_needs)
        set(arg_${field} "${${field}}" PARENT_SCOPE)
    endforeach()
    set(arg_count "${counted}" PARENT_SCOPE)
endfunction()

# What the argument read last takes, in words: "job: JOB with MANAGE_JOB, else WRITE".
function(object_text out)
    string(REPLACE "|" " or " text "${arg_object}")
    string(REGEX REPLACE "^RESOURCE:(.*)$" "\\1 resource" text "${text}")
    string(REGEX REPLACE "^ANY$" "any object" text "${text}")
    if(arg_needs)
        list(JOIN arg_needs "+" needs)
        string(APPEND text " with ${needs}")
    endif()
    if(arg_else_needs)
        list(JOIN arg_else_needs "+" needs)
        string(APPEND text ", else ${needs}")
    endif()
    if(arg_optional)
        string(APPEND text ", or 0")
    endif()
    if(arg_consumed)
        string(APPEND text " (consumed)")
    endif()
    set(${out} "${arg_name}: ${text}" PARENT_SCOPE)
endfunction()

# One call of the table: everything derived from it goes into variables <name>_<property>.
function(syscall name)
    cmake_parse_arguments(PARSE_ARGV 1 row "" "RETURN;RIGHTS;MARK" "ARGS;ATTRS;USES")
    nothing_left(${name} "${row_UNPARSED_ARGUMENTS}")
    if(name IN_LIST calls)
        message(FATAL_ERROR "${name} is in the table twice")
    endif()
    foreach(attribute IN LISTS row_ATTRS)
        if(NOT attribute MATCHES
           "^(vdso|internal|blocking|handwritten|unreached|installs|noreturn|const|takes|test-cat-[0-9])$")
            message(FATAL_ERROR "${name}: unknown attribute ${attribute}")
        endif()
    endforeach()
    if(NOT row_RETURN)
        set(row_RETURN zx_status_t)
    endif()

    set(public "")          # parameter lists
    set(kernel "")
    set(raw "")             # of the wrapper
    set(passed "")          # what the wrapper hands on
    set(outs "")            # names of handle outputs
    set(nonnull "")         # positions, from 1
    set(objects "")         # what the handles must be, as text
    set(wrapped OFF)
    set(position 0)
    set(arguments "")       # their names
    foreach(text IN LISTS row_ARGS)
        math(EXPR position "${position} + 1")
        read_argument(${name} "${text}")
        if(arg_kind STREQUAL "handle_out" AND "installs" IN_LIST row_ATTRS)
            set(arg_kernel "user_out_zx_handle_t ${arg_name}")
        endif()
        list(APPEND arguments ${arg_name})
        foreach(field name kind type direction count optional consumed object needs else_needs)
            set(${name}_arg${position}_${field} "${arg_${field}}" PARENT_SCOPE)
        endforeach()
        if(NOT arg_object STREQUAL "")
            object_text(text)
            set(objects "${objects}${text}; ")
        endif()
        list(APPEND public "${arg_public}")
        list(APPEND kernel "${arg_kernel}")
        if(arg_kind STREQUAL "handle_out" AND NOT "installs" IN_LIST row_ATTRS)
            list(LENGTH outs index)
            list(APPEND outs ${arg_name})
            list(APPEND raw "user_out_zx_handle_t ${arg_name}")
            if("takes" IN_LIST row_ATTRS)
                list(APPEND passed "&taken.out")
            else()
                list(APPEND passed "&outs[${index}]")
            endif()
            set(wrapped ON)
        elseif(arg_type STREQUAL "bool")
            # The register is the user's: make a proper bool of it.
            list(APPEND raw "uint8_t ${arg_name}")
            list(APPEND passed "${arg_name} != 0")
            set(wrapped ON)
        else()
            list(APPEND raw "${arg_kernel}")
            list(APPEND passed "${arg_name}")
        endif()
        if(arg_kind STREQUAL "handle_out" OR (arg_kind STREQUAL "pointer" AND
           NOT arg_optional AND arg_count STREQUAL "" AND NOT arg_direction STREQUAL "in"))
            list(APPEND nonnull ${position})
        endif()
    endforeach()
    if(position GREATER 8)
        message(FATAL_ERROR "${name} has more than eight arguments")
    endif()
    foreach(part public kernel raw passed nonnull)
        list(JOIN ${part} ", " ${part})
        set(${name}_${part} "${${part}}" PARENT_SCOPE)
    endforeach()
    set(${name}_family ${family} PARENT_SCOPE)
    set(${name}_args "${row_ARGS}" PARENT_SCOPE)
    set(${name}_arguments "${arguments}" PARENT_SCOPE)
    set(${name}_outs "${outs}" PARENT_SCOPE)
    set(${name}_wrapped ${wrapped} PARENT_SCOPE)
    set(${name}_return ${row_RETURN} PARENT_SCOPE)
    string(REGEX REPLACE "; $" "" rights "${objects}${row_RIGHTS}")
    set(${name}_rights "${rights}" PARENT_SCOPE)
    set(${name}_arg_total ${position} PARENT_SCOPE)
    set(${name}_mark "${row_MARK}" PARENT_SCOPE)
    set(${name}_attrs "${row_ATTRS}" PARENT_SCOPE)
    set(${name}_uses "${row_USES}" PARENT_SCOPE)
    set(calls ${calls} ${name} PARENT_SCOPE)
    if(NOT "vdso" IN_LIST row_ATTRS)
        set(${name}_number ${count} PARENT_SCOPE)
        math(EXPR next "${count} + 1")
        set(count ${next} PARENT_SCOPE)
        set(kernel_calls ${kernel_calls} ${name} PARENT_SCOPE)
    endif()
endfunction()

# Tells what the sources define: sets <name>_implemented (the call works), <name>_defined (the
# kernel has its function) and <name>_refused (by its mark it is for what this kernel does not have: it
# answers as the contract says for that case, by the kernel's function or as any call without one).
macro(find_implementations)
    set(defined)
    file(GLOB sources ${SOURCE}/syscalls/sys_*.c)
    foreach(source IN LISTS sources)
        file(STRINGS ${source} lines REGEX "^[A-Za-z_][^;={]*[ *]sys_[a-z0-9_]+\\(")
        foreach(line IN LISTS lines)
            if(line MATCHES ";$" AND NOT line MATCHES "{")
                continue()  # a declaration
            endif()
            string(REGEX MATCH "[ *]sys_([a-z0-9_]+)\\(" line "${line}")
            list(APPEND defined ${CMAKE_MATCH_1})
        endforeach()
    endforeach()
    file(GLOB sources ${SOURCE}/userspace/vdso/*.S ${SOURCE}/userspace/vdso/*.c)
    foreach(source IN LISTS sources)
        file(STRINGS ${source} lines REGEX "^ *vdso_function |^VDSO_FUNCTION\\(")
        foreach(line IN LISTS lines)
            if(line MATCHES "vdso_function ([a-z0-9_]+)|^VDSO_FUNCTION\\([a-z_0-9]+, ([a-z0-9_]+),")
                list(APPEND defined vdso:${CMAKE_MATCH_1}${CMAKE_MATCH_2})
            endif()
        endforeach()
    endforeach()
    foreach(name IN LISTS calls)
        set(${name}_implemented ON)
        set(${name}_defined OFF)
        if(name IN_LIST defined)
            set(${name}_defined ON)
        endif()
        if("vdso" IN_LIST ${name}_attrs OR "unreached" IN_LIST ${name}_attrs)
            set(wanted vdso:${name} ${${name}_uses})
        else()
            set(wanted ${name})
        endif()
        foreach(definition IN LISTS wanted)
            if(NOT definition IN_LIST defined)
                set(${name}_implemented OFF)
            endif()
        endforeach()
        set(${name}_refused OFF)
        if(${name}_mark MATCHES "^[XPH]$")
            set(${name}_refused ON)
            set(${name}_implemented OFF)
        endif()
    endforeach()
endmacro()

# ---- writing ------------------------------------------------------------------------------------

function(write_numbers)
    set(text "${c_notice}// Numbers of the kernel entries: a private matter of kernel and vDSO.\n")
    string(APPEND text "// Includable from assembly.\n#pragma once\n\n")
    set(equates "// ${notice}\n")
    foreach(name IN LISTS kernel_calls)
        string(APPEND text "#define ZX_SYS_${name} ${${name}_number}\n")
        string(APPEND equates "    .equ SYS_${name}, ${${name}_number}\n")
    endforeach()
    string(APPEND text "\n// The first number that is none.\n#define ZX_SYS_COUNT ${count}\n")
    write(include/zircon/zx-syscall-numbers.h "${text}")
    write(vdso/numbers.inc "${equates}")
    write(include/zircon/syscall-numbers.h
          "${c_notice}#pragma once\n\n#include <zircon/zx-syscall-numbers.h>\n")
endfunction()

function(write_public_header)
    set(text "${c_notice}//
// The system calls. Each exists under two names, zx_NAME and _zx_NAME. The comment before a call
// gives the rights it needs on its handles.
#pragma once

#include <zircon/syscalls/object.h>
#include <zircon/syscalls/pci.h>
#include <zircon/syscalls/profile.h>
#include <zircon/syscalls/types.h>
#include <zircon/types.h>

__BEGIN_CDECLS
")
    foreach(name IN LISTS calls)
        set(attrs ${${name}_attrs})
        if("internal" IN_LIST attrs)
            continue()
        endif()
        parameters("${${name}_public}" list)
        set(tail "")
        if(NOT ${name}_nonnull STREQUAL "")
            string(APPEND tail "\n    __NONNULL((${${name}_nonnull}))")
        endif()
        if("const" IN_LIST attrs)
            string(APPEND tail "\n    __CONST")
        endif()
        if("noreturn" IN_LIST attrs)
            string(APPEND tail "\n    __NO_RETURN")
        endif()
        string(APPEND text "\n")
        if(NOT ${name}_rights STREQUAL "")
            string(APPEND text "// Rights: ${${name}_rights}.\n")
        endif()
        foreach(prefix zx _zx)
            string(APPEND text "${${name}_return} ${prefix}_${name}(${list})${tail};\n")
        endforeach()
    endforeach()
    string(APPEND text "\n__END_CDECLS\n")
    write(include/zircon/syscalls.h "${text}")
endfunction()

function(write_kernel_header)
    set(text "${c_notice}//
// The kernel's side of each system call, defined in syscalls/sys_*.c. Arguments arrive unchecked.
// A struct handle_out is filled before ZX_OK is returned, with a reference that it takes over; the
// wrapper in the dispatch table stores the handle value and installs the handle afterwards. On
// failure nothing is left in it.
#pragma once

#include <stdint.h>

#include <object/handle_out.h>
#include <syscalls/user_ptr.h>
#include <zircon/syscalls/types.h>
#include <zircon/types.h>

")
    foreach(name IN LISTS kernel_calls)
        parameters("${${name}_kernel}" list)
        set(tail "")
        if("noreturn" IN_LIST ${name}_attrs)
            set(tail " __NO_RETURN")
        endif()
        string(APPEND text "${${name}_return} sys_${name}(${list})${tail};\n")
    endforeach()
    write(kernel/syscalls/sys.h "${text}")
endfunction()

# The wrapper of a call with handle outputs or bool arguments.
function(wrapper name out)
    parameters("${${name}_raw}" list)
    list(LENGTH ${name}_outs handles)
    set(text "\nstatic ${${name}_return} syscall_${name}(${list})\n{\n")
    set(call "sys_${name}(${${name}_passed})")
    if(handles EQUAL 0)
        string(APPEND text "    return ${call};\n}\n")
    else()
        list(TRANSFORM ${name}_outs APPEND .addr OUTPUT_VARIABLE pointers)
        list(JOIN pointers ", " pointers)
        if("takes" IN_LIST ${name}_attrs)
            string(APPEND text "    struct handle_taken taken = {0};
    zx_status_t status = handle_taken_prepare(${pointers});
    if (status == ZX_OK)
        status = ${call};
    return status == ZX_OK ? handle_taken_finish(&taken, ${pointers}) : status;\n}\n")
        else()
            string(APPEND text "    struct handle_out outs[${handles}] = {0};
    const uintptr_t where[${handles}] = {${pointers}};
    zx_status_t status = ${call};
    if (status != ZX_OK)
        return status;
    return handle_out_finish(outs, where, ${handles});\n}\n")
        endif()
    endif()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(write_table)
    set(text "${c_notice}//
// Dispatch table of the system calls, and wrappers for those that give out handles. No locks.

#include <syscalls/sys.h>
#include <syscalls/table.h>
#include <syscalls/vdso-offsets.h>
")
    set(missing "
// 64 bits wide, so that it suits the calls that return times as well.
static int64_t syscall_not_supported(void)
{
    return ZX_ERR_NOT_SUPPORTED;
}
")
    set(table "\n#define ENTRY(name, function, flags)                                             \\
    [ZX_SYS_##name] = {(uintptr_t)(function), VDSO_SITE_##name, (flags)}

const struct syscall_entry syscall_table[ZX_SYS_COUNT] = {\n")
    foreach(name IN LISTS kernel_calls)
        set(flags)
        if(${name}_return MATCHES "^(zx_time_t|zx_ticks_t|uint64_t|int64_t)$")
            list(APPEND flags SYSCALL_RESULT_64)
        endif()
        if("blocking" IN_LIST ${name}_attrs)
            list(APPEND flags SYSCALL_BLOCKING)
        endif()
        if(NOT ${name}_defined)
            list(APPEND flags SYSCALL_MISSING)
            string(APPEND text "${missing}")
            set(missing "")
            set(function syscall_not_supported)
        elseif(${name}_wrapped)
            wrapper(${name} code)
            string(APPEND text "${code}")
            set(function syscall_${name})
        else()
            set(function sys_${name})
        endif()
        if(flags)
            list(JOIN flags " | " flags)
        else()
            set(flags 0)
        endif()
        string(APPEND table "    ENTRY(${name}, ${function}, ${flags}),\n")
    endforeach()
    write(syscalls/table.c "${text}${table}};\n")
endfunction()

function(write_names)
    set(blob "")
    set(offsets "")
    set(offset 0)
    foreach(name IN LISTS kernel_calls)
        string(APPEND blob "    \"${name}\\0\"\n")
        string(APPEND offsets "    [ZX_SYS_${name}] = ${offset},\n")
        string(LENGTH ${name} length)
        math(EXPR offset "${offset} + ${length} + 1")
    endforeach()
    write(syscalls/names.c "${c_notice}//
// Names of the system calls for traces and messages: one string, and where each name begins in it
// (no pointers, so nothing to relocate). Constant data; no locks.

#include <syscalls/table.h>

static const char names[] =
${blob}    ;

static const uint16_t starts[ZX_SYS_COUNT] = {
${offsets}};

const char *syscall_name(uint64_t number)
{
    return number < ZX_SYS_COUNT ? names + starts[number] : \"unknown\";
}
")
endfunction()

function(write_vdso)
    set(stubs "// SPDX-License-Identifier: MIT\n// ${notice}\n//
// Stubs of the vDSO that are alike: plain and blocking ones. Macros in vdso_asm.h.

#include \"vdso_asm.h\"

    .text
")
    set(header "${c_notice}//
// Kernel entries that only the vDSO itself uses.
#pragma once

#include <zircon/syscalls.h>

")
    set(list "")
    foreach(name IN LISTS calls)
        set(attrs ${${name}_attrs})
        string(REPLACE ";" " " words "${attrs}")
        string(STRIP "${name} ${words}" line)
        string(APPEND list "${line}\n")
        if("internal" IN_LIST attrs)
            string(APPEND header "${${name}_return} _zx_${name}(${${name}_public}) __LOCAL;\n")
        endif()
        if("vdso" IN_LIST attrs OR "handwritten" IN_LIST attrs)
            continue()
        endif()
        set(kind plain)
        if("blocking" IN_LIST attrs)
            set(kind blocking)
        elseif("noreturn" IN_LIST attrs)
            set(kind noreturn)
        endif()
        set(scope exported)
        if("internal" IN_LIST attrs)
            set(scope hidden)
        endif()
        string(APPEND stubs "    vdso_${kind}_stub ${name}, ${scope}\n")
    endforeach()
    write(vdso/stubs.S "${stubs}")
    write(vdso/calls.h "${header}")
    write(vdso/calls.txt "${list}")
endfunction()

function(write_bindings)
    set(jumps "// SPDX-License-Identifier: MIT\n// ${notice}\n//
// zx_NAME and _zx_NAME for programs without a dynamic linker: jumps through zxcalls_table, which
// zxcalls_bind() fills from the vDSO. They change x16 only, as the vDSO's stubs do anyway.

    .macro zxcall name, index
    .section .text.zx_\\name, \"ax\", %progbits
    .globl zx_\\name, _zx_\\name
    .hidden zx_\\name, _zx_\\name
    .type zx_\\name, %function
    .type _zx_\\name, %function
zx_\\name:
_zx_\\name:
    adrp x16, zxcalls_table + 8 * \\index
    ldr x16, [x16, :lo12:zxcalls_table + 8 * \\index]
    br x16
    .size zx_\\name, . - zx_\\name
    .size _zx_\\name, . - _zx_\\name
    .endm

")
    set(names "")
    set(index 0)
    foreach(name IN LISTS calls ITEMS status_get_string)
        if("internal" IN_LIST ${name}_attrs)
            continue()
        endif()
        string(APPEND jumps "    zxcall ${name}, ${index}\n")
        string(APPEND names "    \"_zx_${name}\\0\"\n")
        math(EXPR index "${index} + 1")
    endforeach()
    string(APPEND jumps "\n    .section .note.GNU-stack, \"\", %progbits\n")
    write(bind/jumps.S "${jumps}")
    write(bind/names.c "${c_notice}//
// What zxcalls_bind() looks up, in the order of the table that it fills. Constant data.

#include \"zxcalls_table.h\"

void *zxcalls_table[${index}] __attribute__((__visibility__(\"hidden\")));

const unsigned zxcalls_count = ${index};

const char zxcalls_names[] =
${names}    ;
")
endfunction()

# Host builds have no vDSO; the numbers are merely consistent.
function(write_host_offsets)
    set(text "${c_notice}//
// The host has no vDSO: plausible numbers, for code that only compares them.
#pragma once

#define VDSO_CODE_OFFSET 0x6000
#define VDSO_CODE_SIZE 0x1000
#define VDSO_IMAGE_SIZE 0x7000
#define VDSO_CONSTANTS_OFFSET 0x5000

")
    foreach(name IN LISTS kernel_calls)
        math(EXPR site "8 * ${${name}_number} + 8")
        string(APPEND text "#define VDSO_SITE_${name} ${site}\n")
    endforeach()
    write(host/syscalls/vdso-offsets.h "${text}")
endfunction()

# ---- data for tests -----------------------------------------------------------------------------

# Finds the position of the argument called `wanted`, from 0.
function(argument_index call wanted out)
    foreach(position RANGE 1 ${${call}_arg_total})
        if(${call}_arg${position}_name STREQUAL wanted)
            math(EXPR index "${position} - 1")
            set(${out} ${index} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    message(FATAL_ERROR "${call}: no argument \"${wanted}\"")
endfunction()

# The fields that say how many elements a buffer has: "count", "count*factor" or "*count".
function(count_fields call counted out)
    set(fields "")
    if(counted MATCHES "^(\\*?)([a-z_0-9]+)(\\*([a-z_0-9]+))?$")
        set(indirect "${CMAKE_MATCH_1}")
        set(factor "${CMAKE_MATCH_4}")
        argument_index(${call} ${CMAKE_MATCH_2} index)
        string(APPEND fields ", .count = ${index} + 1")
        if(indirect)
            string(APPEND fields ", .indirect = true")
        endif()
        if(factor)
            argument_index(${call} ${factor} index)
            string(APPEND fields ", .factor = ${index} + 1")
        endif()
    endif()
    set(${out} "${fields}" PARENT_SCOPE)
endfunction()

# The fields that say which handles an argument takes.
function(object_fields call arg out)
    set(object "${${call}_${arg}_object}")
    set(fields "")
    if(object MATCHES "^RESOURCE:(.+)$")
        string(APPEND fields ", .objects = CALL_TYPE(RESOURCE), .resource = ZX_RSRC_KIND_${CMAKE_MATCH_1} + 1")
    elseif(object STREQUAL "ANY")
        string(APPEND fields ", .objects = CALL_ANY")
    elseif(object)
        string(REPLACE "|" ") | CALL_TYPE(" types "${object}")
        string(APPEND fields ", .objects = CALL_TYPE(${types})")
    endif()
    foreach(field needs else_needs)
        if(${call}_${arg}_${field})
            set(rights ${${call}_${arg}_${field}})
            list(TRANSFORM rights PREPEND ZX_RIGHT_)
            list(JOIN rights " | " rights)
            string(APPEND fields ", .${field} = ${rights}")
        endif()
    endforeach()
    set(${out} "${fields}" PARENT_SCOPE)
endfunction()

function(write_test_table)
    set(text "${c_notice}//
// Every system call and its arguments, in the order of the table (call_table.h). Constant data.

#include <calls/call_table.h>

const struct call_info call_table[] = {\n")
    foreach(name IN LISTS calls)
        set(number CALL_NO_NUMBER)
        if(DEFINED ${name}_number)
            set(number ${${name}_number})
        endif()
        set(flags 0)
        foreach(attribute internal blocking noreturn unreached)
            if(attribute IN_LIST ${name}_attrs)
                string(TOUPPER ${attribute} word)
                string(APPEND flags " | CALL_${word}")
            endif()
        endforeach()
        if(${name}_implemented)
            string(APPEND flags " | CALL_IMPLEMENTED")
        endif()
        set(function "CALL_FUNCTION(${name})")
        if("internal" IN_LIST ${name}_attrs)
            set(function "NULL")
        endif()
        string(REGEX REPLACE "^0 [|] " "" flags "${flags}")
        string(APPEND text "    {\"${name}\", ${function}, ${number}, ${flags}, \
sizeof(${${name}_return}), ${${name}_arg_total}, {\n")
        string(REPLACE "sizeof(void)" "0" text "${text}")
        if(${name}_arg_total GREATER 0)
            foreach(position RANGE 1 ${${name}_arg_total})
                set(arg arg${position})
                string(TOUPPER "${${name}_${arg}_kind}" kind)
                set(fields "")
                set(type "${${name}_${arg}_type}")
                if(type STREQUAL "void")
                    set(type char)
                endif()
                if(type)
                    string(APPEND fields ", .type = \"${${name}_${arg}_type}\", .size = sizeof(${type})")
                endif()
                if(type STREQUAL "zx_handle_t")
                    string(APPEND fields ", .of_handles = true")
                endif()
                if(${name}_${arg}_direction MATCHES "in")
                    string(APPEND fields ", .in = true")
                endif()
                if(${name}_${arg}_direction MATCHES "out")
                    string(APPEND fields ", .out = true")
                endif()
                count_fields(${name} "${${name}_${arg}_count}" counts)
                object_fields(${name} ${arg} objects)
                string(APPEND fields "${counts}${objects}")
                foreach(word optional consumed)
                    if(${name}_${arg}_${word})
                        string(APPEND fields ", .${word} = true")
                    endif()
                endforeach()
                string(APPEND text "        {\"${${name}_${arg}_name}\", CALL_${kind}${fields}},\n")
            endforeach()
        endif()
        string(APPEND text "    }},\n")
    endforeach()
    write(test/call_table.c "${text}};

const size_t call_count = sizeof(call_table) / sizeof(call_table[0]);\n")
endfunction()

# ---- the ledger ---------------------------------------------------------------------------------

# Collects from the tests who names which call: sets <name>_tests.
macro(find_tests)
    file(GLOB_RECURSE sources RELATIVE ${SOURCE} ${SOURCE}/test/*.c ${SOURCE}/test/*.cpp
         ${SOURCE}/test/*.S ${SOURCE}/test/*.py ${SOURCE}/test/*.txt ${SOURCE}/test/*.sh)
    list(SORT sources)
    foreach(source IN LISTS sources)
        file(READ ${SOURCE}/${source} text)
        string(REGEX MATCHALL "CALLS\\([^)]*\\)" tags "${text}")
        string(REGEX MATCHALL "zx_[a-z0-9_]+" named "${tags}")
        foreach(name IN LISTS named)
            string(REGEX REPLACE "^zx_" "" name ${name})
            if(NOT name IN_LIST calls)
                message(FATAL_ERROR "${source}: CALLS names ${name}, which is no system call")
            endif()
            list(APPEND ${name}_tests ${source})
        endforeach()
    endforeach()
endmacro()

function(write_ledger file)
    set(rows "")
    set(number 0)
    set(done 0)
    set(refused 0)
    set(tested 0)
    set(untested "")
    foreach(name IN LISTS calls)
        math(EXPR number "${number} + 1")
        set(where kernel)
        if("vdso" IN_LIST ${name}_attrs OR "unreached" IN_LIST ${name}_attrs)
            set(where vDSO)
        endif()
        set(state "no")
        if(${name}_implemented)
            set(state "yes")
            math(EXPR done "${done} + 1")
        elseif(${name}_refused)
            set(state "refused")
            math(EXPR refused "${refused} + 1")
        endif()
        set(tests ${${name}_tests})
        list(REMOVE_DUPLICATES tests)
        if(tests)
            math(EXPR tested "${tested} + 1")
        endif()
        list(JOIN tests ", " tests)
        if(tests STREQUAL "")
            set(tests "-")
            if(${name}_implemented OR ${name}_refused)
                set(tests "**none**")
                list(APPEND untested zx_${name})
            endif()
        endif()
        string(APPEND rows
               "| ${number} | `zx_${name}` | ${where} | ${state} | ${${name}_mark} | ${tests} |\n")
    endforeach()
    set(text "# Ledger of the system calls

<!-- ${notice} -->

For each call: who answers it, whether it is implemented (those that are not return
`ZX_ERR_NOT_SUPPORTED`; those that are refused are for what neither ARM64 nor this kernel has, and answer
as their contract says for that case), and the tests that say they exercise it, by `CALLS(zx_name, ...)` in a
comment. **none** is a gap: `ctest -R syscalls_ledger` fails until it is filled. Remake this file with
`cmake --build build/host --target ledger`.

${done} of ${number} implemented, ${refused} refused, ${tested} named by a test. Marks: X PC only, P needs a kernel PCIe
driver, H hypervisor, A ARM only, D deprecated, I internal, T test only.

| # | call | answered by | implemented | mark | tests |
|---|---|---|---|---|---|
${rows}")
    write_file("${file}" "${text}")
    if(untested)
        list(JOIN untested ", " untested)
        message("Implemented or refused, and no test says that it exercises: ${untested}")
    endif()
endfunction()

# ---- all of it ----------------------------------------------------------------------------------

include(${CMAKE_CURRENT_LIST_DIR}/table.cmake)
find_implementations()
if(LEDGER)
    find_tests()
    write_ledger(${LEDGER})
    return()
endif()
read_texts()
if(REFERENCE)
    require_texts()
    write_reference(${REFERENCE})
    write_costs(${COSTS})
    return()
endif()
write_numbers()
write_public_header()
write_kernel_header()
write_table()
write_names()
write_vdso()
write_bindings()
write_test_table()
write_host_offsets()
write_cost_table()
