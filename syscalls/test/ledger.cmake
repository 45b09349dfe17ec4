# SPDX-License-Identifier: MIT
# Compares docs/ledger.md with a fresh one, and wants a test for each call that is implemented.
file(REMOVE ${OUT}/ledger.md)
execute_process(
    COMMAND ${CMAKE_COMMAND} -DLEDGER=${OUT}/ledger.md -DSOURCE=${SOURCE}
            -P ${SOURCE}/syscalls/generate.cmake
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${CMAKE_COMMAND} -E compare_files ${OUT}/ledger.md ${SOURCE}/docs/ledger.md
    RESULT_VARIABLE differ)
if(differ)
    message(FATAL_ERROR "docs/ledger.md is out of date: cmake --build <folder> --target ledger")
endif()
file(STRINGS ${OUT}/ledger.md gaps REGEX "\\*\\*none\\*\\* \\|$")
if(gaps)
    list(JOIN gaps "\n" gaps)
    message(FATAL_ERROR "Implemented, and no test names it in CALLS(...):\n${gaps}")
endif()
