# SPDX-License-Identifier: MIT
# A serial port. Served by drivers of class console: /svc/fs/device/console0 is the one that the kernel has
# as its console until it is attached.

protocol(serial ID 10 DOC "A serial port")

# What the driver sets on the client's end of the stream (ZX_USER_SIGNAL_0).
constant(SERIAL_SENT VALUE 0x01000000 DOC "All that was in the stream has gone to the device")
constant(SERIAL_HELD VALUE 16 DOC "Most bytes taken from the stream that the device may not have yet")

method(attach ORDINAL 1
    DOC "The driver takes the device. What is written to the other end of the stream goes out, what comes in can be"
        "read there. `process` can be waited for: when it has ended, whoever had the device before has it again. If"
        "it hangs it can be killed. Lasts as long as this connection. ZX_ERR_ALREADY_BOUND: somebody has it."
    REQUEST "stream handle" REPLY "process handle")
