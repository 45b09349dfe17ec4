// SPDX-License-Identifier: MIT
// The target's own: its folder as a whole would put a <stdatomic.h> in front of the compiler's.
#pragma once

#include "../../../../../platform/arm64/include/arm64/device.h"
