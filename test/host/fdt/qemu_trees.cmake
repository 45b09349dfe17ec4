# SPDX-License-Identifier: MIT
# cmake -DQEMU=... -DTEST=... -DOUTPUT=folder -P qemu_trees.cmake
#
# Has QEMU dump the device trees of its virt machine in several make-ups, and runs test_fdt_qemu on
# each with what is known of it.

file(MAKE_DIRECTORY ${OUTPUT})

function(check name machine gic conduit)
    execute_process(
        COMMAND ${QEMU} -M ${machine},dumpdtb=${OUTPUT}/${name}.dtb -cpu cortex-a72 -m 512 -smp 4
            -display none -nic none
        TIMEOUT 600
        RESULT_VARIABLE result ERROR_VARIABLE messages)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${name}: QEMU made no tree: ${messages}")
    endif()
    execute_process(
        COMMAND ${TEST} ${OUTPUT}/${name}.dtb ${gic} ${conduit} 0x20000000 4
        TIMEOUT 600
        RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${name}: the tree is not read as it should be")
    endif()
endfunction()

check(gic2 virt,gic-version=2 2 hvc)
check(gic3 virt,gic-version=3 3 hvc)
check(gic2-el2 virt,gic-version=2,virtualization=on 2 smc)
check(gic3-el2 virt,gic-version=3,virtualization=on 3 smc)
check(gic2-el3 virt,gic-version=2,secure=on 2 none)
check(gic3-el3 virt,gic-version=3,secure=on,virtualization=on 3 none)
