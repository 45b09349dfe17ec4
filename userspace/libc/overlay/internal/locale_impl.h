// SPDX-License-Identifier: MIT
//
// musl's own header, which looks for pthread_impl.h beside itself and must find ours.

#ifndef JACINTH_LOCALE_IMPL_H
#define JACINTH_LOCALE_IMPL_H

#include "pthread_impl.h"

#include_next "locale_impl.h"

#endif
