# SPDX-License-Identifier: MIT
# Compiles every public header alone, warnings as errors: as C, as the kernel sees it, as C++ if the
# compiler has that, and for ARM64 as well if it is a clang on a host.
set(include ${SOURCE}/syscalls/include)
file(GLOB_RECURSE headers RELATIVE ${include} ${include}/*.h)
list(APPEND headers zircon/syscalls.h zircon/zx-syscall-numbers.h zircon/syscall-numbers.h)
set(flags -fsyntax-only -Wall -Wextra -Werror -ffreestanding -I${include} -I${GENERATED}/include)

set(languages "-xc -std=c11" "-xc -std=gnu17 -D_KERNEL=1")
foreach(language
        "-xc++ -std=c++14 -nostdinc++"
        "-xc++ -std=c++17 -nostdinc++ --target=aarch64-linux-gnu"
        "-xc -std=c11 --target=aarch64-linux-gnu")
    separate_arguments(words UNIX_COMMAND "${language}")
    execute_process(COMMAND ${COMPILER} -fsyntax-only ${words} /dev/null
                    RESULT_VARIABLE lacking OUTPUT_QUIET ERROR_QUIET)
    if(NOT lacking)
        list(APPEND languages "${language}")
    endif()
endforeach()

foreach(language IN LISTS languages)
    separate_arguments(words UNIX_COMMAND "${language}")
    foreach(header IN LISTS headers)
        execute_process(COMMAND ${COMPILER} ${flags} ${words} -include ${header} /dev/null
                        RESULT_VARIABLE failed)
        if(failed)
            message(FATAL_ERROR "<${header}> does not compile with ${language}")
        endif()
    endforeach()
endforeach()
