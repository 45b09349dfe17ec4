# SPDX-License-Identifier: MIT
# A source of randomness. Served by drivers of class entropy: /svc/fs/device/entropy0. The driver gives what
# it gets to the kernel by itself; here one can only see that it does.

protocol(entropy ID 8 DOC "A source of randomness")

method(total ORDINAL 1
    DOC "Bytes that were mixed into the kernel's generator since the driver was started."
    REPLY "bytes u64")
