# SPDX-License-Identifier: MIT
# The sources of the contract tests, for this folder and for test/target/contract.
set(contract_sources
    contract_main.c object_test.c futex_test.c
    handle.c wait.c wait_many.c signal.c
    creators.c channel.c channel_read.c call.c socket.c datagram.c control.c fifo.c eventpair.c
    port.c async.c timer.c interrupt.c futex.c requeue.c
    memory_model.c memory_ops.c memory_order.c)
list(TRANSFORM contract_sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
