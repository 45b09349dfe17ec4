# SPDX-License-Identifier: MIT
# How programs for Jacinth are built, inside its tree and outside: this file is installed as part of
# the SDK (find_package(Jacinth) reads it) and used by the tree itself, with the same meaning.
#
#   jacinth_program(<name> SOURCES <file> ... [LIBRARIES <library> ...] [STACK_SIZE <bytes>]
#                   [LINK_OPTIONS <option> ...])
#       A program: a static PIE with its own C library, which finds the system calls in the vDSO
#       that it is started with. The target is <name>. LIBRARIES are libraries of the SDK, or made
#       by jacinth_sdk_library(); what those need comes along. STACK_SIZE is that of the main thread
#       (default: 256 KiB).
#
#   jacinth_sdk_library(<name> [PRIVATE] [SOURCES <file> ...] [LIBRARIES <library> ...])
#       A static library for programs, target sdk-<name>. The headers in its folder's include/ are
#       public. Without sources it consists of headers only. In Jacinth's own tree the library
#       becomes part of the SDK, unless it is PRIVATE.
#
# Before it is included: JACINTH_SDK_INCLUDE and JACINTH_SDK_LIB, folders of the SDK. Afterwards
# there are JACINTH_PROGRAM_COMPILE_OPTIONS (for C and C++), JACINTH_PROGRAM_LINK_OPTIONS and
# JACINTH_COMPILER_INCLUDE. JACINTH_PROGRAM_OPTIONS, if set, are further options for C files.

include_guard(GLOBAL)

# The compiler's own headers (stdatomic.h, arm_neon.h) and its helpers for arithmetic.
execute_process(
    COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
    OUTPUT_VARIABLE JACINTH_COMPILER_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${CMAKE_C_COMPILER} -print-libgcc-file-name
    OUTPUT_VARIABLE JACINTH_LIBGCC OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)

# What the ABI asks of all code: x18 is left alone, and the guard of stack frames lies in front of
# the thread pointer. A compiler for Linux must not say that this were Linux. Every function keeps a
# frame record, so that the report of a crash has all callers.
set(JACINTH_PROGRAM_COMPILE_OPTIONS
    -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -D__Fuchsia__=1
    -fpie -ffixed-x18 -mno-outline-atomics -mfix-cortex-a53-835769
    -fstack-protector-strong -mstack-protector-guard=sysreg
    -mstack-protector-guard-reg=tpidr_el0 -mstack-protector-guard-offset=-16
    -fno-asynchronous-unwind-tables -fno-unwind-tables
    -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
    -ffunction-sections -fdata-sections)

# Position independent and without a dynamic linker: the start code relocates the program and binds
# what it imports from libzircon.so, which is the vDSO. Everything is bound before main() starts.
set(JACINTH_PROGRAM_LINK_OPTIONS
    -nostdlib -Wl,-pie -Wl,--no-dynamic-linker -Wl,-z,text -Wl,-z,now -Wl,-z,relro
    -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-z,separate-code -Wl,--hash-style=gnu
    -Wl,--gc-sections -Wl,--fix-cortex-a53-843419 -Wl,--build-id=sha1 -Wl,--fatal-warnings)

# The options of everything that is compiled for programs.
function(jacinth_sdk_compile target)
    target_compile_options(${target} PRIVATE
        "$<$<COMPILE_LANGUAGE:C,CXX>:${JACINTH_PROGRAM_COMPILE_OPTIONS}>"
        "$<$<COMPILE_LANGUAGE:C>:${JACINTH_PROGRAM_OPTIONS}>"
        -nostdinc -U_FORTIFY_SOURCE
        "SHELL:-isystem \"${JACINTH_SDK_INCLUDE}\"" "SHELL:-isystem \"${JACINTH_COMPILER_INCLUDE}\"")
    get_target_property(standard ${target} C_STANDARD)
    if(NOT standard)
        set_target_properties(${target} PROPERTIES C_STANDARD 17 C_EXTENSIONS ON)
    endif()
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    if(TARGET sdk-headers)
        add_dependencies(${target} sdk-headers)
    endif()
endfunction()

# Stores in <out> the libraries named and those that they need, each once.
function(jacinth_sdk_closure out)
    set(found "")
    set(left ${ARGN})
    while(left)
        list(POP_FRONT left library)
        if(NOT library IN_LIST found)
            list(APPEND found ${library})
            get_property(needs GLOBAL PROPERTY JACINTH_SDK_NEEDS_${library})
            list(APPEND left ${needs})
        endif()
    endwhile()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

