# SPDX-License-Identifier: MIT
# The counts and lists that spec 33 gives for the published table.
file(STRINGS ${GENERATED}/vdso/calls.txt lines)

function(expect what wanted)
    list(LENGTH ARGN count)
    if(NOT count EQUAL wanted)
        message(FATAL_ERROR "${what}: ${count} calls, not ${wanted}: ${ARGN}")
    endif()
endfunction()

expect(all 170 ${lines})
set(entries ${lines})
list(FILTER entries EXCLUDE REGEX " vdso")
expect("kernel entries" 157 ${entries})
foreach(attribute_count vdso:13 internal:3 blocking:9 noreturn:3 const:3 test-cat-1:2 test-cat-2:1)
    string(REPLACE ":" ";" pair ${attribute_count})
    list(GET pair 0 attribute)
    list(GET pair 1 count)
    set(marked ${lines})
    list(FILTER marked INCLUDE REGEX " ${attribute}( |$)")
    expect(${attribute} ${count} ${marked})
endforeach()
