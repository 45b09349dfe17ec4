# SPDX-License-Identifier: MIT
# The vocabulary of Jacinth's CMakeLists.txt files.
#
#   jacinth_layer(<name> [SOURCES f.c ...] [ASM f.S ...] [DEPENDS <layer> ...])
#       One layer of the kernel: an object library jacinth_<name> that ends up in the kernel.
#       The folder's include/ is public, the folder itself private; DEPENDS gives access to the
#       public headers of other layers (and of those they depend on) and links nothing.
#       Without sources it is a layer of headers only.
#
#   jacinth_user_library(<name> [SOURCES ...] [ASM ...] [DEPENDS <library> ...])
#       The same shape for libraries of user mode: a static library user_<name>, built for the
#       target with jacinth_user_flags and for the host with the host's flags (for its tests).
#
#   jacinth_user_program(<name> SOURCES ... [ASM ...] [DEPENDS <library> ...] [LINK_OPTIONS ...])
#       A static-PIE program of user mode (target only). Its target is <name>.
#
#   jacinth_initrd_program(<target> [AS <path>])
#       Puts an executable target into initrd.cpio as bin/<target> (or <path>), symbols stripped.
#
#   jacinth_initrd_file(<file> <path> [DEPENDS <target> ...])
#       Puts any file into initrd.cpio at <path>.
#
#   jacinth_host_test(<name> SOURCES ... [LAYERS <layer> ...] [LIBS <target> ...]
#                     [LABELS ...] [TSAN] [TIMEOUT <seconds>] [ARGS ...])
#       A CMocka executable test_<name> for the host presets; its ctest case is host.<name>. It
#       links the objects of LAYERS, or of every layer if none is named. LABELS: of quick, ci and
#       full those that it belongs to (default: all; quick is part of ci, and ci of full). TSAN:
#       the host-tsan preset runs it too, as tsan.<name>. Nothing on target builds.
#
#   jacinth_run_test(<name> RUN <option of scripts/run> ... [REAL] [CMD <commands>] [LABELS ...]
#                    [TIMEOUT <seconds>])
#       Two ctest cases (target builds only) of a machine whose programs check themselves, with nobody
#       at the console: scripts/run with these options and --cmd CMD (default: true).
#       virt.<name> or debug.<name> is with --icount: the guest's instructions are its clock, and its
#       CPUs take turns, so that it is the same run on every host, however busy; test/target/twice.py
#       compares two. virt.<name>_real, only in full, has CPUs that are threads of the host, and the
#       host's clock. REAL: the real one is the only case, as <name> and with LABELS. It is for what is
#       about CPUs that work at the same time, or takes devices that work at the host's pace (a disk's
#       file); such a program may check only what holds for every order of things.
#
#   jacinth_target_test(<name> COMMAND ... [LABELS ...] [TIMEOUT <seconds>] [CPUS <count>])
#       A ctest case of a program that boots QEMU by itself, as what types at the console does (target
#       builds only). One that ends with status 77 counts as skipped: this computer lacks the machine
#       (SKIPPED of scripts/lib/machine.py). CPUS: as below (default 2).
#
#   jacinth_add_case(<name> <labels> <timeout> <CPUs> <command ...>)
#       A ctest case of any build, <build>.<name>; labels "" are the default ones. ctest -j N runs cases
#       at the same time that keep N CPUs of the host busy together. The timeout is 900 seconds at least,
#       everywhere; longer ones are for cases that need more than 100 here.
#
# Variables: JACINTH_TARGET (ON: ARM64, OFF: host), JACINTH_DEBUG, JACINTH_GEN (folder of generated
# files), JACINTH_PYTHON. C sees JACINTH_DEBUG as 0 or 1.

include_guard(GLOBAL)

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64" AND CMAKE_SYSTEM_NAME STREQUAL "Generic")
    set(JACINTH_TARGET ON)
else()
    set(JACINTH_TARGET OFF)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    set(JACINTH_DEBUG ON)
else()
    set(JACINTH_DEBUG OFF)
endif()

set(JACINTH_GEN ${PROJECT_BINARY_DIR}/gen)
set(JACINTH_SCRIPTS ${PROJECT_SOURCE_DIR}/scripts)
file(MAKE_DIRECTORY ${JACINTH_GEN})

