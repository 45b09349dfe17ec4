# SPDX-License-Identifier: MIT
# cmake -DINPUT=<assembly text> -DOUTPUT=<header> -P asm_offsets.cmake
# Makes "#define NAME VALUE" of every line that holds  .ascii "->NAME VALUE".

file(STRINGS ${INPUT} lines REGEX "\\.ascii[ \t]+\"->[A-Z0-9_]+ -?[0-9]+\"")
set(text "/* Generated from platform/arm64/asm_offsets.c; do not edit. */\n#pragma once\n\n")
foreach(line IN LISTS lines)
    string(REGEX REPLACE ".*->([A-Z0-9_]+) (-?[0-9]+)\".*" "#define \\1 \\2" line "${line}")
    string(APPEND text "${line}\n")
endforeach()
if(NOT lines)
    message(FATAL_ERROR "no offsets in ${INPUT}")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${text}" @ONLY)
