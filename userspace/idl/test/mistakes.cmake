# SPDX-License-Identifier: MIT
# Gives the generator descriptions with one mistake each; it must fail and say what is wrong.

# attempt(<part of the message, or OK> <line of a description> ...)
function(attempt expected)
    file(REMOVE_RECURSE ${OUT})
    file(WRITE ${OUT}/idl/table.cmake "set(protocols t)\n")
    list(JOIN ARGN "\n" text)
    file(WRITE ${OUT}/idl/t.cmake "${text}\n")
    execute_process(
        COMMAND ${CMAKE_COMMAND} -DOUT=${OUT}/out -DIDL=${OUT}/idl
                -P ${SOURCE}/userspace/idl/generate.cmake
        RESULT_VARIABLE result ERROR_VARIABLE message OUTPUT_QUIET)
    if(expected STREQUAL "OK")
        if(result)
            message(FATAL_ERROR "refused: ${text}\n${message}")
        endif()
        return()
    endif()
    if(NOT result)
        message(FATAL_ERROR "accepted: ${text}")
    endif()
    # CMake breaks long messages into lines.
    string(REGEX REPLACE "[ \n]+" " " message "${message}")
    string(FIND "${message}" "${expected}" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "for ${text}: wanted \"${expected}\", got: ${message}")
    endif()
endfunction()

set(head "protocol(t ID 9 DOC \"Test\")")
attempt(OK ${head} "method(a ORDINAL 1 REQUEST \"x u32\" REPLY \"y bytes[16]\")")
attempt("bad protocol" "protocol(u ID 9)")
attempt("bad protocol" "protocol(t ID 0)")
attempt("bad protocol" "protocol(t ID 40000)")
attempt("bad constant" ${head} "constant(lower VALUE 1)")
attempt("bad type \"u31\"" ${head} "method(a ORDINAL 1 REQUEST \"x u31\")")
attempt("bad type \"thing\"" ${head} "method(a ORDINAL 1 REQUEST \"x thing\")")
attempt("unknown length \"MANY\"" ${head} "method(a ORDINAL 1 REQUEST \"x bytes[MANY]\")")
attempt("there twice or reserved" ${head} "method(a ORDINAL 1 REQUEST \"x u32\" \"x u8\")")
attempt("there twice or reserved" ${head} "method(a ORDINAL 1 REQUEST \"deadline u32\")")
attempt("only a handle can be optional" ${head} "method(a ORDINAL 1 REQUEST \"x u32 optional\")")
attempt("belongs into a structure" ${head} "method(a ORDINAL 1 REQUEST \"x u8[4]\")")
attempt("bad or repeated method" ${head} "method(a ORDINAL 1)" "method(b ORDINAL 1)")
attempt("bad or repeated method" ${head} "method(a ORDINAL 1)" "method(a ORDINAL 2)")
attempt("do not understand" ${head} "method(a ORDINAL 1 QUEST \"x u32\")")
attempt("longer than IPC_MAX_BYTES" ${head} "method(a ORDINAL 1 REQUEST \"x bytes[30000]\")")
attempt("more than the runtime's" ${head}
        "method(a ORDINAL 1 REQUEST \"x bytes[1]\" \"y bytes[1]\" \"z bytes[1]\")")