find_program(JACINTH_PYTHON NAMES python3 REQUIRED)

option(JACINTH_STACK_PROTECTOR "Guard kernel stack frames (costs instructions)" ${JACINTH_DEBUG})
option(JACINTH_FRAME_POINTERS "Keep frame records, which backtraces follow" ON)
option(JACINTH_THREAD_SAFETY "clang's thread-safety analysis as errors" OFF)
set(JACINTH_SANITIZE "" CACHE STRING "Sanitizers of a host build, as clang's -fsanitize= takes them")

# First part of a ctest case's name: which build it belongs to. None: there are no cases in it.
if(JACINTH_TARGET)
    if(JACINTH_DEBUG)
        set(JACINTH_TEST_PREFIX debug)
    else()
        set(JACINTH_TEST_PREFIX virt)
    endif()
elseif(JACINTH_THREAD_SAFETY)
    set(JACINTH_TEST_PREFIX "")
elseif("${JACINTH_SANITIZE}" MATCHES "thread")
    set(JACINTH_TEST_PREFIX tsan)
    # Older ThreadSanitizers give up on the many random bits of addresses under newer Linux kernels.
    execute_process(COMMAND setarch -R true RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
    if(result EQUAL 0)
        set(JACINTH_TSAN_LAUNCHER setarch -R)
    endif()
else()
    set(JACINTH_TEST_PREFIX host)
endif()

# ---- flags ------------------------------------------------------------------------------------

# Everything comes from the interface targets below; CMake's own guesses would only get in the way
# (-DNDEBUG, -O3).
foreach(config DEBUG RELEASE)
    set(CMAKE_C_FLAGS_${config} "")
    set(CMAKE_ASM_FLAGS_${config} "")
endforeach()

set(c_only "$<COMPILE_LANGUAGE:C>")

add_library(jacinth_warnings INTERFACE)
target_compile_options(jacinth_warnings INTERFACE
    "$<${c_only}:-Wall;-Wextra;-Werror;-Wmissing-prototypes;-Wstrict-prototypes;-Wshadow;-Wvla>"
    "$<${c_only}:-Wundef;-Wno-missing-field-initializers>")

add_library(jacinth_common INTERFACE)
target_link_libraries(jacinth_common INTERFACE jacinth_warnings)
target_compile_options(jacinth_common INTERFACE
    -g "$<${c_only}:-std=gnu17;-fno-common;-fno-strict-aliasing>")
target_compile_definitions(jacinth_common INTERFACE JACINTH_DEBUG=$<BOOL:${JACINTH_DEBUG}>)

if(JACINTH_TARGET)
    # The compiler's own headers (stdint.h, stdatomic.h ...) and no C library's.
    execute_process(
        COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
        OUTPUT_VARIABLE compiler_include OUTPUT_STRIP_TRAILING_WHITESPACE
        COMMAND_ERROR_IS_FATAL ANY)

    # What the kernel, the vDSO, userboot and the programs have in common. hidden.h lets every
    # external symbol be reached by adrp/add instead of through a GOT.
    add_library(jacinth_freestanding INTERFACE)
    target_link_libraries(jacinth_freestanding INTERFACE jacinth_common)
    # Paths in the objects are relative to the source tree: builds of two clones are identical.
    target_compile_options(jacinth_freestanding INTERFACE
        "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" "-ffile-prefix-map=${PROJECT_BINARY_DIR}=.")
    target_compile_options(jacinth_freestanding INTERFACE
        -O2 -nostdinc "SHELL:-isystem \"${compiler_include}\"" -U_FORTIFY_SOURCE
        -mgeneral-regs-only -mstrict-align -mbranch-protection=none
        "$<${c_only}:-ffreestanding;-mno-outline-atomics;-ffixed-x18>"
        "$<${c_only}:-fvisibility=hidden;-ffunction-sections;-fdata-sections>"
        "$<${c_only}:-fno-asynchronous-unwind-tables;-fno-unwind-tables>"
        "$<${c_only}:-fno-stack-clash-protection>")
    if(JACINTH_FRAME_POINTERS)
        # Frame records in every function that calls another: one instruction a call. Leaf functions
        # go without; a backtrace finds them by the link register.
        target_compile_options(jacinth_freestanding INTERFACE
            "$<${c_only}:-fno-omit-frame-pointer;-momit-leaf-frame-pointer>")
    else()
        target_compile_options(jacinth_freestanding INTERFACE "$<${c_only}:-fomit-frame-pointer>")
    endif()

    add_library(jacinth_flags INTERFACE)
    target_link_libraries(jacinth_flags INTERFACE jacinth_freestanding)
    target_compile_options(jacinth_flags INTERFACE
        "$<${c_only}:-fpie;SHELL:-include \"${CMAKE_CURRENT_LIST_DIR}/hidden.h\">"
        "$<${c_only}:$<IF:$<BOOL:${JACINTH_STACK_PROTECTOR}>,-fstack-protector-strong,-fno-stack-protector>>")

    add_library(jacinth_user_flags INTERFACE)
    target_link_libraries(jacinth_user_flags INTERFACE jacinth_freestanding)
    target_compile_options(jacinth_user_flags INTERFACE "$<${c_only}:-fno-stack-protector>"
        "$<${c_only}:-fno-omit-frame-pointer;-mno-omit-leaf-frame-pointer>")

    # -static with -pie: position independent, relocated by its own start code, no interpreter.
    set(JACINTH_LINK_STATIC_PIE
        -nostdlib -static -Wl,-pie -Wl,-z,text -Wl,--no-dynamic-linker -Wl,--gc-sections
        -Wl,--fix-cortex-a53-843419 -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack
        -Wl,--build-id=none -Wl,--fatal-warnings)
else()
    add_library(jacinth_flags INTERFACE)
    target_link_libraries(jacinth_flags INTERFACE jacinth_common)
    target_compile_options(jacinth_flags INTERFACE
        -O1 "$<${c_only}:-fno-omit-frame-pointer>")
    if(JACINTH_SANITIZE)
        target_compile_options(jacinth_flags INTERFACE
            "$<${c_only}:-fsanitize=${JACINTH_SANITIZE};-fno-sanitize-recover=all>")
        target_link_options(jacinth_flags INTERFACE -fsanitize=${JACINTH_SANITIZE})
    endif()
    if(JACINTH_THREAD_SAFETY)
        target_compile_definitions(jacinth_flags INTERFACE JACINTH_TSA=1)
        target_compile_options(jacinth_flags INTERFACE
            "$<${c_only}:-Wthread-safety;-Werror=thread-safety>")
    endif()
    add_library(jacinth_user_flags INTERFACE)
    target_link_libraries(jacinth_user_flags INTERFACE jacinth_flags)
endif()

# ---- layers and libraries -----------------------------------------------------------------------

# Shared body of jacinth_layer and jacinth_user_library.
function(jacinth_add_library target kind flags prefix)
    cmake_parse_arguments(PARSE_ARGV 4 arg "" "" "SOURCES;ASM;DEPENDS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${target}: do not understand ${arg_UNPARSED_ARGUMENTS}")
    endif()
    list(TRANSFORM arg_DEPENDS PREPEND ${prefix})
    if(arg_SOURCES OR arg_ASM)
        add_library(${target} ${kind} ${arg_SOURCES} ${arg_ASM})
        target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
        # Flags are everybody's own business: not handed to those that depend on the layer.
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${flags}> PUBLIC ${arg_DEPENDS})
        set(visibility PUBLIC)
    else()
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE ${arg_DEPENDS})
        set(visibility INTERFACE)
    endif()
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/include)
        target_include_directories(${target} ${visibility} ${CMAKE_CURRENT_SOURCE_DIR}/include)
    endif()
