// SPDX-License-Identifier: MIT
// The calling thread's handle (zircon/process.h).
#include "thread_impl.h"

#include <zircon/process.h>

zx_handle_t _zx_thread_self(void)
{
    return __pthread_self()->handle;
}

zx_handle_t zx_thread_self(void) __attribute__((alias("_zx_thread_self")));
