// SPDX-License-Identifier: MIT
//
// musl's limits, and where Jacinth knows better: pages have one size (bits/limits.h), and a thread's
// stack may be smaller than a page.

#ifndef JACINTH_LIMITS_H
#define JACINTH_LIMITS_H

#include <bits/musl-limits.h>

#ifdef PTHREAD_STACK_MIN
#undef PTHREAD_STACK_MIN
#define PTHREAD_STACK_MIN 3072
#endif

#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif

#endif