function(jacinth_sdk_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PRIVATE" "" "SOURCES;LIBRARIES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${name}: do not understand ${arg_UNPARSED_ARGUMENTS}")
    endif()
    set_property(GLOBAL PROPERTY JACINTH_SDK_NEEDS_${name} ${arg_LIBRARIES})
    set_property(GLOBAL PROPERTY JACINTH_SDK_HAS_CODE_${name} FALSE)
    set(include ${CMAKE_CURRENT_SOURCE_DIR}/include)
    if(arg_SOURCES)
        set_property(GLOBAL PROPERTY JACINTH_SDK_HAS_CODE_${name} TRUE)
        add_library(sdk-${name} STATIC ${arg_SOURCES})
        jacinth_sdk_compile(sdk-${name})
        set_target_properties(sdk-${name} PROPERTIES OUTPUT_NAME ${name})
        set(visibility PUBLIC)
    else()
        add_library(sdk-${name} INTERFACE)
        set(visibility INTERFACE)
    endif()
    if(COMMAND jacinth_sdk_publish AND NOT arg_PRIVATE)
        # In Jacinth's own tree: into the SDK with it.
        jacinth_sdk_publish(${name} ${include})
    elseif(EXISTS ${include})
        target_include_directories(sdk-${name} ${visibility} ${include})
        # The libraries of others' projects are found by target, headers included.
        jacinth_sdk_closure(needs ${arg_LIBRARIES})
        foreach(library IN LISTS needs)
            if(TARGET sdk-${library})
                target_link_libraries(sdk-${name} ${visibility} sdk-${library})
            endif()
        endforeach()
    endif()
endfunction()

function(jacinth_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "STACK_SIZE" "SOURCES;LIBRARIES;LINK_OPTIONS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${name}: do not understand ${arg_UNPARSED_ARGUMENTS}")
    endif()
    add_executable(${name} ${arg_SOURCES})
    jacinth_sdk_compile(${name})
    set(options ${JACINTH_PROGRAM_LINK_OPTIONS} ${arg_LINK_OPTIONS})
    if(arg_STACK_SIZE)
        list(APPEND options -Wl,-z,stack-size=${arg_STACK_SIZE})
    endif()
    target_link_options(${name} PRIVATE ${options})
    # Libraries may be described in folders that come later: they are looked up at the very end.
    cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
        CALL jacinth_program_link [[${name}]] ${arg_LIBRARIES})")
endfunction()

# Links a program with the libraries named.
function(jacinth_program_link name)
    jacinth_sdk_closure(libraries ${ARGN})
    set(archives "")
    foreach(library IN LISTS libraries)
        get_property(has_code GLOBAL PROPERTY JACINTH_SDK_HAS_CODE_${library})
        if(TARGET sdk-${library})
            if(has_code)
                list(APPEND archives $<TARGET_FILE:sdk-${library}>)
                add_dependencies(${name} sdk-${library})
                set_property(TARGET ${name} APPEND PROPERTY
                    LINK_DEPENDS $<TARGET_FILE:sdk-${library}>)
            endif()
            target_include_directories(${name} PRIVATE
                $<TARGET_PROPERTY:sdk-${library},INTERFACE_INCLUDE_DIRECTORIES>)
        elseif(EXISTS ${JACINTH_SDK_LIB}/lib${library}.a)
            list(APPEND archives ${JACINTH_SDK_LIB}/lib${library}.a)
        elseif(NOT has_code STREQUAL "FALSE")
            message(FATAL_ERROR "${name}: the SDK has no library ${library}")
        endif()
    endforeach()
    # Libraries may use each other and the C library, and it the compiler's: one group.
    target_link_libraries(${name} PRIVATE
        ${JACINTH_SDK_LIB}/crt1.o -Wl,--start-group ${archives} ${JACINTH_SDK_LIB}/libc.a
        ${JACINTH_LIBGCC} -Wl,--end-group ${JACINTH_SDK_LIB}/libzircon.so)
    if(TARGET sdk-c)
        add_dependencies(${name} sdk-c sdk-crt sdk-zircon)
        set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS
            ${JACINTH_SDK_LIB}/crt1.o ${JACINTH_SDK_LIB}/libc.a ${JACINTH_SDK_LIB}/libzircon.so)
    endif()
endfunction()
