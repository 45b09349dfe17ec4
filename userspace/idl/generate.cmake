# SPDX-License-Identifier: MIT
# Makes typed clients and servers from the interface descriptions. Run as a script:
#
#   cmake -DOUT=<folder> [-DIDL=<folder of the descriptions>] -P generate.cmake
#
# writes below OUT, for each protocol of table.cmake, include/protocol/<name>.h (constants,
# structures, prototypes) and protocols/<name>.c. The language is described in table.cmake. All
# checking of messages is done by userspace/lib/ipc by the shapes generated here.

cmake_minimum_required(VERSION 3.25)

set(generator userspace/idl/generate.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../../scripts/cmake/generator.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/layout.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/emit.cmake)
if(NOT IDL)
    set(IDL ${CMAKE_CURRENT_LIST_DIR})
endif()

# ---- the words ----------------------------------------------------------------------------------

function(protocol name)
    cmake_parse_arguments(PARSE_ARGV 1 row "" "ID;DOC" "")
    nothing_left(${name} "${row_UNPARSED_ARGUMENTS}")
    if(NOT name STREQUAL current OR NOT row_ID MATCHES "^[1-9][0-9]*$" OR row_ID GREATER 32767)
        message(FATAL_ERROR "${current}.cmake: bad protocol(${ARGV})")
    endif()
    if(row_ID IN_LIST ids)
        message(FATAL_ERROR "${name}: ID ${row_ID} is another protocol's")
    endif()
    set(ids ${ids} ${row_ID} PARENT_SCOPE)
    set(id ${row_ID} PARENT_SCOPE)
    set(doc "${row_DOC}" PARENT_SCOPE)
    set(declarations "" PARENT_SCOPE)  # constants and structures, as C
    set(structures "" PARENT_SCOPE)
    set(methods "" PARENT_SCOPE)
    set(ordinals "" PARENT_SCOPE)
endfunction()

function(constant name)
    cmake_parse_arguments(PARSE_ARGV 1 row "" "VALUE;DOC" "")
    nothing_left(${name} "${row_UNPARSED_ARGUMENTS}")
    if(NOT name MATCHES "^[A-Z][A-Z0-9_]*$" OR row_VALUE STREQUAL "")
        message(FATAL_ERROR "${current}: bad constant(${ARGV})")
    endif()
    set(text "${declarations}")
    if(row_DOC)
        string(APPEND text "\n// ${row_DOC}.\n")
    endif()
    if(row_VALUE MATCHES "^[0-9]")
        string(APPEND row_VALUE u)
        # Lengths are written with constants.
        set(constant_${name} ${row_VALUE} PARENT_SCOPE)
    endif()
    set(declarations "${text}#define ${name} ${row_VALUE}\n" PARENT_SCOPE)
endfunction()

function(structure name)
    cmake_parse_arguments(PARSE_ARGV 1 row "" "DOC" "FIELDS")
    nothing_left(${name} "${row_UNPARSED_ARGUMENTS}")
    set(offset 0)
    set(largest 1)
    set(members "")
    foreach(field IN LISTS row_FIELDS)
        split_name("${current} ${name}" "${field}" member type)
        place(${member} "${type}")
    endforeach()
    pad_to(${largest} end)
    set(text "\n// ${row_DOC}.\nstruct ${name} {\n${members}};\n")
    string(APPEND text "_Static_assert(sizeof(struct ${name}) == ${offset}, \"wire format\");\n")
    set(declarations "${declarations}${text}" PARENT_SCOPE)
    set(structures ${structures} ${name} PARENT_SCOPE)
    set(size_${name} ${offset} PARENT_SCOPE)
    set(align_${name} ${largest} PARENT_SCOPE)
endfunction()

function(method name)
    cmake_parse_arguments(PARSE_ARGV 1 row "" "ORDINAL" "DOC;REQUEST;REPLY")
    nothing_left(${name} "${row_UNPARSED_ARGUMENTS}")
    if(NOT row_ORDINAL MATCHES "^[1-9][0-9]*$" OR row_ORDINAL GREATER 65535
       OR row_ORDINAL IN_LIST ordinals OR name IN_LIST methods)
        message(FATAL_ERROR "${current}: bad or repeated method ${name}, ordinal ${row_ORDINAL}")
    endif()
    set(ordinals ${ordinals} ${row_ORDINAL} PARENT_SCOPE)
    set(methods ${methods} ${name} PARENT_SCOPE)
    set(${name}_ordinal ${row_ORDINAL} PARENT_SCOPE)
    set(${name}_doc "${row_DOC}" PARENT_SCOPE)
    foreach(side request reply)
        string(TOUPPER ${side} key)
        lay_out(${name} ${side} "${row_${key}}")
        foreach(property names members size scalars variables handles maximum)
            set(${name}_${side}_${property} "${${side}_${property}}" PARENT_SCOPE)
        endforeach()
        foreach(field IN LISTS ${side}_names)
            set(${name}_${side}_field_${field} "${${side}_field_${field}}" PARENT_SCOPE)
            set(${name}_${side}_field_${field}_max "${${side}_field_${field}_max}" PARENT_SCOPE)
        endforeach()
    endforeach()
endfunction()

# ---- all of it ----------------------------------------------------------------------------------

include(${IDL}/table.cmake)
set(ids)
foreach(current IN LISTS protocols)
    include(${IDL}/${current}.cmake)
    write_header(${current})
    write_source(${current})
endforeach()
