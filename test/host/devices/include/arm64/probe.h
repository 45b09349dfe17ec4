// SPDX-License-Identifier: MIT
// Accesses that may find nothing, as the drivers under test see them: where no model claims the
// address, nothing answers (../../model.c).
#pragma once

#include <hal/types.h>

bool arm64_probe_read(uintptr_t address, unsigned bytes, uint32_t *out);
