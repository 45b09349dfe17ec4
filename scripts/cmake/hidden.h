// SPDX-License-Identifier: MIT
// Included before every C file of the kernel and of static programs (see jacinth.cmake): whatever
// is declared belongs to the same image, so the compiler may address it directly, without a GOT.
#pragma GCC visibility push(hidden)