endfunction()

function(jacinth_layer name)
    jacinth_add_library(jacinth_${name} OBJECT jacinth_flags jacinth_ ${ARGN})
    set_property(GLOBAL APPEND PROPERTY JACINTH_LAYERS ${name})
endfunction()

function(jacinth_user_library name)
    jacinth_add_library(user_${name} STATIC jacinth_user_flags user_ ${ARGN})
    if(JACINTH_TARGET)
        get_target_property(type user_${name} TYPE)
        if(NOT type STREQUAL "INTERFACE_LIBRARY")
            target_compile_options(user_${name} PRIVATE
                "$<$<COMPILE_LANGUAGE:C>:-fpie;SHELL:-include \"${JACINTH_SCRIPTS}/cmake/hidden.h\">")
        endif()
    endif()
endfunction()

function(jacinth_user_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;ASM;DEPENDS;LINK_OPTIONS")
    list(TRANSFORM arg_DEPENDS PREPEND user_)
    add_executable(${name} ${arg_SOURCES} ${arg_ASM})
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_options(${name} PRIVATE
        "$<$<COMPILE_LANGUAGE:C>:-fpie;SHELL:-include \"${JACINTH_SCRIPTS}/cmake/hidden.h\">")
    target_link_libraries(${name} PRIVATE jacinth_user_flags ${arg_DEPENDS})
    # The later of two options counts: the report of a crash names programs by their build ids.
    target_link_options(${name} PRIVATE ${JACINTH_LINK_STATIC_PIE} -Wl,--build-id=sha1
        ${arg_LINK_OPTIONS})
endfunction()

# ---- initrd ---------------------------------------------------------------------------------------

# What folders below test/ contribute is in initrd-test.cpio alone.
# Stores in <out> the prefix of the lists that a folder adds to: _ENTRIES (PATH=FILE), _DEPENDS (files),
# _TARGETS.
function(jacinth_initrd_lists out)
    string(FIND "${CMAKE_CURRENT_SOURCE_DIR}/" "${PROJECT_SOURCE_DIR}/test/" at)
    if(at EQUAL 0)
        set(${out} JACINTH_INITRD_TEST PARENT_SCOPE)
    else()
        set(${out} JACINTH_INITRD PARENT_SCOPE)
    endif()
endfunction()

function(jacinth_initrd_program target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "AS" "")
    if(NOT arg_AS)
        set(arg_AS bin/${target})
    endif()
    jacinth_initrd_lists(lists)
    set_property(GLOBAL APPEND PROPERTY ${lists}_ENTRIES "${arg_AS}=${JACINTH_GEN}/initrd/${arg_AS}")
    set_property(GLOBAL APPEND PROPERTY ${lists}_DEPENDS ${JACINTH_GEN}/initrd/${arg_AS})
    jacinth_strip(${target} ${JACINTH_GEN}/initrd/${arg_AS})
    # A custom command's output can only be used in the folder that makes it: carry it by a target.
    string(REPLACE "/" "-" entry initrd-${arg_AS})
    add_custom_target(${entry} DEPENDS ${JACINTH_GEN}/initrd/${arg_AS})
    set_property(GLOBAL APPEND PROPERTY ${lists}_TARGETS ${entry})
endfunction()

function(jacinth_initrd_file file path)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS")
    get_filename_component(file ${file} ABSOLUTE)
    jacinth_initrd_lists(lists)
    set_property(GLOBAL APPEND PROPERTY ${lists}_ENTRIES "${path}=${file}")
    set_property(GLOBAL APPEND PROPERTY ${lists}_DEPENDS ${file})
    set_property(GLOBAL APPEND PROPERTY ${lists}_TARGETS ${arg_DEPENDS})
endfunction()

# Makes <output>, the ELF file of an executable target without symbols and debug information.
function(jacinth_strip target output)
    get_filename_component(folder ${output} DIRECTORY)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
        COMMAND ${CMAKE_OBJCOPY} --strip-all $<TARGET_FILE:${target}> ${output}
        DEPENDS ${target} $<TARGET_FILE:${target}>
        VERBATIM)
