# SPDX-License-Identifier: MIT
# find_package(Jacinth): programs for Jacinth, outside its tree. See JacinthProgram.cmake.
#
#   cmake_minimum_required(VERSION 3.25)
#   project(greet LANGUAGES C)
#   find_package(Jacinth REQUIRED)
#   jacinth_program(greet SOURCES greet.c)
#
# Two words that Jacinth's own tree has as well, here with a meaning of their own: what an initrd is to
# hold is gathered below <build folder>/initrd, for bin/mkinitrd of the SDK or scripts/run --add.
#
#   jacinth_initrd_program(<target> [AS <path>])    # without symbols, as bin/<target> or <path>
#   jacinth_initrd_file(<file> <path>)

if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(Jacinth_FOUND FALSE)
    set(Jacinth_NOT_FOUND_MESSAGE
        "configure with -DCMAKE_TOOLCHAIN_FILE=${CMAKE_CURRENT_LIST_DIR}/jacinth.toolchain.cmake")
    return()
endif()
get_filename_component(JACINTH_SDK ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
set(JACINTH_SDK_INCLUDE ${JACINTH_SDK}/include)
set(JACINTH_SDK_LIB ${JACINTH_SDK}/lib)
include(${CMAKE_CURRENT_LIST_DIR}/JacinthProgram.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/libraries.cmake)

set(JACINTH_TARGET ON)

function(jacinth_initrd_program target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "AS" "")
    if(NOT arg_AS)
        set(arg_AS bin/${target})
    endif()
    set(output ${PROJECT_BINARY_DIR}/initrd/${arg_AS})
    get_filename_component(folder ${output} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND ${CMAKE_OBJCOPY} --strip-all $<TARGET_FILE:${target}> ${output}
        BYPRODUCTS ${output} VERBATIM)
endfunction()

function(jacinth_initrd_file file path)
    get_filename_component(file ${file} ABSOLUTE)
    configure_file(${file} ${PROJECT_BINARY_DIR}/initrd/${path} COPYONLY)
endfunction()
