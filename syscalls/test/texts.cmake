# SPDX-License-Identifier: MIT
# The generator refuses texts that are not true of the table: in a copy of the tree one thing is changed
# at a time, and the message must name it.
set(copy ${OUT}/texts)
file(REMOVE_RECURSE ${copy})
file(COPY ${SOURCE}/syscalls DESTINATION ${copy})
file(COPY ${SOURCE}/userspace/vdso DESTINATION ${copy}/userspace)
file(COPY ${SOURCE}/scripts/cmake DESTINATION ${copy}/scripts)
set(text ${copy}/syscalls/text/channel.cmake)
file(READ ${text} original)

function(refuses from to message)
    string(REPLACE "${from}" "${to}" changed "${original}")
    if(changed STREQUAL original)
        message(FATAL_ERROR "\"${from}\" is not in the text any more")
    endif()
    file(WRITE ${text} "${changed}")
    execute_process(
        COMMAND ${CMAKE_COMMAND} -DREFERENCE=${OUT}/pages -DCOSTS=${OUT}/pages/costs.md -DSOURCE=${copy}
                -P ${copy}/syscalls/generate.cmake
        RESULT_VARIABLE failed ERROR_VARIABLE said OUTPUT_QUIET)
    string(REGEX REPLACE "[ \n]+" " " said "${said}")
    string(FIND "${said}" "${message}" where)
    if(NOT failed OR where EQUAL -1)
        message(FATAL_ERROR "\"${to}\" instead of \"${from}\" gives: ${said}")
    endif()
endfunction()

refuses("describe(channel_call\n" "describe(channel_shout\n" "channel_shout, which is no call")
refuses("describe(channel_read_etc" "describe(channel_read" "channel_read is described twice")
refuses("SEE channel_write" "SEE channel_wrote" "refers to channel_wrote")
refuses("`num_bytes` or" "`number_bytes` or" "`number_bytes` is no argument")
refuses("`zx_channel_call`" "`zx_channel_cull`" "`zx_channel_cull` is no argument")
refuses("\"num_handles: at" "\"many_handles: at" "is about none of its arguments")
refuses("\"SHOULD_WAIT: " "\"MUST_WAIT: " "begins with no known error")
refuses("`zx_channel_call` from its" "; `zx_channel_call` from its" "a ; ends an item of a list")
refuses("\"@handle\"" "\"@handel\"" "@handel is none of its arguments")
refuses("ZX_CHANNEL_READ_MAY_DISCARD: " "ZX_CHANNEL_READ_MAY_DROP: "
        "no header defines ZX_CHANNEL_READ_MAY_DROP")
string(FIND "${original}" "describe(channel_call_finish" last)
string(SUBSTRING "${original}" ${last} -1 last)
refuses("${last}" "" "channel_call_finish has no text")

# A call that is implemented and in no test is a gap in the ledger: this copy has no tests at all.
file(WRITE ${text} "${original}")
execute_process(
    COMMAND ${CMAKE_COMMAND} -DLEDGER=${OUT}/texts.md -DSOURCE=${copy} -P ${copy}/syscalls/generate.cmake
    ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS ${OUT}/texts.md gap REGEX "`zx_channel_write` .* \\*\\*none\\*\\* \\|$")
if(NOT gap)
    message(FATAL_ERROR "The ledger does not show a call without a test")
endif()