endfunction()

# Packs <output> of what the lists with this prefix name, and makes it the target <name>. More arguments go
# to mkinitrd.
function(jacinth_pack_initrd name output prefix)
    foreach(list ENTRIES DEPENDS TARGETS)
        get_property(${list} GLOBAL PROPERTY ${prefix}_${list})
    endforeach()
    get_filename_component(file ${output} NAME)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${JACINTH_PYTHON} ${JACINTH_SCRIPTS}/mkinitrd ${output} ${ARGN} ${ENTRIES}
        DEPENDS ${JACINTH_SCRIPTS}/mkinitrd ${DEPENDS} ${TARGETS}
        COMMENT "Packing ${file}"
        VERBATIM)
    add_custom_target(${name} ALL DEPENDS ${output})
endfunction()

# Called once, by the root, after every folder: target initrd makes initrd.cpio, and initrd-test makes
# initrd-test.cpio, which has the test programs as well.
function(jacinth_finish_initrd)
    set(output ${PROJECT_BINARY_DIR}/initrd.cpio)
    set_property(GLOBAL APPEND PROPERTY JACINTH_INITRD_TEST_DEPENDS ${output})
    set_property(GLOBAL APPEND PROPERTY JACINTH_INITRD_TEST_TARGETS initrd)
    jacinth_pack_initrd(initrd ${output} JACINTH_INITRD)
    jacinth_pack_initrd(initrd-test ${PROJECT_BINARY_DIR}/initrd-test.cpio JACINTH_INITRD_TEST
        --from ${output})
