# SPDX-License-Identifier: MIT
# Toolchain for everything that runs on the target: the kernel, the vDSO and the programs.
#
# Which compiler: -DCROSS_COMPILE=<prefix> if given (such as aarch64-none-elf- or a path that
# ends in a prefix), else aarch64-none-elf-gcc if it is on PATH, else aarch64-linux-gnu-gcc.
# Nothing of the compiler's C library is ever used, so both kinds do.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

# The file is read again for every compiler check, in a project of its own: hand the choice on.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CROSS_COMPILE)

if(NOT CROSS_COMPILE)
    find_program(JACINTH_ELF_GCC aarch64-none-elf-gcc)
    mark_as_advanced(JACINTH_ELF_GCC)
    if(JACINTH_ELF_GCC)
        set(CROSS_COMPILE aarch64-none-elf-)
    else()
        set(CROSS_COMPILE aarch64-linux-gnu-)
    endif()
endif()
set(CROSS_COMPILE ${CROSS_COMPILE} CACHE STRING "Prefix of the ARM64 cross tools")

set(CMAKE_C_COMPILER ${CROSS_COMPILE}gcc)
set(CMAKE_ASM_COMPILER ${CROSS_COMPILE}gcc)
set(CMAKE_OBJCOPY ${CROSS_COMPILE}objcopy CACHE STRING "objcopy for the target")

# There is no C library to link a test program against, nor a system to run it on.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE NEVER)