endfunction()

# ---- tests ----------------------------------------------------------------------------------------

function(jacinth_add_case name labels timeout cpus)
    if(NOT labels)
        set(labels quick ci full)
    endif()
    # Time-outs find hangs. None may be so short that a slow or busy host passes for one.
    if(timeout LESS 900)
        set(timeout 900)
    endif()
    set(case ${JACINTH_TEST_PREFIX}.${name})
    add_test(NAME ${case} COMMAND ${ARGN})
    set_tests_properties(${case} PROPERTIES
        LABELS "${labels}" TIMEOUT ${timeout} PROCESSORS ${cpus})
endfunction()

function(jacinth_host_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "TSAN" "TIMEOUT" "SOURCES;LAYERS;LIBS;LABELS;ARGS")
    if(JACINTH_TARGET)
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 0)
    endif()
    if(NOT arg_LAYERS)
        get_property(arg_LAYERS GLOBAL PROPERTY JACINTH_LAYERS)
    elseif(TARGET lab_fallback)
        # Stand-ins for what the layers above would define.
        list(APPEND arg_LIBS lab_fallback)
    endif()
    list(TRANSFORM arg_LAYERS PREPEND jacinth_)
    add_executable(test_${name} ${arg_SOURCES})
    target_include_directories(test_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(test_${name} PRIVATE
        jacinth_flags ${arg_LAYERS} ${arg_LIBS} fdt cmocka pthread)
    # Tests take locks wrongly on purpose.
    target_compile_options(test_${name} PRIVATE
        $<$<BOOL:${JACINTH_THREAD_SAFETY}>:-Wno-thread-safety-analysis>)
    if(JACINTH_TEST_PREFIX STREQUAL "host" OR (JACINTH_TEST_PREFIX STREQUAL "tsan" AND arg_TSAN))
        jacinth_add_case(${name} "${arg_LABELS}" ${arg_TIMEOUT} 1
            ${JACINTH_TSAN_LAUNCHER} $<TARGET_FILE:test_${name}> ${arg_ARGS})
    endif()
endfunction()

function(jacinth_target_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;CPUS" "COMMAND;LABELS")
    if(NOT JACINTH_TARGET)
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 0)
    endif()
    if(NOT arg_CPUS)
        set(arg_CPUS 2)
    endif()
    jacinth_add_case(${name} "${arg_LABELS}" ${arg_TIMEOUT} ${arg_CPUS} ${arg_COMMAND})
    # scripts/run's patience with a silent machine: as the timeout, it finds hangs.
    set_tests_properties(${JACINTH_TEST_PREFIX}.${name} PROPERTIES
        SKIP_RETURN_CODE 77 ENVIRONMENT JACINTH_SILENCE=600)
endfunction()

function(jacinth_run_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "REAL" "TIMEOUT;CMD" "LABELS;RUN")
    if(NOT JACINTH_TARGET)
        return()
    endif()
    if(NOT arg_CMD)
        set(arg_CMD true)
    endif()
    get_filename_component(preset ${PROJECT_BINARY_DIR} NAME)
    set(command ${JACINTH_SCRIPTS}/run --no-build --preset ${preset} --cmd "${arg_CMD}"
        ${arg_RUN})
    set(real ${name})
    if(NOT arg_REAL)
        jacinth_target_test(${name} CPUS 1 LABELS ${arg_LABELS} TIMEOUT ${arg_TIMEOUT}
            COMMAND ${command} --icount)
        set(real ${name}_real)
        set(arg_LABELS full)
    endif()
    jacinth_target_test(${real} LABELS ${arg_LABELS} TIMEOUT ${arg_TIMEOUT} COMMAND ${command})
endfunction()
